/**
 * A mask made tidier: its holes filled, or its edge smoothed and specks and pinholes gone. Fetched behind the first edit.
 */
import { flood, maskOf, turned } from "./mask_edits.js";
import { largestPart } from "./mask_parts.js";
import { boxBetween, clamp } from "../shared/geometry.js";
import { areaOf, boxOf, cropMask } from "../shared/rle.js";

/** A speck or pinhole is less than this share of its mask, and of the image; the same as assist/adapters/specks.py. */
const OF_MASK = 0.02;
const OF_IMAGE = 0.001;

/** A mask without all but its largest part. */
export function largest(shape, image) {
  return largestPart(shape, image);
}

/** A mask with its holes filled: what the ground around it can't be reached from. */
export function withoutHoles(shape, image) {
  const [left, top, width, height] = boxOf(shape);
  const bits = { width: width + 2, height: height + 2, data: new Uint8Array((width + 2) * (height + 2)) };
  const inner = cropMask(shape, [left, top, width, height]);
  for (let y = 0; y < height; y += 1) bits.data.set(inner.data.subarray(y * width, (y + 1) * width), (y + 1) * bits.width + 1);
  flood(bits, 0, 0, 2);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) inner.data[y * width + x] = bits.data[(y + 1) * bits.width + x + 1] === 2 ? 0 : 1;
  }
  return maskOf({ box: [left, top, width, height], bits: inner }, image);
}

/** A mask whose edge doesn't tremble, without specks and pinholes. What is two pixels wide in an image of 500 stays. */
export function smoothed(shape, image) {
  const radius = clamp(Math.round(Math.max(image.width, image.height) / 512), 1, 16);
  const [left, top, width, height] = boxOf(shape);
  const rim = 2 * radius + 1;
  const box = boxBetween([left - rim, top - rim], [left + width + rim, top + height + rim], image);
  const bits = cropMask(shape, box);
  const soft = blurred(blurred(bits.data.map((bit) => bit * 254), bits, radius), bits, radius);
  bits.data = soft.map((share) => (share >= 127 ? 1 : 0));
  withoutSpecks(bits, Math.min(areaOf(shape) * OF_MASK, image.width * image.height * OF_IMAGE));
  return maskOf({ box, bits }, image);
}

/** Each pixel as the mean of those around it, of the ones that there are: the image's own edge is no edge of the mask. */
function blurred(data, { width, height }, radius) {
  const across = meansAlong(data, { lines: height, next: width, length: width, step: 1 }, radius);
  return meansAlong(across, { lines: width, next: 1, length: height, step: width }, radius);
}

function meansAlong(data, { lines, next, length, step }, radius) {
  const means = new Uint8Array(data.length);
  for (let line = 0; line < lines; line += 1) {
    const start = line * next;
    let sum = 0;
    for (let i = 0; i < Math.min(radius, length); i += 1) sum += data[start + i * step];
    for (let i = 0; i < length; i += 1) {
      const [first, last] = [i - radius, i + radius];
      if (last < length) sum += data[start + last * step];
      if (first > 0) sum -= data[start + (first - 1) * step];
      means[start + i * step] = Math.round(sum / (Math.min(last, length - 1) - Math.max(first, 0) + 1));
    }
  }
  return means;
}

/** Parts of less than `limit` pixels turned into what is around them: first specks, then pinholes. Changes the bitmap. */
export function withoutSpecks(bits, limit) {
  for (const value of [1, 0]) {
    const { data, width } = bits;
    const seen = value + 2;
    for (let at = 0; at < data.length; at += 1) {
      if (data[at] !== value) continue;
      const place = [at % width, Math.floor(at / width)];
      if (turned(bits, place, value, seen) < limit) turned(bits, place, seen, 1 - value);
    }
    for (let at = 0; at < data.length; at += 1) if (data[at] === seen) data[at] = value;
  }
}
