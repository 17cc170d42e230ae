import assert from "node:assert/strict";
import { test } from "node:test";
import { sizeAfter, sizeKept, SIZES } from "../../static/js/studio/shared/text_size.js";

test("the text grows and shrinks step by step, and stops at its ends", () => {
  assert.equal(sizeAfter(1.125, 1), 1.3125);
  assert.equal(sizeAfter(1.125, -1), 1);
  assert.equal(sizeAfter(SIZES[0], -1), SIZES[0]);
  assert.equal(sizeAfter(SIZES.at(-1), 1), SIZES.at(-1));
});

test("what was kept counts if it is a size", () => {
  assert.equal(sizeKept("1.5"), 1.5);
  for (const kept of [null, "", "400", "none"]) assert.equal(sizeKept(kept), 1.125);
});
