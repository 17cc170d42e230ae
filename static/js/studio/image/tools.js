/**
 * The tools of the image studio. Each turns a gesture into one verb of the store and draws its own trace.
 * A gesture of less than SLIP screen pixels is a click.
 */
import { boxBetween, isInside, nearestPixel, toScreen } from "../shared/geometry.js";

const SLIP = 4;

/**
 * @param {any} store see image/store.js
 * @param {any} viewport see viewport.js
 * @param {{onNoCopilot: () => void, radius: () => number, colour: () => string, removing: () => boolean,
 *   crosshair: () => boolean, tell: (what: string) => void}} ways
 * @returns {Record<string, import("../shared/pointer.js").Tool & {draw: (context: CanvasRenderingContext2D) => void}>}
 */
export function createTools(store, viewport, ways) {
  return {
    box: boxTool(store, viewport, ways),
    click: clickTool(store, viewport, ways),
    brush: brushTool(store, viewport, ways, 1),
    eraser: brushTool(store, viewport, ways, 0),
    lasso: lassoTool(store, viewport, ways),
  };
}

/** Add or take away: the second button, Alt, or the toggle beside the tools. */
function takesAway(event, ways) {
  return event.button === 2 || event.altKey || ways.removing();
}

/** Beside the picture a click asks nothing: it would be taken for its edge. */
function prompt(store, viewport, ways, point, event) {
  if (!isInside(point, viewport.image)) return;
  const [x, y] = nearestPixel(...point, viewport.image);
  if (!store.promptPoint(x, y, !takesAway(event, ways))) ways.onNoCopilot();
}

function boxTool(store, viewport, ways) {
  let from = null;
  let to = null;
  let over = null;
  const clear = () => {
    from = null;
    viewport.redrawTop();
  };
  return {
    cursor: "crosshair",
    down(point) {
      from = to = point;
    },
    move(point) {
      to = point;
      over = point;
      viewport.redrawTop();
    },
    up(point, event) {
      const [ax, ay] = toScreen(viewport.view, ...from);
      const [bx, by] = toScreen(viewport.view, ...point);
      const box = boxBetween(from, point, viewport.image);
      clear();
      if (Math.hypot(bx - ax, by - ay) <= SLIP) return prompt(store, viewport, ways, point, event);
      if (box[2] > 0 && box[3] > 0 && !store.promptBox(box)) ways.onNoCopilot();
    },
    cancel: clear,
    hover(point) {
      over = point;
      viewport.redrawTop();
    },
    draw(context) {
      if (over && !from && ways.crosshair()) drawCross(context, viewport, over);
      if (from) drawBox(context, viewport.view, boxBetween(from, to, viewport.image));
    },
  };
}

function clickTool(store, viewport, ways) {
  return {
    cursor: "cell",
    up: (point, event) => prompt(store, viewport, ways, point, event),
    draw() {},
  };
}

function brushTool(store, viewport, ways, value) {
  let path = null;
  let over = null;
  const clear = () => {
    path = null;
    viewport.redrawTop();
  };
  return {
    cursor: "none",
    down(point, event) {
      if (event.button === 2) return; // takes away with other tools, and would paint with this one
      path = [point];
      over = point;
      viewport.redrawTop();
    },
    move(point, event) {
      if (!path) return;
      const more = event.getCoalescedEvents?.() ?? [];
      path.push(...(more.length ? more.map((one) => viewport.pointOf(one)) : [point]));
      over = point;
      viewport.redrawTop();
    },
    up() {
      if (!path) return;
      const done = path;
      clear();
      if (!store.paint(done, ways.radius(), value) && !value) ways.tell("nothing");
    },
    cancel: clear,
    hover(point) {
      over = point;
      viewport.redrawTop();
    },
    draw(context) {
      if (path) drawStroke(context, viewport.view, path, ways.radius(), value ? ways.colour() : "#ffffff");
      if (over) drawRing(context, viewport.view, over, ways.radius());
    },
  };
}

function lassoTool(store, viewport, ways) {
  let path = null;
  const clear = () => {
    path = null;
    viewport.redrawTop();
  };
  return {
    cursor: "crosshair",
    down(point) {
      path = [point];
    },
    move(point) {
      path.push(point);
      viewport.redrawTop();
    },
    up(point, event) {
      const done = path;
      clear();
      const away = takesAway(event, ways);
      if (done.length > 2 && !store.fill(done, away ? 0 : 1) && away) ways.tell("nothing");
    },
    cancel: clear,
    draw(context) {
      if (!path) return;
      tracePath(context, viewport.view, path);
      context.closePath();
      context.globalAlpha = 0.3;
      context.fillStyle = ways.colour();
      context.fill();
      context.globalAlpha = 1;
      twoTone(context);
    },
  };
}

/** A line that shows on any ground: dark under light dashes. */
export function twoTone(context, dash = [5, 5]) {
  context.lineWidth = 1.5;
  context.setLineDash([]);
  context.strokeStyle = "rgb(0 0 0 / 75%)";
  context.stroke();
  context.setLineDash(dash);
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.setLineDash([]);
}

function tracePath(context, view, path) {
  context.beginPath();
  path.forEach((point, i) => context[i ? "lineTo" : "moveTo"](...toScreen(view, ...point)));
}

/** @type {(context: CanvasRenderingContext2D, view: any, box: number[]) => void} */
export function drawBox(context, view, [left, top, width, height]) {
  const [x, y] = toScreen(view, left, top);
  context.beginPath();
  context.rect(x, y, width * view.scale, height * view.scale);
  twoTone(context);
}

/** The trace of a brush. */
export function drawStroke(context, view, path, radius, colour) {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = Math.max(1, radius * 2 * view.scale);
  context.globalAlpha = 0.5;
  context.strokeStyle = colour;
  tracePath(context, view, path.length > 1 ? path : [path[0], path[0]]);
  context.stroke();
  context.globalAlpha = 1;
}

function drawRing(context, view, point, radius) {
  const [x, y] = toScreen(view, ...point);
  context.beginPath();
  context.arc(x, y, Math.max(2, radius * view.scale), 0, Math.PI * 2);
  twoTone(context, [3, 3]);
}

/** Hair lines through a point, across the image. */
export function drawCross(context, viewport, point) {
  const { view, image } = viewport;
  const [x, y] = toScreen(view, ...point);
  const [left, top] = toScreen(view, 0, 0);
  const [right, bottom] = toScreen(view, image.width, image.height);
  if (x < left || x > right || y < top || y > bottom) return;
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, bottom);
  context.moveTo(left, y);
  context.lineTo(right, y);
  context.globalAlpha = 0.55;
  context.lineWidth = 1;
  context.strokeStyle = "rgb(0 0 0 / 80%)";
  context.stroke();
  context.setLineDash([4, 4]);
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}
