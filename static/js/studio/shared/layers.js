/**
 * Drawing masks: each is turned once into a small coloured picture of its own box, kept for as long as the
 * shape is, and from then on only copied. Shapes are never changed in place, so a new outline is a new picture.
 */
import { gapTo, hitsOutline, outlineBounds } from "../image/outlines.js";
import { boundsOf } from "../image/regions.js";
import { cropMask } from "./rle.js";

const LARGEST = 2_000_000; // pixels of one picture; a larger mask is kept at a half, a third…
const FILL = 0.34;

/** @type {WeakMap<any, {box: number[], bits: any, step: number, pictures: Map<string, HTMLCanvasElement>, border?: [number, number, number, number][]}>} */
const known = new WeakMap();

function prepared(shape) {
  let entry = known.get(shape);
  if (!entry) {
    const box = boundsOf(shape);
    const step = Math.max(1, Math.ceil(Math.sqrt((box[2] * box[3]) / LARGEST)));
    entry = { box, bits: cropMask(shape, box, step), step, pictures: new Map() };
    known.set(shape, entry);
  }
  return entry;
}

/** @param {string} colour "#rrggbb" */
export function channels(colour) {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** A bitmap as a picture: tinted inside, solid along its edge, striped where its label has a pattern. */
function tint(bits, colour, edge, fill = FILL, pattern = 0) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, bits.width);
  canvas.height = Math.max(1, bits.height);
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(picture.data.buffer);
  colourIn(pixels, bits, pixelOf(colour, fill), pixelOf(colour, 1), edge);
  if (pattern) stripe(pixels, bits.width, pixelOf(colour, fill), pixelOf(colour, 0.75), edge, pattern);
  context.putImageData(picture, 0, 0);
  return canvas;
}

/** A pixel as it lies in memory, its bytes red, green, blue, alpha. */
function pixelOf(colour, alpha) {
  return new Uint32Array(Uint8Array.of(...channels(colour), Math.floor(255 * alpha)).buffer)[0];
}

/** One write for each pixel: a mask may have millions. */
function colourIn(pixels, { width, height, data }, inner, outer, edge) {
  const up = edge * width;
  for (let y = 0; y < height; y += 1) {
    const within = y >= edge && y + edge < height;
    for (let x = 0, at = y * width; x < width; x += 1, at += 1) {
      if (!data[at]) continue;
      const inside = within && x >= edge && x + edge < width && data[at - edge] & data[at + edge] & data[at - up] & data[at + up];
      pixels[at] = inside ? inner : outer;
    }
  }
}

/** How far along a pattern's stripes lie; see projects/configuration/label_colours.py. */
const ACROSS = [null, (x, y) => x + y, (x, y) => x - y + 1e6, (x, y) => y];

function stripe(pixels, width, inner, line, edge, pattern) {
  for (let at = 0, across = ACROSS[pattern]; at < pixels.length; at += 1) {
    if (pixels[at] === inner && across(at % width, Math.floor(at / width)) % (Math.max(1, edge) * 7) < Math.max(1, edge) * 2) pixels[at] = line;
  }
}

function pictureOf(entry, colour, edge, fill, pattern) {
  const key = `${colour} ${edge} ${fill} ${pattern}`;
  let picture = entry.pictures.get(key);
  if (!picture) {
    picture = tint(entry.bits, colour, edge && Math.max(1, Math.round(edge / entry.step)), fill, pattern);
    entry.pictures.set(key, picture);
  }
  return picture;
}

/**
 * Draw one mask in image coordinates through a view.
 * @param {CanvasRenderingContext2D} context @param {any} view @param {any} shape
 * @param {{colour: string, edge: number, fill?: number, sizeRatio?: number, pattern?: number}} look edge: outline in mask pixels, 0 for none;
 *   sizeRatio: image pixels per mask pixel
 */
export function drawMask(context, view, shape, { colour, edge, fill = FILL, sizeRatio = 1, pattern = 0 }) {
  const entry = prepared(shape);
  const [left, top, width, height] = entry.box;
  if (!width || !height) return;
  const scale = view.scale * sizeRatio;
  context.drawImage(
    pictureOf(entry, colour, edge, fill, pattern),
    left * scale + view.x,
    top * scale + view.y,
    Math.ceil(width / entry.step) * entry.step * scale,
    Math.ceil(height / entry.step) * entry.step * scale,
  );
}

/** Where a bitmap's set pixels border on others, as lines along their edges. @returns {[number, number, number, number][]} */
export function borderLines({ width, height, data }) {
  const lines = [];
  const at = (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? data[y * width + x] : 0);
  const along = (length, differs, push) => {
    for (let from = 0; from < length; from += 1) {
      if (!differs(from)) continue;
      const start = from;
      while (from < length && differs(from)) from += 1;
      push(start, from);
    }
  };
  for (let y = 0; y <= height; y += 1) along(width, (x) => at(x, y - 1) !== at(x, y), (from, to) => lines.push([from, y, to, y]));
  for (let x = 0; x <= width; x += 1) along(height, (y) => at(x - 1, y) !== at(x, y), (from, to) => lines.push([x, from, x, to]));
  return lines;
}

/**
 * A mask looked at closely: its pixels tinted, and a line between them and the others, as thin as on the screen.
 * @param {CanvasRenderingContext2D} context @param {any} view @param {any} shape
 * @param {{colour: string, line: number, fill?: number, sizeRatio?: number, pattern?: number}} look line: screen pixels
 */
export function drawMaskClosely(context, view, shape, { colour, line, fill = FILL, sizeRatio = 1, pattern = 0 }) {
  const entry = prepared(shape);
  const [left, top, width, height] = entry.box;
  if (!width || !height) return;
  drawMask(context, view, shape, { colour, edge: 0, fill, sizeRatio, pattern });
  const scale = view.scale * sizeRatio * entry.step;
  const [x, y] = [left * view.scale * sizeRatio + view.x, top * view.scale * sizeRatio + view.y];
  entry.border ??= borderLines(entry.bits);
  context.beginPath();
  for (const [fromX, fromY, toX, toY] of entry.border) {
    context.moveTo(fromX * scale + x, fromY * scale + y);
    context.lineTo(toX * scale + x, toY * scale + y);
  }
  context.lineWidth = line;
  context.lineCap = "square";
  context.strokeStyle = colour;
  context.stroke();
}

/** Whether an image point lies on a shape, or within `reach` pixels of an outline's line. */
export function hits(shape, x, y, reach = 0) {
  if (shape.type !== "mask") return hitsOutline(shape, x, y, reach);
  const { box, bits, step } = prepared(shape);
  const column = Math.floor((x - box[0]) / step);
  const row = Math.floor((y - box[1]) / step);
  return column >= 0 && row >= 0 && column < bits.width && row < bits.height &&
    bits.data[row * bits.width + column] === 1;
}

/** The box around a shape, kept for a mask. @returns {number[]} left, top, width, height */
export function boxAround(shape) {
  return shape.type === "mask" ? prepared(shape).box : outlineBounds(shape);
}

/**
 * The region that a press means, or null: an outline by its line, what is selected before the others, else what is seen on
 * top, outlines before masks as they are drawn.
 * @param {{id: string, shape: any}[]} regions from back to front
 * @param {number} [reach] @param {string|null} [selected] @param {boolean} [beneath] the one below what is selected
 */
export function regionAt(regions, x, y, reach = 0, selected = null, beneath = false) {
  const isMask = ({ shape }) => shape.type === "mask";
  const under = regions.filter(({ shape }) => near(boxAround(shape), x, y, reach) && hits(shape, x, y, reach)).reverse();
  under.sort((a, b) => Number(isMask(a)) - Number(isMask(b)));
  const own = under.findIndex(({ id }) => id === selected);
  if (beneath && own >= 0) return under[(own + 1) % under.length];
  const gap = (region) => (isMask(region) ? Infinity : gapTo(region.shape, x, y));
  const lines = under.filter((region) => gap(region) <= reach).sort((a, b) => gap(a) - gap(b));
  return lines.find(({ id }) => id === selected) ?? lines[0] ?? under[0] ?? null;
}

/** @type {(box: number[], x: number, y: number, reach: number) => boolean} */
function near([left, top, width, height], x, y, reach) {
  const rim = reach * 1.5 + 1;
  return x >= left - rim && y >= top - rim && x <= left + width + rim && y <= top + height + rim;
}

/** Outline width, in image pixels, that stays visible when the whole image is on screen. */
export function edgeOf({ width, height }) {
  return Math.max(1, Math.round(Math.max(width, height) / 520));
}
