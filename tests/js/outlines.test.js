import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as outlines from "../../static/js/studio/image/outlines.js";

const image = { width: 100, height: 80 };
const square = { type: "polygon", points: [[10, 10], [30, 10], [30, 30], [10, 30]] };
const box = outlines.boxShape([10, 10, 20, 10]);

test("a handle of a box takes the sides it stands on along, never through the other side", () => {
  assert.deepEqual(outlines.withHandle(box, 4, [50.004, 60], image), outlines.boxShape([10, 10, 40, 50]));
  assert.deepEqual(outlines.withHandle(box, 0, [500, 500], image), outlines.boxShape([29, 19, 1, 1]));
  assert.deepEqual(outlines.withHandle(box, 1, [0, -5], image), outlines.boxShape([10, 0, 20, 20]));
  assert.equal(outlines.handlesOf(box).length, 8);
});

test("what is moved stays in the image", () => {
  assert.deepEqual(outlines.movedBy(box, -50, 500, image), outlines.boxShape([0, 70, 20, 10]));
  assert.deepEqual(outlines.movedBy(square, 5, 0, image).points[0], [15, 10]);
  assert.deepEqual(outlines.movedBy(outlines.pointShape([1, 1]), -9, 9, image), outlines.pointShape([0, 10]));
});

test("corners come and go, but three of a polygon and two of a line stay", () => {
  const more = outlines.withCorner(square, 0, [20, 5], image);
  assert.deepEqual(more.points[1], [20, 5]);
  assert.deepEqual(outlines.withoutCorner(more, 1), square);
  assert.equal(outlines.withoutCorner({ type: "polygon", points: square.points.slice(0, 3) }, 0), null);
  assert.equal(outlines.withoutCorner({ type: "polyline", points: [[0, 0], [1, 1]] }, 0), null);
});

test("a point snaps to a neighbour's corner before its edge, and to nothing far away", () => {
  assert.deepEqual(outlines.snapped([12, 13], [square], 5), [10, 10]);
  assert.deepEqual(outlines.snapped([20, 13], [square], 5), [20, 10]);
  assert.equal(outlines.snapped([20, 20], [square], 5), null);
  assert.equal(outlines.snapped([20, 13], [{ type: "mask" }], 5), null);
});

test("inside, on the line, beside it", () => {
  assert.equal(outlines.hitsOutline(square, 20, 20, 0), true);
  assert.equal(outlines.hitsOutline(square, 32, 20, 3), true);
  assert.equal(outlines.hitsOutline(square, 35, 20, 3), false);
  assert.equal(outlines.hitsOutline({ type: "polyline", points: square.points }, 20, 20, 3), false);
  assert.equal(outlines.hitsOutline(outlines.pointShape([5, 5]), 6, 5, 2), true);
});

test("the page rejects the same polygons as the server", () => {
  const read = (name) => JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url)));
  const polygons = (cases) => cases.flatMap((one) => (one.answer?.regions ?? []).map?.((region) => ({ ...one, shape: region?.shape })) ?? [])
    .filter(({ shape }) => shape?.type === "polygon" && shape.points.length < 50 && shape.points.every((point) => point.length === 2));
  const taken = polygons(read("answers"));
  const rejected = polygons(read("refusals")).filter(({ code }) => ["crossing-polygon", "too-few-points"].includes(code));
  assert.ok(taken.length > 1 && rejected.length > 2);
  const faultOf = ({ shape }) => outlines.faultOf("polygon", outlines.distinct([...shape.points]).filter(([x, y], i, all) => !i || i < all.length - 1 || x !== all[0][0] || y !== all[0][1]));
  for (const one of taken) assert.equal(faultOf(one), "", one.name);
  for (const one of rejected) assert.notEqual(faultOf(one), "", one.name);
});
