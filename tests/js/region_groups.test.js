import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting, relabelled, shifted, withCopies } from "../../static/js/studio/image/region_groups.js";
import { boxOf, decodeMask, encodeMask } from "../../static/js/studio/shared/rle.js";

const SIZE = { width: 40, height: 30 };
const box = (x, y, width = 10, height = 10) => ({ type: "box", x, y, width, height });
const region = (id, shape, label = "ship", source = "human") => ({ id, label, shape, attributes: { kind: "old" }, provenance: { source, suggestion: source === "human" ? null : "s", model: null } });

function mask(left, top, width, height, { width: wide, height: high } = SIZE) {
  const data = new Uint8Array(wide * high);
  for (let y = top; y < top + height; y += 1) data.fill(1, y * wide + left, y * wide + left + width);
  return { type: "mask", ...encodeMask({ width: wide, height: high, data }) };
}

test("several get another label in one list; what came from the copilot counts as edited", () => {
  const before = [region("r1", box(0, 0), "ship", "suggestion"), region("r2", box(5, 5), "boat"), region("r3", box(9, 9))];
  const after = relabelled(before, "boat", ({ id }) => id !== "r3");
  assert.deepEqual(after.map(({ label }) => label), ["boat", "boat", "ship"]);
  assert.equal(after[0].provenance.source, "edited");
  assert.equal(after[1], before[1]);
  assert.equal(after[2], before[2]);
});

test("copies have ids of their own, are a person's work, and lie beside what they are copies of", () => {
  const before = [region("r7", box(0, 0), "ship", "suggestion"), region("r3", mask(4, 6, 5, 3))];
  const { regions, ids } = withCopies(before, before, { size: SIZE, shift: 3 });
  assert.deepEqual(ids, ["r8", "r9"]);
  assert.deepEqual(regions.slice(0, 2), before);
  assert.deepEqual(regions[2], { ...before[0], id: "r8", shape: box(3, 3), provenance: { source: "human", suggestion: null, model: null } });
  assert.deepEqual(boxOf(regions[3].shape), [7, 9, 5, 3]);
  assert.notEqual(regions[2].attributes, before[0].attributes);
});

test("where there is no room a copy lies the other way", () => {
  assert.deepEqual(shifted(box(28, 2), 5, SIZE), box(23, 7));
  const moved = shifted(mask(33, 24, 7, 6), 5, SIZE);
  assert.deepEqual(boxOf(moved), [28, 19, 7, 6]);
  assert.equal(decodeMask(moved).data.reduce((sum, bit) => sum + bit, 0), 42);
  assert.deepEqual(shifted(box(0, 0, 40, 30), 5, SIZE), box(0, 0, 40, 30));
});

test("a mask fits an image of its own size alone, an outline any that it lies within", () => {
  const from = [region("r1", mask(0, 0, 3, 3)), region("r2", box(2, 2)), region("r3", box(28, 2))];
  assert.equal(fitting(from, SIZE, { ...SIZE }).length, 3);
  assert.deepEqual(fitting(from, SIZE, { width: 30, height: 30 }).map(({ id }) => id), ["r2"]);
});
