/** The keyboard's pointer on an image: arrows move it, Enter does what a click of the tool in hand would do. */
import { boxBetween, clamp, nearestPixel } from "./geometry.js";

const STEP = 24; // screen pixels
const FINE = 3;

/**
 * @param {object} desk
 * @param {object} viewport
 * @param {{radius: () => number, removing: () => boolean, onNoCopilot: () => void, tell: (at: number[]) => void}} ways
 */
export function createCursor(desk, viewport, ways) {
  let at = null;
  let corner = null;

  function hide() {
    if (!at) return false;
    at = corner = null;
    viewport.redrawTop();
    return true;
  }

  /** @param {boolean} fine */
  function move(dx, dy, fine) {
    const { width, height } = viewport.image;
    const step = (fine ? FINE : STEP) / viewport.view.scale;
    const from = at ?? [width / 2, height / 2];
    at = at ? [clamp(from[0] + dx * step, 0, width - 0.01), clamp(from[1] + dy * step, 0, height - 0.01)] : from;
    viewport.reveal(...at);
    viewport.redrawTop();
    ways.tell([Math.round((at[0] / width) * 100), Math.round((at[1] / height) * 100)]);
    return true;
  }

  function box() {
    if (!corner) {
      corner = at;
      viewport.redrawTop();
      return true;
    }
    const drawn = boxBetween(corner, at, viewport.image);
    corner = null;
    if (drawn[2] < 2 || drawn[3] < 2) return point(true);
    if (!desk.promptBox(drawn)) ways.onNoCopilot();
    return true;
  }

  function point(adds) {
    if (!desk.promptPoint(...nearestPixel(...at, viewport.image), adds)) ways.onNoCopilot();
    return true;
  }

  return {
    get shown() {
      return at ? { at, corner } : null;
    },
    hide,
    move,
    /** @param {string} tool @param {boolean} away take away instead of add @returns {boolean} */
    press(tool, away, pick) {
      if (!at) return false;
      if (tool === "click" || away) return point(!(away || ways.removing()));
      if (tool === "box") return desk.state.proposal && !corner ? point(!ways.removing()) : box();
      if (tool === "brush") return desk.paint([at], ways.radius(), 1), true;
      if (tool === "eraser") return desk.paint([at], ways.radius(), 0), true;
      pick(at);
      return true;
    },
  };
}
