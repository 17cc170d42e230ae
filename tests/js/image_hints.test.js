import assert from "node:assert/strict";
import { test } from "node:test";
import { hintFor, keysInWords, regretFor } from "../../static/js/studio/image/hints.js";

const still = { offered: false, selected: null, empty: false, tool: "brush", keys: ["1", "2", "3"], escape: "Esc" };

test("what a label's key does is said while a mask is offered and while a region is selected", () => {
  assert.equal(hintFor({ ...still, offered: true }), "1–3: label of this mask");
  assert.equal(hintFor({ ...still, selected: "r1" }), "1–3: changes the label of what is selected; Esc first: label of the next one");
  assert.equal(hintFor(still), "");
  assert.equal(hintFor({ ...still, empty: true }), "Paint over an object.");
  assert.equal(hintFor({ ...still, selected: "r1", keys: [] }), "");
});

test("digits in a row are said as such, other keys by name", () => {
  assert.equal(keysInWords(["1", "2"]), "1, 2");
  assert.equal(keysInWords(["C", "2", "D", "4", "5"]), "C, 2, D…");
});

test("why something was not done is true: locks are blamed only for what they stop, and the label is named", () => {
  assert.equal(regretFor("few", { locked: true }), "More corners are needed: three for a polygon, two for a line.");
  assert.equal(regretFor("crossing", { locked: true }), "The outline would cross itself.");
  assert.equal(regretFor("moving", { locked: true }), "This region is locked. Shift L unlocks it.");
  assert.equal(regretFor("moving", { locked: false }), "The outline would cross itself.");
  assert.equal(regretFor("taken", { locked: false, label: "Nose" }), "Nose doesn't take this shape.");
  assert.equal(regretFor("taken", { locked: true, label: "Nose" }), "This region is locked. Shift L unlocks it.");
  assert.equal(regretFor("own", { locked: false, key: "Del" }), "This is no suggestion. Del deletes it.");
  assert.equal(regretFor("none", { locked: false }), "Select a region first.");
});
