import assert from "node:assert/strict";
import { test } from "node:test";
import { classificationBindings } from "../../static/js/studio/classification/bindings.js";
import { createKeymap } from "../../static/js/studio/shared/keys.js";
import { asShown, ordered, preferenceBindings, preferenceChoices } from "../../static/js/studio/preference/bindings.js";

const LABELS = [
  { key: "rude", name: "Rude", field: "tone", hotkey: "u" },
  { key: "kind", name: "Kind", field: "tone" },
  { key: "first", name: "First", field: "preferred" },
  { key: "second", name: "Second", field: "preferred" },
  { key: "tie", name: "Both bad", field: "preferred" },
];

test("candidates stand in the order that was drawn, under names and colours that don't tell which is which", () => {
  assert.deepEqual(ordered("first"), ["first", "second"]);
  assert.deepEqual(ordered("second"), ["second", "first"]);
  const shown = asShown(LABELS, "second").map(({ key, name }) => `${key}: ${name}`);
  assert.deepEqual(asShown(LABELS, "second").slice(0, 3).map(({ colour }) => colour), ["", "", ""]);
  assert.deepEqual(shown, ["second: A", "first: B", "tie: Both bad", "rude: Rude", "kind: Kind"]);
});

test("without ties there is neither a label nor a key for them", () => {
  assert.deepEqual(asShown(LABELS.slice(2, 4), "first").map(({ name }) => name), ["A", "B"]);
  const keys = (equal) => preferenceBindings(false, equal).flatMap((one) => one.keys).filter((key) => /[0-9]/.test(key));
  assert.deepEqual([keys(true), keys(false)], [["1", "2", "3"], ["1", "2"]]);
});

test("plus and minus move the images closer, or size the texts", () => {
  for (const [pictured, words] of [[true, "Closer"], [false, "Larger text"]]) {
    for (const bindings of [preferenceBindings(pictured), classificationBindings(pictured)]) {
      const map = createKeymap(bindings);
      assert.deepEqual([map.find({ key: "+" }), map.find({ key: "-" })], ["closer", "further"]);
      assert.equal(bindings.find(({ action }) => action === "closer").text, words);
    }
  }
});

test("digits say which is better, whatever other field is at hand", () => {
  const base = preferenceBindings(true);
  const others = preferenceChoices(LABELS, base);
  assert.deepEqual(others.map(({ action, keys }) => [action, ...keys]), [["label:rude", "u"]]);
  assert.doesNotThrow(() => createKeymap([...base, ...others]));
});
