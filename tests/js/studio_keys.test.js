import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { classificationBindings } from "../../static/js/studio/classification/bindings.js";
import { gridBindings } from "../../static/js/studio/shell/grid_bindings.js";
import { imageBindings } from "../../static/js/studio/image/bindings.js";
import { toolsFor } from "../../static/js/studio/image/kit.js";
import { preferenceBindings } from "../../static/js/studio/preference/bindings.js";
import { studioBindings } from "../../static/js/studio/shell/studio_bindings.js";
import { textBindings } from "../../static/js/studio/text/bindings.js";

// tests/projects/test_studio_keys.py asks the server the same.
const CASES = JSON.parse(readFileSync(new URL("../fixtures/studio_keys.json", import.meta.url), "utf8"));
const TABLES = {
  image_regions(labels) {
    const shapes = new Set(labels.flatMap((label) => label.shapes));
    return imageBindings(toolsFor(labels), { masks: shapes.has("mask"), outlines: shapes.size > 1 || !shapes.has("mask"), attributes: true });
  },
  text_spans: () => textBindings({ attributes: true }),
  classification: () => classificationBindings(false),
  preference: () => preferenceBindings(false),
};

/** The letters and digits that are pressed alone. */
const alone = (bindings) => [...new Set(bindings.flatMap((one) => one.keys).filter((key) => /^[a-z0-9]$/.test(key)))].sort();

for (const { type, labels, keys } of CASES) {
  test(`the server knows the keys of ${type} with ${JSON.stringify(labels)}`, () => {
    assert.deepEqual(alone([...studioBindings(), ...TABLES[type](labels)]), keys);
  });
}

test("the grid's letters are the ones that the server keeps labels from", () => {
  assert.deepEqual(alone(gridBindings()), ["f", "n", "z"]);
});
