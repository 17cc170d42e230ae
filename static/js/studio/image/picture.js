/** What the image studio's canvases show of a store's state. */
import { toScreen } from "../shared/geometry.js";
import { drawBox, drawCross, drawStroke } from "./tools.js";
import { boxAround, drawMask, drawMaskClosely, edgeOf } from "../shared/layers.js";
import { drawHandles, drawOutline, trace } from "../shared/outline_drawing.js";
import { createMaskCanvas, isClose } from "./canvas.js";
import { boxShape } from "./outlines.js";

const OFFER = "#12b5d6";
const LINE = 3; // screen pixels of an outline in hand that is looked at closely

/**
 * @param {{store: any, lookOf: (label: string) => {colour: string, pattern: number}, size: {width: number, height: number},
 *   levels: any, bare: () => boolean, look: {opacity: number}, also: () => Iterable<string>, glow: () => string|null}} options also:
 *   what is selected beside the selected one; glow: what is pointed out;  levels: the image, see image/levels.js; bare:
 *   leave every mark out, to see the image itself
 */
export function createPicture({ store, lookOf, size, levels, bare, look, also, glow }) {
  const edge = edgeOf(size);
  const maskCanvas = createMaskCanvas(size, edge);

  function drawRegions(context, view, frame) {
    const shown = store.state.regions.filter((region) => !store.hidden.has(region.id));
    const masks = shown.filter((region) => region.shape.type === "mask");
    maskCanvas.update(masks.map(({ shape, label }) => ({ shape, ...lookOf(label) })));
    context.globalAlpha = look.opacity;
    context.imageSmoothingEnabled = view.scale < 3;
    maskCanvas.draw(context, view, frame);
    for (const { shape, label, id } of shown) {
      if (shape.type !== "mask" && id !== store.selected) drawOutline(context, view, shape, lookOf(label));
    }
    const beside = new Set(also());
    for (const region of shown) if (beside.has(region.id) && region.id !== store.selected) drawBox(context, view, boxAround(region.shape));
    const chosen = shown.find((region) => region.id === store.selected);
    if (chosen) drawChosen(context, view, chosen);
    context.globalAlpha = 1;
  }

  /** The outline of what is in hand: of whole pixels, or a line between them where these are large. @param {number} width in pixels of the mask */
  function drawInHand(context, view, mask, width, look) {
    if (isClose(view)) drawMaskClosely(context, view, mask, { ...look, line: LINE });
    else drawMask(context, view, mask, { ...look, edge: width });
  }

  function drawChosen(context, view, { shape, label }) {
    const look = lookOf(label);
    if (shape.type === "mask") {
      drawInHand(context, view, shape, edge * 2, { ...look, fill: 0.25 });
      return drawBox(context, view, boxAround(shape));
    }
    drawOutline(context, view, shape, { ...look, chosen: true });
    if (store.open) drawHandles(context, view, shape, store.handle);
  }

  /** What the detector saw: each in its outline, the one that accept is about as an offered mask is. */
  function drawFound(context, view) {
    const now = store.state.proposal || store.selected ? null : store.foundNow();
    for (const candidate of store.found()) {
      if (candidate.mask) drawInHand(context, view, candidate.mask, Math.max(1, edge), { colour: candidate === now ? OFFER : lookOf(candidate.label).colour, fill: candidate === now ? 0.42 : 0.12, sizeRatio: size.width / candidate.mask.size[1] });
      if (candidate === now || !candidate.mask) drawBox(context, view, candidate.box);
      if (candidate === now && !candidate.mask) drawOutline(context, view, boxShape(candidate.box), { colour: OFFER, pattern: 0, chosen: true });
    }
  }

  function drawOffer(context, view) {
    const { proposal } = store.state;
    if (!proposal) return;
    const mask = proposal.masks[proposal.chosen];
    if (mask) {
      const width = Math.max(1, Math.round((edge * 1.5 * mask.size[1]) / size.width));
      drawInHand(context, view, mask, width, { colour: OFFER, fill: 0.42, sizeRatio: size.width / mask.size[1] });
    }
    if (proposal.box && !mask) drawBox(context, view, proposal.box);
    for (const [x, y, adds] of proposal.points) drawPoint(context, view, x, y, adds);
  }

  return {
    drawImage(context, view, frame) {
      context.imageSmoothingEnabled = view.scale < 3;
      context.imageSmoothingQuality = "medium";
      levels.draw(context, view, frame, context.canvas.width / frame.width);
    },
    drawMarks(context, view, frame) {
      if (bare()) return;
      drawRegions(context, view, frame);
      drawFound(context, view);
      drawOffer(context, view);
    },
    drawTop(context, viewport, tool, cursor) {
      const pointed = glow() && store.state.regions.find(({ id }) => id === glow());
      if (pointed) drawGlow(context, viewport.view, boxAround(pointed.shape));
      if (store.state.outline) drawOpen(context, viewport.view, store.state.outline, tool.place?.() ?? cursor?.at, lookOf(store.label).colour);
      tool.draw(context);
      if (!cursor) return;
      if (cursor.path) drawStroke(context, viewport.view, cursor.path, cursor.radius, lookOf(store.label).colour);
      drawCross(context, viewport, cursor.at);
      if (cursor.corner) drawBox(context, viewport.view, boxOfCorners(cursor.corner, cursor.at));
      drawTarget(context, viewport.view, cursor.at);
    },
  };
}

/** A frame with some room around what is in it, so that it isn't taken for a selection. @type {(context: any, view: any, box: number[]) => void} */
function drawGlow(context, view, [left, top, width, height]) {
  const [x, y] = toScreen(view, left, top);
  context.beginPath();
  context.roundRect(x - 5, y - 5, width * view.scale + 10, height * view.scale + 10, 5);
  context.lineWidth = 5;
  context.strokeStyle = "rgb(0 0 0 / 70%)";
  context.stroke();
  context.lineWidth = 2.5;
  context.strokeStyle = "#ffffff";
  context.stroke();
}

/** A polygon or line that is being placed, with a line on to where the next corner would be. */
function drawOpen(context, view, { type, points }, next, colour) {
  trace(context, view, next ? [...points, next] : points, false);
  context.lineWidth = 4;
  context.strokeStyle = "rgb(0 0 0 / 55%)";
  context.stroke();
  context.lineWidth = 2;
  context.strokeStyle = colour;
  context.stroke();
  drawHandles(context, view, { type, points }, type === "polygon" && points.length > 2 ? 0 : null);
}

function boxOfCorners([ax, ay], [bx, by]) {
  return [Math.min(ax, bx), Math.min(ay, by), Math.abs(ax - bx), Math.abs(ay - by)];
}

/** A click that was made: a plus or a minus in a disc, so that it does not rest on colour. */
function drawPoint(context, view, x, y, adds) {
  const [sx, sy] = toScreen(view, x + 0.5, y + 0.5);
  context.beginPath();
  context.arc(sx, sy, 8, 0, Math.PI * 2);
  context.fillStyle = adds ? "#0b6e85" : "#b3322b";
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.beginPath();
  context.moveTo(sx - 4, sy);
  context.lineTo(sx + 4, sy);
  if (adds) {
    context.moveTo(sx, sy - 4);
    context.lineTo(sx, sy + 4);
  }
  context.stroke();
}

function drawTarget(context, view, at) {
  const [x, y] = toScreen(view, ...at);
  context.beginPath();
  context.arc(x, y, 9, 0, Math.PI * 2);
  context.lineWidth = 4;
  context.strokeStyle = "rgb(0 0 0 / 80%)";
  context.stroke();
  context.lineWidth = 2;
  context.strokeStyle = "#ffffff";
  context.stroke();
}
