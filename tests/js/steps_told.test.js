import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createHistory } from "../../static/js/studio/shared/history.js";
import { createImageStore } from "../../static/js/studio/image/store.js";
import { createHeard } from "../../static/js/studio/image/heard.js";
import { createStepsTold } from "../../static/js/studio/shell/steps_told.js";

let said;
let timers;
let told;

beforeEach(() => {
  said = { textContent: "" };
  timers = new Map();
  let count = 0;
  told = createStepsTold({ said, later: (run) => (timers.set((count += 1), run), count), never: (timer) => timers.delete(timer) });
});

/** Nothing more happens for a while. */
function quiet() {
  const due = [...timers.values()];
  timers.clear();
  for (const run of due) run();
  return said.textContent;
}

test("a step, its undo and its redo are told by name", () => {
  const history = createHistory(0, { onChange: () => told.stepped(history) });
  history.push(1, "Box");
  assert.equal(quiet(), "Box");
  history.undo();
  assert.equal(quiet(), "Undone: Box");
  history.redo();
  assert.equal(quiet(), "Redone: Box");
});

test("letters that follow each other are told of once, when the hand rests", () => {
  const history = createHistory("", { onChange: () => told.stepped(history) });
  for (const text of ["a", "ab", "abc"]) history.push(text, "Attribute", "attribute r1 remark");
  assert.equal(said.textContent, "");
  assert.equal(timers.size, 1);
  assert.equal(quiet(), "Attribute");
});

test("what the editor itself has said of a step is enough", () => {
  const history = createHistory(0, { onChange: () => told.stepped(history) });
  history.push(1, "Accept");
  said.textContent = "Accepted as Thing";
  assert.equal(quiet(), "Accepted as Thing");
});

test("that all is saved is told once after a pause, not at each keystroke", () => {
  for (const state of ["saved", "unsaved", "saving", "saved", "unsaved", "saving"]) told.saved(state);
  assert.equal(timers.size, 0, "it is being saved");
  told.saved("saved");
  assert.equal(quiet(), "Saved");
  said.textContent = "";
  told.saved("saved");
  assert.equal(quiet(), "", "nothing new");
});

test("what a key did to a region is said in words", () => {
  const labels = [{ key: "thing", name: "Thing", shapes: ["box"] }];
  const region = { id: "r1", label: "thing", shape: { type: "box", x: 1, y: 1, width: 5, height: 5 }, attributes: {}, provenance: { source: "human" } };
  const copilot = { cancel() {}, ask: () => null };
  const store = createImageStore({ labels, size: { width: 20, height: 20 }, answer: { regions: [region] }, rejected: [], outline: null, copilot, onChange() {} });
  const heard = createHeard(store, { tool: () => "brush", on: () => ({ bare: true, removing: false }) });
  assert.equal(heard("hide"), "", "nothing is selected");
  store.select("r1");
  store.hide();
  assert.equal(heard("hide"), "Hidden");
  store.hide();
  assert.equal(heard("hide"), "Shown");
  store.lock();
  assert.equal(heard("lock"), "Locked");
  assert.equal(heard("tool:brush"), "Brush");
  assert.equal(heard("bare"), "All marks are hidden");
  assert.equal(heard("next-mask"), "", "nothing is on offer");
  assert.equal(heard("undo"), "");
});
