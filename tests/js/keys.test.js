import assert from "node:assert/strict";
import { test } from "node:test";
import { chordOf, conflicts, createKeymap, printed } from "../../static/js/studio/shared/keys.js";

const press = (key, extra = {}) => ({ key, code: "", ...extra });

test("a chord names modifiers in one order, shift only where the key bears it", () => {
  assert.equal(chordOf(press("a")), "a");
  assert.equal(chordOf(press("A", { shiftKey: true })), "shift+a");
  assert.equal(chordOf(press("?", { shiftKey: true })), "?");
  assert.equal(chordOf(press("Z", { metaKey: true, shiftKey: true })), "ctrl+shift+z");
  assert.equal(chordOf(press("ArrowLeft", { shiftKey: true, altKey: true })), "alt+shift+left");
  assert.equal(chordOf(press(" ")), "space");
  assert.equal(chordOf(press("Enter", { ctrlKey: true })), "ctrl+enter");
});

test("a keymap finds the action and the printed key", () => {
  const keymap = createKeymap([
    { action: "undo", keys: ["ctrl+z"], text: "Undo", group: "Work" },
    { action: "submit", keys: ["enter", "ctrl+enter"], text: "Submit", group: "Work" },
    { action: "label:0", keys: ["1"], text: "Person", group: "Labels" },
  ]);
  assert.equal(keymap.find(press("z", { ctrlKey: true })), "undo");
  assert.equal(keymap.find(press("Enter")), "submit");
  assert.equal(keymap.find(press("q")), null);
  assert.equal(keymap.shown("submit"), "Enter");
  assert.equal(keymap.shown("nothing"), "");
});

test("the digit row works where it prints other signs", () => {
  const keymap = createKeymap([{ action: "label:0", keys: ["1"], text: "Person", group: "Labels" }]);
  assert.equal(keymap.find({ key: "&", code: "Digit1" }), "label:0");
  assert.equal(keymap.find({ key: "&", code: "Digit1", ctrlKey: true }), null);
});

test("two actions on one key are rejected by name", () => {
  const clash = [
    { action: "accept", keys: ["a"], text: "", group: "" },
    { action: "label:2", keys: ["a"], text: "", group: "" },
  ];
  assert.deepEqual(conflicts(clash), ["a"]);
  assert.throws(() => createKeymap(clash), /share the key a/);
});

test("chords are printed as people read them", () => {
  assert.equal(printed("ctrl+shift+z"), "Ctrl Shift Z");
  assert.equal(printed("shift+left"), "Shift ←");
  assert.equal(printed("?"), "?");
  assert.equal(printed("ctrl++"), "Ctrl +");
});
