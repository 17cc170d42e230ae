/**
 * Masks as COCO's compressed run lengths, the one encoding in requests and in the database.
 * A shape is {size: [height, width], counts: string}; runs go down the columns, zeros first.
 * A bitmap is {height, width, data: Uint8Array}, row by row, 0 or 1.
 * Source: the format of pycocotools' `_mask` (each run minus the run two before it, from the fourth run on,
 * in groups of five bits, least significant first, with a sign and a "more follows" bit, plus 48).
 */

/** @param {ArrayLike<number>} runs @returns {string} */
export function packRuns(runs) {
  const out = [];
  for (let i = 0; i < runs.length; i += 1) {
    let rest = i > 2 ? runs[i] - runs[i - 2] : runs[i];
    let more = true;
    while (more) {
      let group = rest & 0x1f;
      rest >>= 5;
      more = group & 0x10 ? rest !== -1 : rest !== 0;
      if (more) group |= 0x20;
      out.push(String.fromCharCode(group + 48));
    }
  }
  return out.join("");
}

/** @param {string} counts @returns {Uint32Array} @throws {Error} when the string ends within a number */
export function unpackRuns(counts) {
  const runs = [];
  let at = 0;
  while (at < counts.length) {
    let value = 0;
    let shift = 0;
    let more = true;
    while (more) {
      if (at >= counts.length) throw new Error("The mask's run lengths end in the middle of a number");
      const group = counts.charCodeAt(at) - 48;
      at += 1;
      value |= (group & 0x1f) << shift;
      more = (group & 0x20) !== 0;
      shift += 5;
      if (!more && group & 0x10) value |= shift < 32 ? -1 << shift : 0;
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value);
  }
  return Uint32Array.from(runs);
}

/**
 * The rows and columns that hold anything, ends exclusive; found row by row, which is how the memory lies.
 * Most masks fill a small part of their image: what follows then has little left to look at.
 */
function extent({ height, width, data }) {
  let [left, right, top, bottom] = [width, 0, height, 0];
  for (let y = 0; y < height; y += 1) {
    const row = data.subarray(y * width, (y + 1) * width);
    const first = row.indexOf(1);
    if (first < 0) continue;
    left = Math.min(left, first);
    right = Math.max(right, row.lastIndexOf(1) + 1);
    top = Math.min(top, y);
    bottom = y + 1;
  }
  return right ? { left, right, top, bottom } : { left: 0, right: 0, top: 0, bottom: 0 };
}

/**
 * Runs of an image of which a bitmap is one box, zeros first; all outside the box is zero.
 * @param {{height: number, width: number, data: Uint8Array}} bitmap
 * @param {number} left @param {number} top where the bitmap lies @param {number} wide @param {number} high the image
 * @returns {number[]}
 */
function runsWithin(bitmap, left, top, wide, high) {
  const { width, data } = bitmap;
  const set = extent(bitmap);
  const runs = [];
  let current = 0;
  let since = 0; // where the present run began, counted down the columns
  const turn = (at) => {
    runs.push(at - since);
    since = at;
    current ^= 1;
  };
  for (let x = set.left; x < set.right; x += 1) {
    const column = (x + left) * high + top;
    if (current && set.top + top > 0) turn((x + left) * high);
    for (let y = set.top, at = set.top * width + x; y < set.bottom; y += 1, at += width) {
      if (data[at] !== current) turn(column + y);
    }
    if (current && set.bottom + top < high) turn(column + set.bottom);
  }
  if (current && set.right + left < wide) turn((set.right + left) * high);
  runs.push(high * wide - since);
  return runs;
}

/** @param {{height: number, width: number, data: Uint8Array}} bitmap @returns {number[]} runs, zeros first */
export function runsOf(bitmap) {
  return runsWithin(bitmap, 0, 0, bitmap.width, bitmap.height);
}

/** @returns {{size: [number, number], counts: string}} */
export function encodeMask(bitmap) {
  return { size: [bitmap.height, bitmap.width], counts: packRuns(runsOf(bitmap)) };
}

/** A bitmap of one box as a mask over the whole image. @param {any} bitmap @param {number[]} box @param {any} size */
export function encodeWindow(bitmap, [left, top], { width, height }) {
  return { size: [height, width], counts: packRuns(runsWithin(bitmap, left, top, width, height)) };
}

/**
 * @param {{size: [number, number], counts: string}} shape
 * @throws {Error} when the runs do not fill the size exactly
 */
export function decodeMask({ size: [height, width], counts }) {
  const data = new Uint8Array(height * width);
  let at = 0;
  let value = 0;
  for (const run of unpackRuns(counts)) {
    const end = at + run;
    if (end > data.length) throw new Error("The mask's run lengths are longer than its size");
    if (value) for (let i = at; i < end; i += 1) data[(i % height) * width + ((i / height) | 0)] = 1;
    at = end;
    value ^= 1;
  }
  if (at !== data.length) throw new Error("The mask's run lengths are shorter than its size");
  return { height, width, data };
}

const areas = new WeakMap();

/** Pixels that are set; counted once for each shape, which never changes. */
export function areaOf(shape) {
  let area = areas.get(shape);
  if (area === undefined) {
    area = unpackRuns(shape.counts).reduce((sum, run, i) => sum + (i % 2 ? run : 0), 0);
    areas.set(shape, area);
  }
  return area;
}

/** The box around what is set, [0, 0, 0, 0] when nothing is. @returns {[number, number, number, number]} */
export function boxOf({ size: [height], counts }) {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
  let at = 0;
  unpackRuns(counts).forEach((run, i) => {
    if (i % 2 && run) {
      const last = at + run - 1;
      const first = Math.floor(at / height);
      const final = Math.floor(last / height);
      const oneColumn = first === final;
      left = Math.min(left, first);
      right = Math.max(right, final);
      top = Math.min(top, oneColumn ? at % height : 0);
      bottom = Math.max(bottom, oneColumn ? last % height : height - 1);
    }
    at += run;
  });
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1];
}

/**
 * The set pixels within a box, row by row; with a `step`, of every second, third… row and column only.
 * @param {{size: number[], counts: string}} mask @param {number[]} box @param {number} [step]
 */
export function cropMask({ size: [height], counts }, [left, top, width, boxHeight], step = 1) {
  const wide = Math.ceil(width / step);
  const high = Math.ceil(boxHeight / step);
  const data = new Uint8Array(wide * high);
  let at = 0;
  unpackRuns(counts).forEach((run, i) => {
    const end = at + run;
    if (i % 2) fillColumns(at, end);
    at = end;
  });
  return { height: high, width: wide, data };

  /** A run goes down a column and on at the top of the next. */
  function fillColumns(from, end) {
    for (let column = Math.floor(from / height); column * height < end; column += 1) {
      const x = (column - left) / step;
      if (x >= wide) return;
      if (x < 0 || x % 1) continue;
      const first = Math.ceil((Math.max(from - column * height, top) - top) / step);
      const last = Math.ceil((Math.min(end - column * height, height, top + boxHeight) - top) / step);
      for (let y = first; y < last; y += 1) data[y * wide + x] = 1;
    }
  }
}

/**
 * Two masks of one image put together without their pixels: what that costs hangs on their edges, not on their areas.
 * @param {{size: [number, number], counts: string}} one
 * @param {{counts: string}} other
 * @param {0|1} value 1: what either holds; 0: what the first holds and the second does not
 * @returns {{mask: {size: [number, number], counts: string}, shared: number}} shared: pixels that both hold
 */
export function mergeMasks(one, other, value) {
  const [a, b] = [unpackRuns(one.counts), unpackRuns(other.counts)];
  const runs = [];
  let [i, j, leftA, leftB] = [0, 0, a[0] ?? 0, b[0] ?? 0];
  let [current, length, shared] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const step = Math.min(leftA, leftB);
    const [inA, inB] = [i % 2, j % 2];
    const next = value ? inA | inB : inA & ~inB;
    if (inA & inB) shared += step;
    if (step && next !== current) {
      runs.push(length);
      [current, length] = [next, 0];
    }
    length += step;
    leftA -= step;
    leftB -= step;
    if (!leftA) leftA = a[(i += 1)] ?? 0;
    if (!leftB) leftB = b[(j += 1)] ?? 0;
  }
  runs.push(length);
  return { mask: { size: one.size, counts: packRuns(runs) }, shared };
}

/** For one axis: the two source pixels around each target pixel's centre, and how far between them it is. */
function samples(from, to) {
  const low = new Uint32Array(to);
  const high = new Uint32Array(to);
  const part = new Float32Array(to);
  for (let i = 0; i < to; i += 1) {
    const centre = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    low[i] = Math.floor(centre);
    high[i] = Math.min(from - 1, low[i] + 1);
    part[i] = centre - low[i];
  }
  return { low, high, part };
}

/** The target pixels that a stretch of source pixels can reach, one source pixel beyond it included. */
function stretched(start, end, from, to) {
  return [Math.max(0, Math.floor(((start - 1) * to) / from)), Math.min(to, Math.ceil(((end + 1) * to) / from))];
}

/**
 * A bitmap at another size: bilinear, cut at one half, so that edges stay smooth when it grows. Only the box that can
 * hold anything is made.
 * @returns {{bits: {width: number, height: number, data: Uint8Array}, box: [number, number, number, number]}}
 */
export function resizedWindow(bitmap, height, width) {
  const across = samples(bitmap.width, width);
  const down = samples(bitmap.height, height);
  const set = extent(bitmap);
  const [top, bottom] = set.bottom ? stretched(set.top, set.bottom, bitmap.height, height) : [0, 0];
  const [left, right] = set.right ? stretched(set.left, set.right, bitmap.width, width) : [0, 0];
  const bits = { width: right - left, height: bottom - top, data: new Uint8Array((right - left) * (bottom - top)) };
  for (let y = top; y < bottom; y += 1) {
    const upper = down.low[y] * bitmap.width;
    const lower = down.high[y] * bitmap.width;
    const fy = down.part[y];
    for (let x = left; x < right; x += 1) {
      const { low, high, part } = across;
      const a = bitmap.data[upper + low[x]] * (1 - part[x]) + bitmap.data[upper + high[x]] * part[x];
      const b = bitmap.data[lower + low[x]] * (1 - part[x]) + bitmap.data[lower + high[x]] * part[x];
      if (a * (1 - fy) + b * fy >= 0.5) bits.data[(y - top) * bits.width + x - left] = 1;
    }
  }
  return { bits, box: [left, top, bits.width, bits.height] };
}
