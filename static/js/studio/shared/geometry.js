/**
 * Plane geometry of the image studio. Image points are in image pixels, screen points in CSS pixels;
 * a view {scale, x, y} maps one onto the other: screen = image × scale + (x, y).
 * @typedef {{scale: number, x: number, y: number}} View
 * @typedef {[number, number, number, number]} Box x, y, width, height in image pixels
 */

/** @param {number} value */
export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

/** @type {(view: View, ...at: number[]) => [number, number]} */
export function toImage(view, x, y) {
  return [(x - view.x) / view.scale, (y - view.y) / view.scale];
}

/** @type {(view: View, ...at: number[]) => [number, number]} */
export function toScreen(view, x, y) {
  return [x * view.scale + view.x, y * view.scale + view.y];
}

/** The view that shows a whole image, centred, with a margin on every side. @returns {View} */
export function fitView(image, frame, margin = 24) {
  const room = { width: Math.max(1, frame.width - 2 * margin), height: Math.max(1, frame.height - 2 * margin) };
  const scale = Math.min(room.width / image.width, room.height / image.height, 8);
  return {
    scale,
    x: (frame.width - image.width * scale) / 2,
    y: (frame.height - image.height * scale) / 2,
  };
}

/** Zoom by a factor so that the image point under (x, y) stays there. @param {View} view @returns {View} */
export function zoomAt(view, factor, x, y, limits = { low: 0.02, high: 40 }) {
  const scale = clamp(view.scale * factor, limits.low, limits.high);
  const real = scale / view.scale;
  return { scale, x: x - (x - view.x) * real, y: y - (y - view.y) * real };
}

/** Keep at least `rest` screen pixels of the image in the frame. @param {View} view @returns {View} */
export function keepInFrame(view, image, frame, rest = 48) {
  const width = image.width * view.scale;
  const height = image.height * view.scale;
  return {
    scale: view.scale,
    x: clamp(view.x, Math.min(rest, frame.width / 2) - width, frame.width - Math.min(rest, frame.width / 2)),
    y: clamp(view.y, Math.min(rest, frame.height / 2) - height, frame.height - Math.min(rest, frame.height / 2)),
  };
}

/** The box between two corners in any order, cut at the image's edges, whole pixels. @returns {Box} */
export function boxBetween([ax, ay], [bx, by], image) {
  const left = Math.floor(clamp(Math.min(ax, bx), 0, image.width));
  const top = Math.floor(clamp(Math.min(ay, by), 0, image.height));
  const right = Math.ceil(clamp(Math.max(ax, bx), 0, image.width));
  const bottom = Math.ceil(clamp(Math.max(ay, by), 0, image.height));
  return [left, top, right - left, bottom - top];
}

/** Whether a point lies in the image. @param {number[]} point @param {{width: number, height: number}} image */
export function isInside([x, y], { width, height }) {
  return x >= 0 && y >= 0 && x < width && y < height;
}

/** The point within the image nearest to (x, y), in whole pixels. */
export function nearestPixel(x, y, image) {
  return [clamp(Math.floor(x), 0, image.width - 1), clamp(Math.floor(y), 0, image.height - 1)];
}

/**
 * Fill every pixel whose centre is within `radius` of the segment a–b.
 * @param {{width: number, height: number, data: Uint8Array}} mask row-major, 0 or 1; changed in place
 * @returns {Box} the box that may have changed
 */
export function stroke(mask, [ax, ay], [bx, by], radius, value) {
  const reach = Math.max(0.5, radius);
  const [left, top, width, height] = boxBetween(
    [Math.min(ax, bx) - reach, Math.min(ay, by) - reach],
    [Math.max(ax, bx) + reach, Math.max(ay, by) + reach],
    mask,
  );
  const dx = bx - ax;
  const dy = by - ay;
  const long = dx * dx + dy * dy;
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) {
      const px = x + 0.5 - ax;
      const py = y + 0.5 - ay;
      const along = long ? clamp((px * dx + py * dy) / long, 0, 1) : 0;
      const ox = px - along * dx;
      const oy = py - along * dy;
      if (ox * ox + oy * oy <= reach * reach) mask.data[y * mask.width + x] = value;
    }
  }
  return [left, top, width, height];
}

/**
 * Fill every pixel whose centre lies inside a closed outline (even-odd).
 * @param {{width: number, height: number, data: Uint8Array}} mask row-major, 0 or 1; changed in place
 * @param {[number, number][]} outline in image pixels
 */
export function fillOutline(mask, outline, value) {
  if (outline.length < 3) return;
  const rows = outline.map((point) => point[1]);
  const top = clamp(Math.floor(Math.min(...rows)), 0, mask.height);
  const bottom = clamp(Math.ceil(Math.max(...rows)), 0, mask.height);
  for (let y = top; y < bottom; y += 1) {
    const crossings = crossingsAt(outline, y + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = clamp(Math.ceil(crossings[i] - 0.5), 0, mask.width);
      const to = clamp(Math.ceil(crossings[i + 1] - 0.5), 0, mask.width);
      mask.data.fill(value, y * mask.width + from, y * mask.width + to);
    }
  }
}

/** Where a horizontal line crosses a closed outline, from left to right. */
function crossingsAt(outline, y) {
  const found = [];
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i, i += 1) {
    const [ax, ay] = outline[j];
    const [bx, by] = outline[i];
    if (ay <= y === by <= y) continue;
    found.push(ax + ((y - ay) / (by - ay)) * (bx - ax));
  }
  return found.sort((a, b) => a - b);
}
