import assert from "node:assert/strict";
import { test } from "node:test";
import { asOffered } from "../../static/js/studio/shared/provenance.js";
import * as model from "../../static/js/studio/image/regions.js";
import { encodeMask } from "../../static/js/studio/shared/rle.js";

const shape = (...set) => {
  const data = new Uint8Array(12);
  for (const at of set) data[at] = 1;
  return { type: "mask", ...encodeMask({ height: 3, width: 4, data }) };
};

test("regions get ids that are never in use, even after a deletion", () => {
  let { regions } = model.addRegion([], "cat", shape(1));
  ({ regions } = model.addRegion(regions, "dog", shape(2)));
  regions = model.removeRegion(regions, "r1");
  assert.equal(model.addRegion(regions, "cat", shape(3)).id, "r3");
});

test("changing what the copilot offered makes it edited; one's own work stays one's own", () => {
  const offered = model.addRegion([], "cat", shape(1), asOffered("u-1", "sam@1")).regions;
  assert.equal(model.relabelRegion(offered, "r1", "cat")[0].provenance.source, "suggestion");
  assert.deepEqual(model.relabelRegion(offered, "r1", "dog")[0].provenance, {
    source: "edited",
    suggestion: "u-1",
    model: "sam@1",
  });
  assert.equal(model.reshapeRegion(offered, "r1", shape(1, 2))[0].provenance.source, "edited");
  const own = model.addRegion([], "cat", shape(1)).regions;
  assert.equal(model.reshapeRegion(own, "r1", shape(2))[0].provenance.source, "human");
});

test("a region erased to nothing is gone", () => {
  const { regions } = model.addRegion([], "cat", shape(1));
  assert.deepEqual(model.reshapeRegion(regions, "r1", shape()), []);
});

test("earlier lists are untouched", () => {
  const before = model.addRegion([], "cat", shape(1)).regions;
  model.relabelRegion(before, "r1", "dog");
  assert.equal(before[0].label, "cat");
});

test("bounds and neighbours", () => {
  assert.deepEqual(model.boundsOf(shape(5, 6)), [1, 1, 2, 1]);
  assert.deepEqual(model.boundsOf({ type: "polygon", points: [[3, 4], [9, 1], [5, 8]] }), [3, 1, 6, 7]);
  const regions = [{ id: "r1" }, { id: "r2" }, { id: "r3" }];
  assert.equal(model.neighbour(regions, "r3", 1), "r1");
  assert.equal(model.neighbour(regions, null, 1), "r1");
  assert.equal(model.neighbour(regions, null, -1), "r3");
  assert.equal(model.neighbour([], null, 1), null);
});
