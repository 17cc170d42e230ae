/** The tools that place boxes, polygons, lines and points, and the one that selects, moves and changes them. */
import { boxBetween, isInside, nearestPixel, toScreen } from "../shared/geometry.js";
import { drawBox, drawCross } from "./tools.js";
import { boxAround, regionAt } from "../shared/layers.js";
import { drawOutline } from "../shared/outline_drawing.js";
import { stepWithin } from "./mask_parts.js";
import { boxShape, edgesOf, handlesOf, hitsOutline, movedBy, nearestOn, withHandle } from "./outlines.js";

const SLIP = 4; // a gesture of less screen pixels is a click
const REACH = 10; // screen pixels from which a handle is taken hold of
const TWICE = 400; // ms between the clicks of a double click

/**
 * @param {any} store @param {any} viewport
 * @param {{snap: (point: number[], event: any|null, except?: string) => number[], finish: () => void,
 *   colour: () => string, tell: (what: string) => void, crosshair: () => boolean, also: (id: string) => void}} ways also: one more is selected, or one less
 */
export function createOutlineTools(store, viewport, ways) {
  return {
    select: selectTool(store, viewport, ways),
    rectangle: rectangleTool(store, viewport, ways),
    polygon: placingTool("polygon", store, viewport, ways),
    polyline: placingTool("polyline", store, viewport, ways),
    point: pointTool(store, viewport, ways),
    fill: fillTool(store, viewport, ways),
  };
}

const apart = (viewport, a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) * viewport.view.scale;

/** Whether a click ends the outline: on its first corner, or on its last one again, as pointed at or as snapped to. */
export function ends({ type, points }, viewport, ...places) {
  const near = (point, reach) => places.some((at) => apart(viewport, point, at) <= reach);
  return (points.length > 2 && type !== "polyline" && near(points[0], REACH)) || (points.length > 1 && near(points.at(-1), SLIP));
}

function selectTool(store, viewport, ways) {
  let from = null; // screen
  let start = null; // image
  let far = false;
  let grip = null; // {index} of a handle, {index: null} for the whole shape, null for the view
  let preview = null;
  let last = { at: [0, 0], time: -Infinity };

  function gripAt(point) {
    const region = store.open;
    if (!region) return null;
    const reach = REACH / viewport.view.scale;
    if (region.shape.type === "mask") return regionAt(store.free, point[0], point[1], reach / 2, region.id) === region ? { index: null, region } : null;
    const handles = handlesOf(region.shape);
    const gaps = handles.map(([x, y]) => Math.hypot(x - point[0], y - point[1]));
    const nearest = Math.min(...gaps);
    if (nearest <= reach) return { index: gaps.indexOf(nearest), region };
    return hitsOutline(region.shape, ...point, reach / 2) ? { index: null, region } : null;
  }

  function changed(point, event) {
    const { region, index } = grip;
    if (region.shape.type === "mask") return movedFrame(region.shape, point[0] - start[0], point[1] - start[1]);
    if (index === null) return movedBy(region.shape, point[0] - start[0], point[1] - start[1], viewport.image);
    return withHandle(region.shape, index, ways.snap(point, event, region.id), viewport.image);
  }

  /** Where a mask would lie: the box around it, which is quick to draw. */
  function movedFrame(shape, dx, dy) {
    const [left, top, width, height] = boxAround(shape);
    const [x, y] = stepWithin([left, top, width, height], dx, dy, viewport.image);
    return boxShape([left + x, top + y, width, height]);
  }

  function click(point, event) {
    const under = regionAt(store.free, point[0], point[1], REACH / 2 / viewport.view.scale, store.selected, event.altKey)?.id ?? null;
    if (event.shiftKey || event.ctrlKey || event.metaKey) return under && ways.also(under);
    const twice = event.timeStamp - last.time < TWICE && apart(viewport, last.at, point) < SLIP;
    last = { at: point, time: event.timeStamp };
    if (grip && event.altKey && grip.index !== null && grip.region.shape.points) return store.removeCorner(grip.index);
    if (grip && twice && insertAt(point)) return true;
    if (grip?.index !== null && grip?.region.shape.points) return store.chooseHandle(grip.index);
    return store.select(under);
  }

  function insertAt(point) {
    const { shape } = grip.region;
    if (!shape.points || grip.index !== null) return false;
    const gaps = edgesOf(shape).map((edge) => nearestOn(edge, point));
    const nearest = gaps.reduce((best, one, i) => (one.far < gaps[best].far ? i : best), 0);
    return gaps[nearest].far * viewport.view.scale <= REACH && store.insertCorner(nearest, gaps[nearest].at);
  }

  function clear() {
    from = grip = preview = null;
    viewport.redrawTop();
  }

  return {
    cursor: "default",
    down(point, event) {
      from = viewport.placeOf(event);
      [start, far, grip] = [point, false, gripAt(point)];
    },
    move(point, event) {
      const [x, y] = viewport.placeOf(event);
      far ||= Math.hypot(x - from[0], y - from[1]) > SLIP;
      if (!far) return;
      if (grip) {
        preview = changed(point, event);
        return viewport.redrawTop();
      }
      viewport.pan(x - from[0], y - from[1]);
      from = [x, y];
    },
    up(point, event) {
      if (!far) click(point, event);
      else if (grip?.index === null) store.moveBy(point[0] - start[0], point[1] - start[1]) || ways.tell("moving");
      else if (grip) store.pull(grip.index, ways.snap(point, event, grip.region.id)) || ways.tell("moving");
      clear();
    },
    cancel: clear,
    draw(context) {
      if (preview) drawOutline(context, viewport.view, preview, { colour: ways.colour(), chosen: true });
    },
  };
}

function rectangleTool(store, viewport, ways) {
  let [from, to, over] = [null, null, null];
  const clear = () => {
    from = null;
    viewport.redrawTop();
  };
  return {
    cursor: "crosshair",
    down(point, event) {
      from = to = ways.snap(point, event);
    },
    move(point, event) {
      to = over = ways.snap(point, event);
      viewport.redrawTop();
    },
    up(point, event) {
      const [a, b] = [from, ways.snap(point, event)];
      clear();
      if (apart(viewport, a, b) > SLIP) store.drawBox(boxBetween(a, b, viewport.image));
    },
    cancel: clear,
    hover(point, event) {
      over = point && ways.snap(point, event);
      viewport.redrawTop();
    },
    draw(context) {
      if (over && !from && ways.crosshair()) drawCross(context, viewport, over);
      if (from) drawBox(context, viewport.view, boxBetween(from, to, viewport.image));
    },
  };
}

function placingTool(type, store, viewport, ways) {
  let over = null;
  return {
    cursor: "crosshair",
    down(point, event) {
      over = ways.snap(point, event);
    },
    move(point, event) {
      over = ways.snap(point, event);
      viewport.redrawTop();
    },
    up(point, event) {
      const { outline } = store.state;
      const to = ways.snap(point, event);
      if (outline?.type === type && ends(outline, viewport, point, to)) return ways.finish();
      return store.addPlace(type, to);
    },
    hover(point, event) {
      over = point && ways.snap(point, event);
      viewport.redrawTop();
    },
    /** Where the next corner would be. */
    place: () => over,
    draw(context) {
      if (!over) return;
      if (ways.crosshair()) drawCross(context, viewport, over);
      const [x, y] = toScreen(viewport.view, ...over);
      context.beginPath();
      context.arc(x, y, 4, 0, Math.PI * 2);
      context.fillStyle = "#ffffff";
      context.fill();
      context.strokeStyle = "#000000";
      context.stroke();
    },
  };
}

function pointTool(store, viewport, ways) {
  let over = null;
  return {
    cursor: "crosshair",
    up: (point) => isInside(point, viewport.image) && store.putPoint(point),
    hover(point) {
      over = point;
      viewport.redrawTop();
    },
    draw(context) {
      if (over && ways.crosshair()) drawCross(context, viewport, over);
    },
  };
}

function fillTool(store, viewport, ways) {
  return {
    cursor: "cell",
    up: (point) => isInside(point, viewport.image) && (store.fillAt(...nearestPixel(...point, viewport.image)) || ways.tell("marked")),
    draw() {},
  };
}

/** The middle of a region, to bring it into sight. @returns {[number, number]} */
export function middleOf(shape) {
  const [x, y, width, height] = boxAround(shape);
  return [x + width / 2, y + height / 2];
}
