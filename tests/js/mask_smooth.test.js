import assert from "node:assert/strict";
import { test } from "node:test";
import { smoothed, withoutHoles, withoutSpecks } from "../../static/js/studio/image/mask_smooth.js";
import { areaOf, decodeMask, encodeMask } from "../../static/js/studio/shared/rle.js";

const image = { width: 120, height: 90 };

/** A mask of all pixels that a rule takes. */
function marked(rule) {
  const data = new Uint8Array(image.width * image.height);
  for (let y = 0; y < image.height; y += 1) for (let x = 0; x < image.width; x += 1) if (rule(x, y)) data[y * image.width + x] = 1;
  return { type: "mask", ...encodeMask({ ...image, data }) };
}

const drawn = (...rows) => marked((x, y) => rows[y]?.[x] === "#");
const within = (x, y, radius, [cx, cy] = [60, 45]) => Math.hypot(x - cx, y - cy) < radius;

test("holes are filled, bays are not", () => {
  const ring = drawn("#####.", "#.#.#.", "###.#.", "....#.");
  assert.equal(withoutHoles(ring, image).counts, drawn("#####.", "###.#.", "###.#.", "....#.").counts);
  assert.equal(withoutHoles(drawn("###", "#.#", "###"), image).counts, drawn("###", "###", "###").counts);
});

test("specks and pinholes go, parts of size and real holes stay", () => {
  const bits = decodeMask(drawn("##########", "#.######.#", "##########", "..........", ".##....#..", ".##......."));
  withoutSpecks(bits, 4);
  assert.deepEqual(bits, decodeMask(drawn("##########", "##########", "##########", "..........", ".##.......", ".##.......")));
});

test("a ragged edge becomes smooth, within a pixel of where it was, and so does one on the image's own edge", () => {
  const ragged = marked((x, y) => within(x, y, 30 + ((x * 7 + y * 13) % 5) - 2) || (x === 110 && y === 5));
  const smooth = decodeMask(smoothed(ragged, image));
  const corners = (bits) => bits.data.reduce((sum, bit, at) => sum + (bit !== bits.data[at + 1]), 0);
  assert.ok(corners(smooth) < corners(decodeMask(ragged)) * 0.8);
  assert.equal(smooth.data[5 * image.width + 110], 0, "the speck");
  smooth.data.forEach((bit, at) => {
    const [x, y] = [at % image.width, Math.floor(at / image.width)];
    if (within(x, y, 27)) assert.equal(bit, 1, `${x} ${y}`);
    if (!within(x, y, 33)) assert.equal(bit, 0, `${x} ${y}`);
  });
  const half = marked((x) => x < 60);
  assert.equal(smoothed(half, image).counts, half.counts, "a straight edge and the image's corners stay");
});

test("thin parts of two pixels stay", () => {
  const leg = marked((x, y) => within(x, y, 20) || ((x === 60 || x === 61) && y > 20 && y < 88));
  const smooth = decodeMask(smoothed(leg, image));
  for (let y = 70; y < 85; y += 1) assert.equal(smooth.data[y * image.width + 60], 1);
  assert.ok(areaOf(smoothed(leg, image)) > areaOf(leg) * 0.95);
});
