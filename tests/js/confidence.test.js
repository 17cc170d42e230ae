import assert from "node:assert/strict";
import { test } from "node:test";
import { floors, sureness } from "../../static/js/studio/shared/confidence.js";
import { createTextStore } from "../../static/js/studio/text/store.js";

const SURE = { suggestion: "u-1", start: 0, end: 3, label: "person", score: 0.93 };
const HALF = { suggestion: "u-2", start: 8, end: 13, label: "place", score: 0.55 };
const MUTE = { suggestion: "u-3", start: 20, end: 24, label: "date", score: null };

test("the project chooses whether scores are told, and in words or figures", () => {
  const told = (how) => [0.93, 0.8, 0.79, 0.5, 0.1].map((score) => sureness(score, how));
  assert.deepEqual(told("hidden"), ["", "", "", "", ""]);
  assert.deepEqual(told("band"), ["High", "High", "Medium", "Medium", "Low"]);
  assert.deepEqual(told("number"), ["93 %", "80 %", "79 %", "50 %", "10 %"]);
});

test("of a model that gives no score nothing is made up", () => {
  assert.equal(sureness(null, "number"), "");
  assert.deepEqual(floors([MUTE], "band"), []);
});

test("sure ones are accepted together only where scores are shown", () => {
  assert.deepEqual(floors([SURE], "hidden"), []);
  assert.deepEqual(floors([SURE, MUTE], "band").map(({ from }) => from), [0.8, 0.5]);
  assert.deepEqual(floors([SURE], "number").map(({ text }) => text)[0], "90 % and more");
});

test("accepting the sure ones leaves the others pending, and is one step back", () => {
  const store = createTextStore({ answer: null, onChange() {} });
  store.receive({ spans: [SURE, HALF, MUTE], model: "some@1" });
  assert.equal(store.acceptAll(0.8), true);
  assert.deepEqual(store.answer().spans.map(({ start }) => start), [0]);
  assert.equal(store.acceptAll(0.8), false, "nothing is left that is so sure");
  store.history.undo();
  assert.equal(store.pending().length, 3);
});
