import assert from "node:assert/strict";
import { test } from "node:test";
import { createHistory, differing } from "../../static/js/studio/shared/history.js";

test("undo and redo walk the same steps back and forth", () => {
  const history = createHistory("empty");
  history.push("one", "Mark");
  history.push("two", "Accept");
  assert.equal(history.undoName, "Accept");
  assert.equal(history.undo(), true);
  assert.equal(history.present, "one");
  assert.equal(history.redoName, "Accept");
  assert.equal(history.undo(), true);
  assert.equal(history.present, "empty");
  assert.equal(history.undo(), false);
  assert.equal(history.redo(), true);
  assert.equal(history.redo(), true);
  assert.equal(history.redo(), false);
  assert.equal(history.present, "two");
});

test("a new step forgets what was undone", () => {
  const history = createHistory(0);
  history.push(1, "one");
  history.undo();
  history.push(2, "two");
  assert.equal(history.canRedo, false);
  history.undo();
  assert.equal(history.present, 0);
});

test("an amended present is no step of its own", () => {
  const history = createHistory("empty");
  history.push("asked", "Prompt");
  history.amend("answered");
  history.push("accepted", "Accept");
  history.undo();
  assert.equal(history.present, "answered");
  assert.equal(history.undoName, "Prompt");
  history.undo();
  assert.equal(history.present, "empty");
});

test("only the newest steps are kept", () => {
  const history = createHistory(0, { limit: 3 });
  for (let i = 1; i <= 10; i += 1) history.push(i, String(i));
  while (history.undo());
  assert.equal(history.present, 7);
});

test("a push of the same state is no step, and listeners hear every change", () => {
  const heard = [];
  const state = {};
  const history = createHistory(state, { onChange: (present) => heard.push(present) });
  history.push(state, "nothing");
  assert.equal(history.canUndo, false);
  history.push("a", "a");
  history.undo();
  assert.deepEqual(heard, ["a", state]);
});

test("what a step changed is what came, else what went", () => {
  const [a, b, c] = [{ id: "a" }, { id: "b" }, { id: "c" }];
  const moved = { ...b };
  assert.equal(differing([a, b], [a, b, c]), c);
  assert.equal(differing([a, b, c], [a, c]), b);
  assert.equal(differing([a, b, c], [a, moved, c]), moved);
  assert.equal(differing([a, b], [b, a]), undefined);
});

test("it says what was done last", () => {
  const history = createHistory(0);
  assert.equal(history.did, "");
  history.push(1, "one");
  assert.equal(history.did, "push");
  history.undo();
  assert.equal(history.did, "undo");
  history.redo();
  assert.equal(history.did, "redo");
});
