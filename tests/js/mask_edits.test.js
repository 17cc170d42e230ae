import assert from "node:assert/strict";
import { test } from "node:test";
import { fillOutline, stroke } from "../../static/js/studio/shared/geometry.js";
import * as edits from "../../static/js/studio/image/mask_edits.js";
import { areaOf, decodeMask, encodeMask } from "../../static/js/studio/shared/rle.js";

const image = { width: 40, height: 30 };

/** Rows of text: # is marked. */
function drawn(...rows) {
  const data = new Uint8Array(image.width * image.height);
  rows.forEach((row, y) => [...row].forEach((sign, x) => (data[y * image.width + x] = sign === "#" ? 1 : 0)));
  return { type: "mask", ...encodeMask({ ...image, data }) };
}

function blank() {
  return { ...image, data: new Uint8Array(image.width * image.height) };
}

test("a stroke on a part of the image marks what a stroke on all of it would", () => {
  for (const path of [[[5, 5], [20, 12]], [[-3, 2], [4, 40]], [[39.5, 29.5]]]) {
    const whole = blank();
    path.forEach((point, i) => stroke(whole, path[Math.max(0, i - 1)], point, 3, 1));
    const mask = edits.stroked(null, path, 3, 1, image);
    assert.equal(mask.counts, encodeMask(whole).counts);
    path.forEach((point, i) => stroke(whole, path[Math.max(0, i - 1)], point, 1.5, 0));
    assert.equal(edits.stroked(mask, path, 1.5, 0, image).counts, encodeMask(whole).counts);
  }
});

test("an outline adds to a mask and takes from it", () => {
  const outline = [[2, 2], [30, 4], [16, 28]];
  const whole = blank();
  fillOutline(whole, outline, 1);
  const mask = edits.filled(null, outline, 1, image);
  assert.equal(mask.counts, encodeMask(whole).counts);
  assert.equal(areaOf(edits.filled(mask, outline, 0, image)), 0);
});

test("a fill goes as far as the masks and edges around it let it", () => {
  const wall = drawn("...#", "...#", "####");
  assert.equal(edits.pocketAt([wall], [0, 0], image).counts, drawn("###", "###").counts);
  assert.equal(edits.pocketAt([wall], [3, 0], image), null);
  assert.equal(areaOf(edits.pocketAt([], [7, 7], image)), 1200);
});

test("one mask's pixels are taken from another, and both are put together", () => {
  const [left, right] = [drawn("####", "####"), drawn("..####", "..####")];
  assert.equal(edits.without(left, right).counts, drawn("##", "##").counts);
  assert.equal(edits.joined(left, right).counts, drawn("######", "######").counts);
  const apart = drawn("", "", "", "....####");
  assert.equal(edits.without(left, apart), left);
});

test("a mask's outline, filled again, is the mask", () => {
  const shapes = [drawn("####", "####", "#..."), drawn("#.#", "###", "#.#"), drawn(".##.", "####", ".##.")];
  for (const mask of shapes) {
    const [ring] = edits.ringsOf(mask, 0);
    assert.equal(edits.filled(null, ring, 1, image).counts, mask.counts);
  }
});

test("each part has its ring; holes have none", () => {
  const rings = edits.ringsOf(drawn("###..##", "#.#..##", "###"), 0);
  assert.equal(rings.length, 2);
  assert.deepEqual(rings[0], [[3, 0], [3, 3], [0, 3], [0, 0]]);
});

test("a smooth blob keeps its area when its corners are thinned", () => {
  const blob = blank();
  for (let y = 0; y < 30; y += 1) for (let x = 0; x < 40; x += 1) if ((x - 20) ** 2 + (y - 15) ** 2 < 144) blob.data[y * 40 + x] = 1;
  const mask = { type: "mask", ...encodeMask(blob) };
  const [ring] = edits.ringsOf(mask);
  assert.ok(ring.length < 40, String(ring.length));
  const again = decodeMask(edits.filled(null, ring, 1, image)).data;
  const differs = again.reduce((sum, bit, i) => sum + (bit !== blob.data[i] ? 1 : 0), 0);
  assert.ok(differs < areaOf(mask) * 0.06, String(differs));
});
