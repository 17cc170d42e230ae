/** Which keys the page keeps for itself: what is typed, what presses a button; Escape leaves a field. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { belongsToField } from "../../static/js/studio/shared/fields.js";

/** A keydown on an element of this tag and type. */
function press(key, tag, { type, ...held } = {}) {
  const target = { type, closest: (selector) => (selector.split(", ").includes(tag) ? target : null) };
  return { key, target, ctrlKey: false, metaKey: false, shiftKey: false, ...held };
}

test("letters stay in a field, and Escape and Ctrl+Enter go to the work", () => {
  for (const tag of ["input", "textarea"]) {
    assert.equal(belongsToField(press("a", tag, { type: tag === "input" ? "number" : undefined })), true);
    assert.equal(belongsToField(press("Enter", tag)), true);
    assert.equal(belongsToField(press("Enter", tag, { ctrlKey: true })), false);
    assert.equal(belongsToField(press("Escape", tag)), false);
  }
});

test("Space and Enter press a button; with Shift they are keys of the work", () => {
  assert.equal(belongsToField(press(" ", "button")), true);
  assert.equal(belongsToField(press("Enter", "a")), true);
  assert.equal(belongsToField(press(" ", "button", { shiftKey: true })), false);
  assert.equal(belongsToField(press("x", "button")), false);
});

test("a letter on a radio button or a box is a choice, and their own keys stay theirs", () => {
  assert.equal(belongsToField(press("a", "input", { type: "radio" })), false);
  assert.equal(belongsToField(press("ArrowDown", "input", { type: "radio" })), true);
  assert.equal(belongsToField(press(" ", "input", { type: "checkbox" })), true);
  assert.equal(belongsToField(press("1", "input", { type: "checkbox" })), false);
});
