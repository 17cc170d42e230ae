import assert from "node:assert/strict";
import { test } from "node:test";
import { matching } from "../../static/js/studio/shared/label_search.js";

const NAMES = ["Grey seal", "Sea lion", "Sealed box", "Harbour seal"];

test("labels are found by any part of their words, those that begin so first", () => {
  assert.deepEqual(matching(NAMES, "seal"), [2, 0, 3]);
  assert.deepEqual(matching(NAMES, "SEAL g"), [0]);
  assert.deepEqual(matching(["Kind 12", "Kind 2", "Kind 20"], "kind 2"), [1, 2, 0]);
  assert.deepEqual(matching(NAMES, " "), [0, 1, 2, 3]);
  assert.deepEqual(matching(NAMES, "fish"), []);
});
