/** Boxes, polygons, lines and points on a canvas. Lines are as wide on the screen at every zoom. */
import { toScreen } from "./geometry.js";
import { cornersOf, handlesOf } from "../image/outlines.js";

/** Lines by the pattern of a label; see projects/configuration/label_colours.py. */
const DASHES = [[], [10, 5], [3, 4], [12, 4, 3, 4]];

/**
 * @param {CanvasRenderingContext2D} context @param {any} view @param {any} shape
 * @param {{colour: string, chosen?: boolean, pattern?: number}} look
 */
export function drawOutline(context, view, shape, { colour, chosen = false, pattern = 0 }) {
  if (shape.type === "point") return drawDot(context, view, shape, colour, chosen);
  trace(context, view, cornersOf(shape), shape.type !== "polyline");
  if (shape.type !== "polyline") {
    context.fillStyle = colour;
    context.globalAlpha *= chosen ? 0.3 : 0.16;
    context.fill();
    context.globalAlpha /= chosen ? 0.3 : 0.16;
  }
  context.lineJoin = "round";
  context.lineWidth = chosen ? 5 : 4;
  context.strokeStyle = "rgb(0 0 0 / 55%)";
  context.stroke();
  context.lineWidth = chosen ? 3 : 2;
  context.strokeStyle = colour;
  context.setLineDash(DASHES[pattern]);
  context.stroke();
  context.setLineDash([]);
}

export function trace(context, view, points, closed) {
  context.beginPath();
  points.forEach((point, i) => context[i ? "lineTo" : "moveTo"](...toScreen(view, ...point)));
  if (closed) context.closePath();
}

/** A full disc in sight, a ring when hidden. */
function drawDot(context, view, shape, colour, chosen) {
  const [x, y] = toScreen(view, shape.x, shape.y);
  context.beginPath();
  context.arc(x, y, chosen ? 8 : 6, 0, Math.PI * 2);
  context.lineWidth = 4;
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.fillStyle = shape.visible ? colour : "#ffffff";
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = shape.visible ? "rgb(0 0 0 / 70%)" : colour;
  context.stroke();
}

/** Where the selected shape can be taken hold of; the chosen handle is full and larger. */
export function drawHandles(context, view, shape, handle) {
  if (shape.type === "point") return;
  handlesOf(shape).forEach((at, index) => {
    const [x, y] = toScreen(view, ...at);
    const half = index === handle ? 6 : 4;
    context.beginPath();
    context.rect(x - half, y - half, half * 2, half * 2);
    context.fillStyle = index === handle ? "#0b6e85" : "#ffffff";
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = index === handle ? "#ffffff" : "rgb(0 0 0 / 80%)";
    context.stroke();
  });
}
