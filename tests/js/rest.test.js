import assert from "node:assert/strict";
import { test } from "node:test";
import { createRest } from "../../static/js/studio/shell/rest.js";
import { untouched } from "../../static/js/studio/shell/untouched.js";

/** A page with nothing on it, whose parts are made anew each time. */
function resting() {
  const [said, built] = [[], []];
  const host = { hidden: true, replaceChildren: (part) => (built.at(-1) && (built.at(-1).nodes["[data-again]"].isConnected = false), built.push(part)) };
  const cloneNode = () => {
    const nodes = {};
    return { nodes, querySelector: (name) => (nodes[name] ??= { isConnected: true, addEventListener: (_kind, press) => (nodes[name].press = press) }) };
  };
  const show = createRest({ host, template: { content: { cloneNode } }, onAgain() {}, announce: (text) => said.push(text) });
  return { show, said, built, host };
}

test("while a page waits for work, what it says stays as it is, and is said once", () => {
  const { show, said, built, host } = resting();
  for (let look = 0; look < 3; look += 1) show({ text: "Nothing yet.", waits: true });
  assert.deepEqual([built.length, said], [1, ["Nothing yet."]]);
  built[0].nodes["[data-again]"].press();
  show({ text: "Nothing yet.", waits: true });
  assert.deepEqual([built.length, said.length], [1, 2], "whoever asks is answered, and keeps the focus");
  show({ text: "All is done." });
  host.hidden = true; // a task came, and went
  show({ text: "All is done." });
  assert.deepEqual([built.length, said.slice(2)], [3, ["All is done.", "All is done."]]);
});

test("a task is given back on leaving only where nothing in it is anybody's", () => {
  const editor = (more = {}) => ({ isEmpty: () => true, rejected: () => [], unfinished: () => null, history: { canUndo: false }, ...more });
  assert.equal(untouched(editor()), true);
  assert.equal(untouched(editor({ unfinished: undefined })), true, "a text has nothing unfinished");
  for (const work of [{ isEmpty: () => false }, { rejected: () => [{ suggestion: "s1" }] }, { unfinished: () => ({ outline: [[1, 2]] }) }, { history: { canUndo: true } }]) {
    assert.equal(untouched(editor(work)), false, JSON.stringify(Object.keys(work)));
  }
  assert.equal(untouched(editor({ untouched: () => true, isEmpty: () => false })), true, "what was proposed is nobody's");
});
