/**
 * The keyboard's pointer on an image: arrows move it, Enter does what a click of the tool in hand would do, Alt with it
 * what a click that takes away would do.
 */
import { boxBetween, clamp, nearestPixel } from "../shared/geometry.js";
import { ends } from "./outline_tools.js";

const STEP = 24; // screen pixels
const FINE = 3;
const VALUES = new Map([["brush", 1], ["eraser", 0]]); // what the pen of a tool writes

/**
 * @param {any} store
 * @param {any} viewport
 * @param {{radius: () => number, removing: () => boolean, onNoCopilot: () => void, spot: (at: any) => void,
 *   finish: (value?: 0|1) => void, snap: (point: number[], event: null) => number[], pick: (at: number[], beneath: boolean) => void,
 *   tell: (what: string) => void}} ways
 */
export function createCursor(store, viewport, ways) {
  let at = null;
  let corner = null;
  let used = null; // the tool that was pressed at this very place
  let pen = null; // a stroke that is being drawn: {path, value}

  function hide() {
    if (!at) return false;
    if (pen) pen = null;
    else at = corner = used = null;
    viewport.redrawTop();
    return true;
  }

  /** @param {boolean} fine */
  function move(dx, dy, fine) {
    const { width, height } = viewport.image;
    const step = (fine ? FINE : STEP) / viewport.view.scale;
    const from = at ?? [width / 2, height / 2];
    at = at ? [clamp(from[0] + dx * step, 0, width - 0.01), clamp(from[1] + dy * step, 0, height - 0.01)] : from;
    used = null;
    pen?.path.push(at);
    viewport.reveal(...at);
    viewport.redrawTop();
    ways.spot([Math.round((at[0] / width) * 100), Math.round((at[1] / height) * 100)]);
    return true;
  }

  /** The first press sets a corner, the second one makes the box. @param {any} to @param {(box: number[]) => void} make @param {() => void} [tiny] */
  function box(to, make, tiny) {
    const from = corner;
    corner = from ? null : to;
    viewport.redrawTop();
    if (!from) return;
    const drawn = boxBetween(from, to, viewport.image);
    if (drawn[2] < 2 || drawn[3] < 2) tiny?.();
    else make(drawn);
  }

  function point(value) {
    if (!store.promptPoint(...nearestPixel(...at, viewport.image), value)) ways.onNoCopilot();
  }

  function paint(path, value) {
    if (!store.paint(path, ways.radius(), value) && !value) ways.tell("nothing");
  }

  function place(type, to, value) {
    const { outline } = store.state;
    if (outline?.type === type && ends(outline, viewport, at, to)) ways.finish(value);
    else store.addPlace(type, to);
  }

  /**
   * What a press does with each tool.
   * @type {Record<string, (value: 0|1, away: boolean) => void>} value 0: it takes away, with Alt or by the toggle
   */
  const presses = {
    click: point,
    box(value, away) {
      if (away || (store.state.proposal && !corner)) point(value);
      else box(at, (drawn) => store.promptBox(drawn) || ways.onNoCopilot(), () => point(value));
    },
    rectangle: () => box(ways.snap(at, null), store.drawBox),
    brush: (_value, away) => paint([at], away ? 0 : 1),
    eraser: () => paint([at], 0),
    lasso: (value) => place("lasso", at, value),
    polygon: () => place("polygon", ways.snap(at, null)),
    polyline: () => place("polyline", ways.snap(at, null)),
    point: () => store.putPoint(at),
    fill: () => store.fillAt(...nearestPixel(...at, viewport.image)) || ways.tell("marked"),
    select: (_value, away) => ways.pick(at, away),
  };

  /** Put the pen down with the brush or the eraser, or lift it: then what was drawn counts. @returns {boolean} */
  function turnPen(tool) {
    if (!at) return false;
    if (!pen && !VALUES.has(tool)) return false;
    const done = pen;
    pen = done ? null : { path: [at], value: VALUES.get(tool) };
    if (done) paint(done.path, done.value);
    viewport.redrawTop();
    return true;
  }

  return {
    /** What is seen of it. path: of a stroke that is being drawn */
    get shown() {
      return at ? { at, corner, path: pen?.path ?? null, radius: ways.radius() } : null;
    },
    turnPen,
    /** Whether the space bar is the pen's just now. */
    draws: (tool) => Boolean(at && (pen || VALUES.has(tool))),
    hide,
    move,
    /**
     * Once it did its work at a place it must be moved first: until then Enter accepts or submits.
     * @param {string} tool @param {boolean} away take away instead of add @returns {boolean} whether it did something
     */
    press(tool, away) {
      if (!at) return false;
      if (used === tool && !away && !pen && !corner && !store.state.outline) return false;
      used = tool;
      if (pen) turnPen(tool);
      else presses[tool](away || ways.removing() ? 0 : 1, away);
      return true;
    },
  };
}
