import assert from "node:assert/strict";
import { test } from "node:test";
import { largestPart, movedMask, withoutIslands } from "../../static/js/studio/image/mask_parts.js";
import { createImageStore } from "../../static/js/studio/image/store.js";
import { areaOf, boxOf, encodeMask } from "../../static/js/studio/shared/rle.js";

const size = { width: 40, height: 30 };

/** A mask of rectangles. @param {...[number, number, number, number]} boxes */
function rectangles(...boxes) {
  const data = new Uint8Array(size.width * size.height);
  for (const [left, top, width, height] of boxes) {
    for (let y = top; y < top + height; y += 1) data.fill(1, y * size.width + left, y * size.width + left + width);
  }
  return { type: "mask", ...encodeMask({ ...size, data }) };
}

const THING = [2, 2, 10, 10];
const PART = [20, 2, 4, 5]; // a fifth of it
const ISLAND = [30, 20, 3, 3];
const SPECK = [36, 28, 1, 1];

test("islands and specks are left out, larger parts and those that were clicked on stay", () => {
  const mask = rectangles(THING, PART, ISLAND, SPECK);
  assert.equal(areaOf(withoutIslands(mask, [])), 120);
  assert.equal(areaOf(withoutIslands(mask, [[31, 21]])), 129);
  assert.equal(areaOf(withoutIslands(mask, [[0, 0]])), 120, "a click beside all of it keeps nothing");
  const whole = rectangles(THING, PART);
  assert.equal(withoutIslands(whole, []), whole);
});

test("the largest part is kept alone, with its holes", () => {
  const kept = largestPart(rectangles(PART, THING, ISLAND), size);
  assert.deepEqual([areaOf(kept), boxOf(kept)], [100, THING]);
});

test("a mask moves by whole pixels, and no further than all of it stays in the image", () => {
  const mask = rectangles(THING, PART);
  assert.deepEqual(boxOf(movedMask(mask, 3.4, -1, size)), [5, 1, 22, 10]);
  const corner = movedMask(mask, -100, 100, size);
  assert.deepEqual([boxOf(corner), areaOf(corner)], [[0, 20, 22, 10], 120]);
});

function store(masks, points = []) {
  const copilot = { ask: () => "p1", cancel() {} };
  const made = createImageStore({ labels: [{ key: "cat", shapes: ["mask"] }], size, answer: null, copilot, onChange() {} });
  for (const [x, y] of points) made.promptPoint(x, y, true);
  made.receive({ type: "masks", id: "p1", suggestion: "u-1", model: "m", masks, best: 0, image_size: [30, 40] });
  return made;
}

test("what is accepted has no islands, and is taken as it was offered", () => {
  const mine = store([{ ...rectangles(THING, ISLAND), score: 0.9, handle: "h" }], [[5, 5]]);
  mine.accept();
  const [{ shape, provenance }] = mine.answer().regions;
  assert.deepEqual([areaOf(shape), provenance.source], [100, "suggestion"]);
});

test("a selected mask moves by arrows, as one step, and by dragging; a locked one doesn't", () => {
  const mine = store([{ ...rectangles(THING), score: 0.9, handle: "h" }], [[5, 5]]);
  mine.accept();
  mine.nudge(1, 0);
  mine.nudge(1, 0);
  assert.equal(mine.moveBy(5, 5), true);
  assert.deepEqual(boxOf(mine.answer().regions[0].shape), [9, 7, 10, 10]);
  mine.undo();
  assert.deepEqual(boxOf(mine.answer().regions[0].shape), [4, 2, 10, 10]);
  mine.undo();
  assert.deepEqual(boxOf(mine.answer().regions[0].shape), THING);
  mine.lock();
  assert.deepEqual([mine.nudge(1, 0), mine.moveBy(1, 1)], [false, false]);
});
