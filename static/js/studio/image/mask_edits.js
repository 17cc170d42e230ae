/**
 * Masks changed in the part of the image that a change touches, never all of it: what a stroke costs depends on the
 * stroke and its mask's edges, not on the image. A window is {box, bits}: a bitmap of that box of the image.
 * @typedef {{box: [number, number, number, number], bits: {width: number, height: number, data: Uint8Array}}} Window
 */
import { boxBetween, fillOutline, stroke } from "../shared/geometry.js";
import { boxOf, cropMask, encodeWindow, mergeMasks, packRuns } from "../shared/rle.js";

/** @returns {Window} the part of a mask (null: an empty one) within a box */
function windowOf(shape, box) {
  const bits = shape ? cropMask(shape, box) : { width: box[2], height: box[3], data: new Uint8Array(box[2] * box[3]) };
  return { box, bits };
}

/** A window as a mask over the image. */
export function maskOf({ box, bits }, image) {
  return { type: "mask", ...encodeWindow(bits, box, image) };
}

/** The box around points, widened and cut at the image's edges. */
function around(points, reach, image) {
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return boxBetween([Math.min(...xs) - reach, Math.min(...ys) - reach], [Math.max(...xs) + reach, Math.max(...ys) + reach], image);
}

/** A mask (null: an empty one) with what lies in a window added (value 1) or taken away (0). */
function changedBy(shape, window, value, image) {
  const change = maskOf(window, image);
  if (!shape) return value ? change : { ...change, counts: packRuns([image.width * image.height]) };
  return { type: "mask", ...mergeMasks(shape, change, value).mask };
}

/** A mask with a stroke along a path added (value 1) or taken away (0). */
export function stroked(shape, path, radius, value, image) {
  const window = windowOf(null, around(path, radius + 1, image));
  const [left, top] = window.box;
  const shifted = path.map(([x, y]) => [x - left, y - top]);
  shifted.forEach((point, i) => stroke(window.bits, shifted[Math.max(0, i - 1)], point, radius, 1));
  return changedBy(shape, window, value, image);
}

/** A mask with everything inside a closed outline added (value 1) or taken away (0). */
export function filled(shape, outline, value, image) {
  const window = windowOf(null, around(outline, 1, image));
  const [left, top] = window.box;
  fillOutline(window.bits, outline.map(([x, y]) => [x - left, y - top]), 1);
  return changedBy(shape, window, value, image);
}

/** A mask without the pixels of another; the same one if they share none. */
export function without(shape, other) {
  const [left, top, width, height] = boxOf(shape);
  const [ol, ot, ow, oh] = boxOf(other);
  if (ol >= left + width || ot >= top + height || ol + ow <= left || ot + oh <= top) return shape;
  const { mask, shared } = mergeMasks(shape, other, 0);
  return shared ? { type: "mask", ...mask } : shape;
}

/** Spread over the zeros of a bitmap from one of them, sideways and up and down, writing `value`; whether it met the rim. */
export function flood({ width, height, data }, x, y, value) {
  let open = false;
  const waiting = [[x, y]];
  while (waiting.length) {
    const [fromX, row] = waiting.pop();
    const line = row * width;
    if (data[line + fromX]) continue;
    let left = fromX;
    let right = fromX;
    while (left > 0 && !data[line + left - 1]) left -= 1;
    while (right < width - 1 && !data[line + right + 1]) right += 1;
    data.fill(value, line + left, line + right + 1);
    open ||= left === 0 || right === width - 1 || row === 0 || row === height - 1;
    for (const next of [row - 1, row + 1]) {
      if (next < 0 || next >= height) continue;
      for (let at = left; at <= right; at += 1) {
        if (!data[next * width + at] && (at === left || data[next * width + at - 1])) waiting.push([at, next]);
      }
    }
  }
  return open;
}

/** A part of a bitmap that is `from`, sideways and up and down, made `to`. @returns {number} how many pixels */
export function turned({ width, height, data }, place, from, to) {
  const waiting = [place];
  let count = 0;
  while (waiting.length) {
    const [x, y] = waiting.pop();
    const line = y * width;
    if (data[line + x] !== from) continue;
    let [left, right] = [x, x];
    while (left > 0 && data[line + left - 1] === from) left -= 1;
    while (right < width - 1 && data[line + right + 1] === from) right += 1;
    data.fill(to, line + left, line + right + 1);
    count += right - left + 1;
    for (const next of [y - 1, y + 1]) {
      if (next < 0 || next >= height) continue;
      for (let at = left; at <= right; at += 1) {
        const here = next * width + at;
        if (data[here] === from && (at === left || data[here - 1] !== from)) waiting.push([at, next]);
      }
    }
  }
  return count;
}

/**
 * The unmarked ground around a pixel, bounded by masks and the image's edges; null when the pixel is marked.
 * @param {any[]} walls masks
 */
export function pocketAt(walls, [x, y], image) {
  const data = new Uint8Array(image.width * image.height);
  for (const wall of walls) {
    const box = boxOf(wall);
    const bits = cropMask(wall, box);
    for (let row = 0; row < box[3]; row += 1) {
      const start = (box[1] + row) * image.width + box[0];
      for (let i = 0; i < box[2]; i += 1) if (bits.data[row * box[2] + i]) data[start + i] = 1;
    }
  }
  if (data[y * image.width + x]) return null;
  const bits = { width: image.width, height: image.height, data };
  flood(bits, x, y, 2);
  for (let i = 0; i < data.length; i += 1) data[i] = data[i] === 2 ? 1 : 0;
  return maskOf({ box: [0, 0, image.width, image.height], bits }, image);
}

/** Both masks' pixels. */
export function joined(shape, other) {
  return { type: "mask", ...mergeMasks(shape, other, 1).mask };
}

/**
 * The outer rings of a mask's parts, along the pixels' edges, with fewer corners where that moves the line by no more
 * than `slack` pixels. Holes are left out.
 * @returns {[number, number][][]}
 */
export function ringsOf(shape, slack = 0.75) {
  const [left, top, width, height] = boxOf(shape);
  if (!width) return [];
  const bits = cropMask(shape, [left, top, width, height]);
  const seen = new Uint8Array(width * height);
  const set = (x, y) => x >= 0 && y >= 0 && x < width && y < height && bits.data[y * width + x] === 1;
  const rings = [];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (!set(x, y) || set(x, y - 1) || seen[y * width + x]) continue;
      const ring = walk(set, seen, width, x, y);
      if (isOuter(ring)) rings.push(simpler(ring.map(([px, py]) => [px + left, py + top]), slack));
    }
  }
  return rings.filter((ring) => ring.length > 2);
}

const STEPS = [[1, 0], [0, 1], [-1, 0], [0, -1]]; // right, down, left, up

/** Along the edge of pixels from the upper left corner of one, the marked side at the right hand. */
function walk(set, seen, width, startX, startY) {
  const ring = [];
  let [x, y, way] = [startX, startY, 0];
  do {
    if (way === 0) seen[y * width + x] = 1;
    const [dx, dy] = STEPS[way];
    [x, y] = [x + dx, y + dy];
    // The two pixels ahead: at the left hand and at the right.
    const ahead = { 0: [[x, y - 1], [x, y]], 1: [[x, y], [x - 1, y]], 2: [[x - 1, y], [x - 1, y - 1]], 3: [[x - 1, y - 1], [x, y - 1]] }[way];
    const [onLeft, onRight] = ahead.map(([px, py]) => set(px, py));
    const before = way;
    if (!onRight) way = (way + 1) % 4;
    else if (onLeft) way = (way + 3) % 4;
    if (way !== before) ring.push([x, y]);
  } while (x !== startX || y !== startY || way !== 0);
  return ring;
}

/** Outer rings run clockwise on the screen, holes the other way. */
function isOuter(ring) {
  return ring.reduce((sum, [x, y], i) => sum + x * ring[(i + 1) % ring.length][1] - ring[(i + 1) % ring.length][0] * y, 0) > 0;
}

/** A ring with fewer corners (after Douglas and Peucker), cut in two at its furthest corners first. */
function simpler(ring, slack) {
  let far = 0;
  ring.forEach((point, i) => {
    if (Math.hypot(point[0] - ring[0][0], point[1] - ring[0][1]) > Math.hypot(ring[far][0] - ring[0][0], ring[far][1] - ring[0][1])) far = i;
  });
  return [...thin(ring.slice(0, far + 1), slack).slice(0, -1), ...thin([...ring.slice(far), ring[0]], slack).slice(0, -1)];
}

function thin(line, slack) {
  const keep = new Uint8Array(line.length);
  keep[0] = keep[line.length - 1] = 1;
  const waiting = [[0, line.length - 1]];
  while (waiting.length) {
    const [from, to] = waiting.pop();
    let [worst, at] = [slack, -1];
    for (let i = from + 1; i < to; i += 1) {
      const far = offLine(line[from], line[to], line[i]);
      if (far > worst) [worst, at] = [far, i];
    }
    if (at < 0) continue;
    keep[at] = 1;
    waiting.push([from, at], [at, to]);
  }
  return line.filter((_, i) => keep[i]);
}

function offLine([ax, ay], [bx, by], [x, y]) {
  const long = Math.hypot(bx - ax, by - ay);
  return long ? Math.abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / long : Math.hypot(x - ax, y - ay);
}
