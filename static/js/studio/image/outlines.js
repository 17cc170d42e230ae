/**
 * Boxes, polygons, lines and points as plain values; every change gives a new one. Coordinates are image pixels, to a
 * hundredth, inside the image. The shapes are those of the server's projects/task_types/region_shapes.py.
 * A handle is a place by which a shape is taken hold of: a polygon's and a line's corners, a box's corners and sides.
 */
import { clamp } from "../shared/geometry.js";

/** Where the handles of a box are: shares of its width and height. */
const GRIPS = [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1], [0.5, 1], [0, 1], [0, 0.5]];

const tidy = (value) => Math.round(value * 100) / 100;

/** A point inside the image, to a hundredth of a pixel. @returns {[number, number]} */
export function placed([x, y], image) {
  return [tidy(clamp(x, 0, image.width)), tidy(clamp(y, 0, image.height))];
}

export function boxShape([x, y, width, height]) {
  return { type: "box", x: tidy(x), y: tidy(y), width: tidy(width), height: tidy(height) };
}

export function pointShape([x, y], visible = true) {
  return { type: "point", x, y, visible };
}

/** The corners of a shape, in order. @returns {[number, number][]} */
export function cornersOf(shape) {
  if (shape.points) return shape.points;
  const { x, y, width, height } = shape;
  return shape.type === "box" ? [[x, y], [x + width, y], [x + width, y + height], [x, y + height]] : [[x, y]];
}

/** @returns {[number, number, number, number]} x, y, width, height */
export function outlineBounds(shape) {
  if (shape.type === "box") return [shape.x, shape.y, shape.width, shape.height];
  const corners = cornersOf(shape);
  const [xs, ys] = [corners.map((corner) => corner[0]), corners.map((corner) => corner[1])];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, Math.max(...xs) - left, Math.max(...ys) - top];
}

/** @returns {[number, number][]} */
export function handlesOf(shape) {
  if (shape.type !== "box") return cornersOf(shape);
  return GRIPS.map(([across, down]) => [shape.x + across * shape.width, shape.y + down * shape.height]);
}

/** The shape with one handle elsewhere; a box keeps at least one pixel. */
export function withHandle(shape, index, at, image) {
  const to = placed(at, image);
  if (shape.type === "point") return { ...shape, x: to[0], y: to[1] };
  if (shape.points) return { ...shape, points: shape.points.map((point, i) => (i === index ? to : point)) };
  const [across, down] = GRIPS[index];
  const [left, right] = pulled(shape.x, shape.width, across, to[0]);
  const [top, bottom] = pulled(shape.y, shape.height, down, to[1]);
  return boxShape([left, top, right - left, bottom - top]);
}

/** One axis of a box whose end (share 0 or 1) is pulled to a place. */
function pulled(from, size, share, to) {
  const ends = [from, from + size];
  if (share === 0) ends[0] = Math.min(to, ends[1] - 1);
  if (share === 1) ends[1] = Math.max(to, ends[0] + 1);
  return ends;
}

/** The shape moved as far as the image lets it. */
export function movedBy(shape, dx, dy, image) {
  const [left, top, width, height] = outlineBounds(shape);
  const x = clamp(dx, -left, image.width - left - width);
  const y = clamp(dy, -top, image.height - top - height);
  if (!shape.points) return { ...shape, x: tidy(shape.x + x), y: tidy(shape.y + y) };
  return { ...shape, points: shape.points.map(([px, py]) => [tidy(px + x), tidy(py + y)]) };
}

/** A new corner behind the one at `index`. */
export function withCorner(shape, index, at, image) {
  return { ...shape, points: shape.points.toSpliced(index + 1, 0, placed(at, image)) };
}

/** Without one corner; null when too few would be left. */
export function withoutCorner(shape, index) {
  const fewest = shape.type === "polygon" ? 3 : 2;
  return shape.points.length > fewest ? { ...shape, points: shape.points.toSpliced(index, 1) } : null;
}

/** The edges of a shape as pairs of corners. @returns {number[][][]} */
export function edgesOf(shape) {
  const corners = cornersOf(shape);
  const edges = corners.slice(1).map((corner, i) => [corners[i], corner]);
  return shape.type === "polyline" || corners.length < 3 ? edges : [...edges, [corners.at(-1), corners[0]]];
}

/** The point of a segment that is nearest to another point, and how far it is. @type {(edge: number[][], point: number[]) => {at: number[], far: number}} */
export function nearestOn([[ax, ay], [bx, by]], [x, y]) {
  const [dx, dy] = [bx - ax, by - ay];
  const long = dx * dx + dy * dy;
  const along = long ? clamp(((x - ax) * dx + (y - ay) * dy) / long, 0, 1) : 0;
  const at = [ax + along * dx, ay + along * dy];
  return { at, far: Math.hypot(x - at[0], y - at[1]) };
}

/** How far a point is from a shape's line; a point is drawn as a disc, and so is nearer than its middle. */
export function gapTo(shape, x, y) {
  if (shape.type === "point") return Math.hypot(x - shape.x, y - shape.y) / 1.5;
  return Math.min(...edgesOf(shape).map((edge) => nearestOn(edge, [x, y]).far));
}

/** Whether a point lies in a shape, or within `reach` of its line. */
export function hitsOutline(shape, x, y, reach) {
  return gapTo(shape, x, y) <= reach || (!["point", "polyline"].includes(shape.type) && isInside(cornersOf(shape), x, y));
}

function isInside(corners, x, y) {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i, i += 1) {
    const [ax, ay] = corners[i];
    const [bx, by] = corners[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

/** The area inside a ring, without its sign. @param {[number, number][]} ring */
export function ringArea(ring) {
  let twice = 0;
  ring.forEach(([x, y], i) => {
    const [nx, ny] = ring[(i + 1) % ring.length];
    twice += x * ny - nx * y;
  });
  return Math.abs(twice) / 2;
}

/** Whether a ring meets itself anywhere but at neighbouring corners: the server takes no such polygon. */
function crossesItself(ring) {
  const count = ring.length;
  const edge = (i) => [ring[i], ring[(i + 1) % count]];
  for (let i = 0; i < count; i += 1) {
    const [a, b] = edge(i);
    const c = ring[(i + 2) % count];
    if (turn(a, b, c) === 0 && (c[0] - b[0]) * (a[0] - b[0]) + (c[1] - b[1]) * (a[1] - b[1]) > 0) return true;
    for (let j = i + 2; j < count; j += 1) {
      if (i === 0 && j === count - 1) continue;
      if (meet(edge(i), edge(j))) return true;
    }
  }
  return false;
}

/** @param {number[]} a @param {number[]} b @param {number[]} c */
function turn([ax, ay], [bx, by], [cx, cy]) {
  return Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
}

/** @param {number[][]} one @param {number[][]} other */
function meet([a, b], [c, d]) {
  const [abc, abd, cda, cdb] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (abc !== abd && cda !== cdb) return true;
  /** @type {(p: number[], q: number[], r: number[]) => boolean} */
  const within = ([px, py], [qx, qy], [rx, ry]) =>
    rx >= Math.min(px, qx) && rx <= Math.max(px, qx) && ry >= Math.min(py, qy) && ry <= Math.max(py, qy);
  return (abc === 0 && within(a, b, c)) || (abd === 0 && within(a, b, d)) || (cda === 0 && within(c, d, a)) || (cdb === 0 && within(c, d, b));
}

/** Points without one that only says the last one again. */
export function distinct(points) {
  return points.filter(([x, y], i) => !i || x !== points[i - 1][0] || y !== points[i - 1][1]);
}

/** Why an outline can't be a shape of a kind; "" when it can. @returns {""|"few"|"crossing"} */
export function faultOf(type, points) {
  if (points.length < (type === "polygon" ? 3 : 2)) return "few";
  return type === "polygon" && (crossesItself(points) || !ringArea(points)) ? "crossing" : "";
}

/**
 * The point to which a corner is drawn: a corner of a neighbour, else the nearest place on its edge.
 * @param {[number, number]} point
 * @param {any[]} shapes the neighbours; masks are passed over
 * @param {number} reach in image pixels
 * @returns {[number, number]|null}
 */
export function snapped(point, shapes, reach) {
  let best = null;
  let far = reach;
  const outlines = shapes.filter((shape) => shape.type !== "mask");
  for (const shape of outlines) {
    for (const corner of cornersOf(shape)) {
      const away = Math.hypot(point[0] - corner[0], point[1] - corner[1]);
      if (away <= far) [best, far] = [corner, away];
    }
  }
  if (best) return best;
  for (const shape of outlines) {
    for (const edge of edgesOf(shape)) {
      const on = nearestOn(edge, point);
      if (on.far <= far) [best, far] = [on.at, on.far];
    }
  }
  return best;
}
