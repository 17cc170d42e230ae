import assert from "node:assert/strict";
import { test } from "node:test";
import { comparingBindings, decidingBindings } from "../../static/js/review/bindings.js";
import { imageBindings } from "../../static/js/studio/image_bindings.js";
import { toolsFor } from "../../static/js/studio/image_kit.js";
import { conflicts, createKeymap } from "../../static/js/studio/keys.js";
import { labelBindings } from "../../static/js/studio/keys_of_labels.js";
import { studioBindings } from "../../static/js/studio/studio_bindings.js";
import { textBindings } from "../../static/js/studio/text_bindings.js";

const everything = () =>
  imageBindings(toolsFor([{ shapes: ["mask", "box", "polygon", "polyline", "point"] }]), { masks: true, outlines: true, attributes: true });
const masksAlone = () => imageBindings(toolsFor([{}]), { masks: true, outlines: false, attributes: false });

test("no two actions of a room share a key", () => {
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

test("beyond nine labels without keys there is none to give", () => {
  const labels = Array.from({ length: 11 }, (_, i) => ({ key: `l${i}`, name: `L${i}` }));
  const made = labelBindings(labels, [], "Labels");
  assert.deepEqual(made[8].keys, ["9"]);
  assert.deepEqual(made[10].keys, []);
});
