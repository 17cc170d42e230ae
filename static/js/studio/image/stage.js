/** The stage of an image: the picture with what is marked in it, what a press finds there, the pointer's tools and the keyboard's. */
import { element } from "../shared/elements.js";
import { createCursor } from "./cursor.js";
import { createLevels } from "./levels.js";
import { filterOf, LOOK } from "./look.js";
import { createOutlineTools, middleOf } from "./outline_tools.js";
import { createPicture } from "./picture.js";
import { createTools } from "./tools.js";
import { regionAt } from "../shared/layers.js";
import { snapped } from "./outlines.js";
import { createPointer } from "../shared/pointer.js";
import { createViewport } from "../shared/viewport.js";
import { say } from "../shared/words.js";

const SNAP = 9; // screen pixels

/**
 * @param {HTMLElement} host emptied first
 * @param {{task: any, size: {width: number, height: number}, store: any, hand: any, tool: () => string,
 *   lookOf: (label: string) => {colour: string, pattern: number}, beside: () => Iterable<string>,
 *   announce: (text: string) => void, choose: (id: string|null) => void, also: (id: string) => void,
 *   finish: (value?: 0|1) => void, tell: (what: string) => void, onNoCopilot: () => void}} editor hand: see image/hand.js;
 *   beside: what is selected with the selected one; also: one more is, or one less
 */
export function createImageStage(host, editor) {
  const { task, size, store, hand, tool, lookOf, announce } = editor;
  let glow = null; // the region that is pointed out
  const name = say("Image {name}. Arrow keys move a pointer, Enter places, question mark lists all keys.", { name: task.name });
  const canvas = element("div", { class: "canvas", tabindex: "0", role: "application", "aria-label": name });
  host.replaceChildren(canvas);
  const levels = createLevels(task.image.url, size, () => viewport.redrawAll());
  const picture = createPicture({ store, lookOf, size, levels, bare: () => hand.on.bare, look: LOOK, also: editor.beside, glow: () => glow });
  const viewport = createViewport(canvas, {
    drawImage: (context, view) => picture.drawImage(context, view, viewport.frame),
    drawMarks: (context, view) => picture.drawMarks(context, view, viewport.frame),
    drawTop: (context) => picture.drawTop(context, viewport, tools[tool()], cursor.shown),
  });
  const ways = {
    onNoCopilot: editor.onNoCopilot,
    radius: hand.reach,
    colour: () => lookOf(store.label).colour,
    removing: () => hand.on.removing,
    crosshair: () => LOOK.crosshair,
    snap,
    finish: editor.finish,
    pick: (at, beneath) => editor.choose(idAt(at, beneath)),
    also: editor.also,
    tell: editor.tell,
    spot: ([x, y]) => announce(say("{x} % across, {y} % down", { x, y })),
  };
  const tools = { ...createTools(store, viewport, ways), ...createOutlineTools(store, viewport, ways) };
  const cursor = createCursor(store, viewport, ways);
  const inHand = () => {
    while (cursor.hide());
    return tools[tool()];
  };
  const pointer = createPointer(canvas, viewport, inHand, () => cursor.draws(tool()));
  viewport.show(size);

  /** The region under a point of the image, or null. */
  function idAt(point, beneath) {
    return regionAt(store.free, point[0], point[1], SNAP / viewport.view.scale, store.selected, beneath)?.id ?? null;
  }

  function snap(point, event, except) {
    if (!hand.snaps || event?.ctrlKey || event?.metaKey) return point;
    const others = store.state.regions.filter(({ id }) => id !== except && !store.hidden.has(id));
    return snapped(point, others.map((region) => region.shape), SNAP / viewport.view.scale) ?? point;
  }

  return {
    canvas, viewport, cursor,
    /** The region under the pointer, of those that are shown. @param {PointerEvent} event @returns {string|null} */
    under: (event) => (hand.on.bare ? null : idAt(viewport.pointOf(event))),
    /** @param {string|null} id */
    point(id) {
      glow = id;
      viewport.redrawTop();
    },
    reveal: ({ shape }) => viewport.reveal(...middleOf(shape)),
    /** Marks, tool or view have changed. */
    show() {
      viewport.redraw();
      canvas.dataset.cursor = tools[tool()].cursor;
    },
    /** How the picture is looked at has changed. */
    look() {
      viewport.light(filterOf(LOOK));
      viewport.redraw();
    },
    /** A gesture that is under way is let go. @returns {boolean} whether there was one */
    cancel: () => pointer.cancel(),
    /** Once the image is on screen; rejects when it cannot be shown. */
    ready: levels.ready,
    close() {
      pointer.close();
      viewport.close();
      levels.close();
    },
  };
}
