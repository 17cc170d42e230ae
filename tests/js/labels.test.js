import assert from "node:assert/strict";
import { test } from "node:test";
import { comparingBindings, decidingBindings } from "../../static/js/review/bindings.js";
import { imageBindings } from "../../static/js/studio/image/bindings.js";
import { toolsFor } from "../../static/js/studio/image/kit.js";
import { conflicts, createKeymap } from "../../static/js/studio/shared/keys.js";
import { labelBindings } from "../../static/js/studio/shared/keys_of_labels.js";
import { studioBindings } from "../../static/js/studio/shell/studio_bindings.js";
import { textBindings } from "../../static/js/studio/text/bindings.js";

const everything = () =>
  imageBindings(toolsFor([{ shapes: ["mask", "box", "polygon", "polyline", "point"] }]), { masks: true, outlines: true, attributes: true });
const masksAlone = () => imageBindings(toolsFor([{}]), { masks: true, outlines: false, attributes: false });

test("no two actions of an editor share a key", () => {
  for (const own of [everything(), masksAlone(), textBindings({ attributes: true })]) {
    assert.deepEqual(conflicts([...studioBindings(), ...own]), []);
    assert.deepEqual(conflicts([...decidingBindings(), ...own]), []);
  }
  const answers = Array.from({ length: 12 }, (_, i) => ({ name: `Answer ${i}` }));
  assert.deepEqual(conflicts([...decidingBindings(), ...comparingBindings(answers)]), []);
});

test("a label keeps the key its project gave it, unless the studio needs that key", () => {
  const taken = [...studioBindings(), ...masksAlone()];
  const labels = [
    { key: "cat", name: "Cat", hotkey: "q" },
    { key: "box", name: "Box", hotkey: "b" },
    { key: "dog", name: "Dog", hotkey: "" },
  ];
  const made = labelBindings(labels, taken, "Labels");
  assert.deepEqual(made.map((one) => one.keys), [["q"], ["2"], ["3"]]);
  createKeymap([...taken, ...made]);
});

const many = (count) => Array.from({ length: count }, (_, i) => ({ key: `l${i}`, name: `L${i}` }));

test("labels beyond nine have two keys, the first of which is the same for all", () => {
  const taken = [...studioBindings(), ...everything()];
  const made = labelBindings(many(60), taken, "Labels");
  const keys = made.map((one) => one.keys);
  assert.deepEqual([keys[8], keys[9], keys[17], keys[18], keys[43], keys[44]], [["9"], ["0 1"], ["0 9"], ["0 a"], ["0 z"], []]);
  const keymap = createKeymap([...taken, ...made]);
  const press = (...pressed) => pressed.map((key) => keymap.find({ key, code: "" })).at(-1);
  assert.equal(press("0", "s"), "label:l36", "the second key skips no task, whatever it does alone");
  assert.equal(press("s"), "skip");
  assert.equal(press("0", "Enter"), null, "nor does one that belongs to no label submit");
  assert.equal(press("Enter"), "submit");
  assert.equal(keymap.find({ key: "à", code: "Digit0" }), "more-labels");
  assert.equal(keymap.find({ key: "&", code: "Digit1" }), "label:l9");
  assert.equal(keymap.shown("label:l18"), "0 A");
});

test("where a label has 0 for itself no other label begins with it", () => {
  const made = labelBindings([{ key: "none", name: "None", hotkey: "0" }, ...many(12)], [], "Labels");
  assert.deepEqual(made.map((one) => one.keys).at(-1), []);
  assert.equal(createKeymap(made).find({ key: "0", code: "Digit0" }), "label:none");
});
