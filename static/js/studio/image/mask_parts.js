/** A mask's separate parts, and a mask moved within its image. */
import { maskOf, turned } from "./mask_edits.js";
import { clamp } from "../shared/geometry.js";
import { boxOf, cropMask, decodeMask, encodeMask } from "../shared/rle.js";

/** A part of less than this share of the largest one is an island: left out as the mask is accepted, unless clicked on. */
const ISLAND = 0.1;
const [LOOSE, CLICKED] = [2, 3]; // what the pixels of a part are marked with while they are counted

/** The parts that hang together sideways and up and down. Their pixels are marked. */
function partsOf(bits, clicks = []) {
  const parts = [];
  const { data, width } = bits;
  for (const place of clicks) {
    const count = turned(bits, place, 1, CLICKED);
    if (count) parts.push({ place, count, mark: CLICKED });
  }
  for (let at = data.indexOf(1); at >= 0; at = data.indexOf(1, at + 1)) {
    const place = [at % width, Math.floor(at / width)];
    parts.push({ place, count: turned(bits, place, 1, LOOSE), mark: LOOSE });
  }
  return parts;
}

/** Take parts out of a bitmap whose parts are marked. */
function leaveOut(bits, parts) {
  for (const { place, mark } of parts) turned(bits, place, mark, 0);
  bits.data.forEach((value, at) => (bits.data[at] = value ? 1 : 0));
}

/**
 * A mask on offer without its islands and specks; the same one where it has none.
 * @param {{size: [number, number], counts: string}} mask @param {[number, number][]} clicks that add, in the mask's pixels
 */
export function withoutIslands(mask, clicks) {
  const bits = decodeMask(mask);
  const inside = clicks.map(([x, y]) => [clamp(Math.floor(x), 0, bits.width - 1), clamp(Math.floor(y), 0, bits.height - 1)]);
  const parts = partsOf(bits, inside);
  const least = ISLAND * Math.max(...parts.map(({ count }) => count));
  const islands = parts.filter(({ count, mark }) => mark === LOOSE && count < least);
  if (!islands.length) return mask;
  leaveOut(bits, islands);
  return encodeMask(bits);
}

/** The largest of a mask's parts. */
export function largestPart(shape, image) {
  const box = boxOf(shape);
  const bits = cropMask(shape, box);
  const parts = partsOf(bits);
  const largest = parts.reduce((best, part) => (part.count > best.count ? part : best));
  leaveOut(bits, parts.filter((part) => part !== largest));
  return maskOf({ box, bits }, image);
}

/** How far a box can be moved so that all of it stays in the image. @returns {[number, number]} whole pixels */
export function stepWithin([left, top, width, height], dx, dy, image) {
  return [clamp(Math.round(dx), -left, image.width - left - width), clamp(Math.round(dy), -top, image.height - top - height)];
}

/** A mask moved by whole pixels, as far as all of it stays in the image. */
export function movedMask(shape, dx, dy, image) {
  const box = boxOf(shape);
  const [x, y] = stepWithin(box, dx, dy, image);
  const [left, top, width, height] = box;
  return maskOf({ box: [left + x, top + y, width, height], bits: cropMask(shape, box) }, image);
}
