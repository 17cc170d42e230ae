import assert from "node:assert/strict";
import { test } from "node:test";
import { nextRow } from "../../static/js/pages/row_keys.js";

test("J and K go on and back, and stay within the list", () => {
  assert.equal(nextRow(-1, 3, "j"), 0);
  assert.equal(nextRow(1, 3, "j"), 2);
  assert.equal(nextRow(2, 3, "j"), 2);
  assert.equal(nextRow(1, 3, "k"), 0);
  assert.equal(nextRow(0, 3, "k"), 0);
  assert.equal(nextRow(1, 3, "q"), 1);
});
