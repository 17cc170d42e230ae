import assert from "node:assert/strict";
import { test } from "node:test";
import * as plane from "../../static/js/studio/shared/geometry.js";

const image = { width: 400, height: 200 };

test("a fitted image is centred and whole", () => {
  const view = plane.fitView(image, { width: 448, height: 448 });
  assert.equal(view.scale, 1);
  assert.deepEqual(plane.toScreen(view, 0, 0), [24, 124]);
  assert.deepEqual(plane.toImage(view, 24, 124), [0, 0]);
});

test("a small image is not blown up beyond eight times", () => {
  assert.equal(plane.fitView({ width: 1, height: 1 }, { width: 900, height: 900 }).scale, 8);
});

test("zooming keeps the point under the cursor and stops at the limits", () => {
  const view = { scale: 1, x: 10, y: 20 };
  const before = plane.toImage(view, 130, 90);
  const zoomed = plane.zoomAt(view, 1.7, 130, 90);
  const after = plane.toImage(zoomed, 130, 90);
  assert.ok(Math.abs(before[0] - after[0]) < 1e-9 && Math.abs(before[1] - after[1]) < 1e-9);
  assert.equal(plane.zoomAt(view, 1e9, 0, 0).scale, 40);
  assert.equal(plane.zoomAt(view, 1e-9, 0, 0).scale, 0.02);
});

test("the image cannot be panned out of sight", () => {
  const far = plane.keepInFrame({ scale: 1, x: 9999, y: -9999 }, image, { width: 500, height: 300 });
  assert.equal(far.x, 452);
  assert.equal(far.y, 48 - 200);
});

test("a box is the same from any corner and is cut at the edges", () => {
  assert.deepEqual(plane.boxBetween([10.2, 10.2], [20.8, 30], image), [10, 10, 11, 20]);
  assert.deepEqual(plane.boxBetween([20.8, 30], [10.2, 10.2], image), [10, 10, 11, 20]);
  assert.deepEqual(plane.boxBetween([-50, 190], [30, 999], image), [0, 190, 30, 10]);
  assert.deepEqual(plane.boxBetween([500, 500], [600, 600], image), [400, 200, 0, 0]);
});

test("a stroke fills a capsule, stays in the image and says what it touched", () => {
  const mask = { width: 20, height: 10, data: new Uint8Array(200) };
  const touched = plane.stroke(mask, [3, 5], [12, 5], 2, 1);
  assert.deepEqual(touched, [1, 3, 13, 4]);
  const set = mask.data.reduce((sum, value) => sum + value, 0);
  assert.ok(set >= 9 * 4 && set <= 13 * 4, `${set} pixels`);
  assert.equal(mask.data[5 * 20 + 8], 1);
  assert.equal(mask.data[8 * 20 + 8], 0);
  plane.stroke(mask, [0, 5], [19, 5], 50, 0);
  assert.equal(mask.data.reduce((sum, value) => sum + value, 0), 0);
});

test("the smallest brush still paints the pixel it is on", () => {
  const mask = { width: 5, height: 5, data: new Uint8Array(25) };
  plane.stroke(mask, [2.5, 2.5], [2.5, 2.5], 0, 1);
  assert.deepEqual([...mask.data].flatMap((value, i) => (value ? [i] : [])), [12]);
});
