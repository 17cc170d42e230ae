/** Which keys the page keeps for itself: what is typed, what presses a button; Escape leaves a field. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { combiningBindings, comparingBindings, decidingBindings } from "../../static/js/review/bindings.js";
import { choiceBindings } from "../../static/js/studio/classification/bindings.js";
import { preferenceBindings } from "../../static/js/studio/preference/bindings.js";
import { gridBindings } from "../../static/js/studio/shell/grid_bindings.js";
import { studioBindings } from "../../static/js/studio/shell/studio_bindings.js";
import { belongsToField, onlyHeld } from "../../static/js/studio/shared/fields.js";
import { createKeymap } from "../../static/js/studio/shared/keys.js";
import { textBindings } from "../../static/js/studio/text/bindings.js";

/** A keydown on an element of this tag and type. */
function press(key, tag, { type, ...held } = {}) {
  const target = { type, tagName: tag.toUpperCase(), closest: (selector) => (selector.split(", ").includes(tag) ? target : null) };
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

test("a key that is held down moves, sizes and undoes, and answers, decides and presses once", () => {
  const held = (bindings, key, tag = "canvas", more = {}) => onlyHeld(/** @type {any} */ (press(key, tag, { repeat: true, code: "", ...more })), createKeymap(bindings));
  const labels = ["good", "bad"].map((key) => ({ key, name: key, hotkey: key[0] }));
  const classification = [...studioBindings(), ...choiceBindings(labels, studioBindings())];
  for (const key of ["g", "b", "1", "s", "Enter", " "]) assert.equal(held(classification, key), true, key);
  assert.equal(onlyHeld(/** @type {any} */ (press("g", "canvas")), createKeymap(classification)), false, "the first press counts");
  const grid = [...studioBindings(), ...gridBindings()];
  for (const [key, is] of /** @type {[string, boolean][]} */ ([["Enter", true], [" ", true], ["f", true], ["ArrowRight", false], ["PageDown", false]])) assert.equal(held(grid, key), is, key);
  assert.equal(held(grid, "z", "canvas", { ctrlKey: true }), false, "undo");
  const combining = [...decidingBindings(), ...combiningBindings([{ name: "A" }, { name: "B" }])];
  for (const key of ["1", "2", "x", " ", "Enter", "R"]) assert.equal(held(combining, key, "canvas", { shiftKey: key === "R" }), true, key);
  const comparing = [...decidingBindings(), ...comparingBindings([{ name: "A" }], true)];
  assert.deepEqual(["k", "+", "e"].map((key) => held(comparing, key)), [false, false, true]);
  assert.equal(held(preferenceBindings(false), "1"), true, "left is better isn't a move to the left");
  assert.deepEqual(["a", "ArrowLeft", "u", "-"].map((key) => held(textBindings({ attributes: false }), key)), [true, false, false, false]);
});

test("what is typed repeats, and a button that Enter or Space is held on is pressed once", () => {
  const held = (key, tag, more = {}) => onlyHeld(/** @type {any} */ (press(key, tag, { repeat: true, code: "", ...more })), createKeymap(studioBindings()));
  assert.deepEqual(["s", " ", "Backspace"].map((key) => held(key, "input", { type: "text" })), [false, false, false]);
  assert.deepEqual([held("Enter", "textarea"), held("Enter", "textarea", { ctrlKey: true }), held("Enter", "input")], [false, true, true]);
  assert.deepEqual([held("Enter", "button"), held(" ", "summary"), held("s", "input", { type: "radio" })], [true, true, true]);
});
