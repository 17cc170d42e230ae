/** Answers to an image task over each other, one colour for each. */
import { element } from "../studio/shared/elements.js";
import { toScreen } from "../studio/shared/geometry.js";
import { twoTone } from "../studio/image/tools.js";
import { createLevels } from "../studio/image/levels.js";
import { boxAround, drawMask, edgeOf, regionAt } from "../studio/shared/layers.js";
import { drawOutline } from "../studio/shared/outline_drawing.js";
import { createPointer } from "../studio/shared/pointer.js";
import { createViewport } from "../studio/shared/viewport.js";
import { quoted, say } from "../studio/shared/words.js";

/**
 * @param {HTMLElement} stage emptied first
 * @param {{task: any, nameOf: (label: string) => string,
 *   said: (answer: string, mark: string) => number,
 *   shown: () => {id: string, letter: string, colour: string, chosen: boolean, answer: any}[],
 *   onLook?: (view: any) => void}} work onLook: hears when somebody moved the view, or came closer
 */
export function createComparison(stage, { task, nameOf, shown, said, onLook = () => {} }) {
  const size = { width: task.image.width, height: task.image.height };
  const edge = edgeOf(size);
  const canvas = element("div", { class: "canvas", tabindex: "0", role: "img", "aria-label": say("Image {name} with the answers over it", { name: task.name }) });
  stage.replaceChildren(canvas);
  const levels = createLevels(task.image.url, size, () => viewport.redrawAll());
  let under = null;

  const viewport = createViewport(canvas, { drawImage, drawMarks, drawTop });
  const pointer = createPointer(canvas, viewport, () => hand);
  const tell = () => onLook(viewport.view);
  const hand = movingHand(viewport, hover, tell);
  canvas.addEventListener("wheel", () => queueMicrotask(tell), { passive: true });

  function hover(point) {
    under = point && nearest(point);
    viewport.redrawTop();
  }

  function nearest(point) {
    for (const one of [...shown()].reverse()) {
      const region = regionAt(one.answer.regions, point[0], point[1], 5 / viewport.view.scale);
      if (region) return { region, one };
    }
    return null;
  }

  function drawImage(context, view) {
    levels.draw(context, view, viewport.frame, context.canvas.width / viewport.frame.width);
  }

  function drawMarks(context, view) {
    for (const { answer, colour, chosen } of shown()) {
      for (const region of answer.regions) {
        if (region.shape.type !== "mask") drawOutline(context, view, region.shape, { colour, chosen });
        else drawMask(context, view, region.shape, { colour, edge: chosen ? edge * 2.5 : edge * 1.5, fill: chosen ? 0.38 : 0.16 });
      }
    }
  }

  function drawTop(context, view) {
    const taken = [];
    for (const { id, answer, letter, colour } of shown()) {
      for (const region of answer.regions) {
        const comments = said(id, region.id);
        drawTag(context, view, region, `${letter} ${nameOf(region.label)}${comments ? ` · ${quoted(comments)}` : ""}`, colour, taken);
      }
    }
    if (!under) return;
    const [left, top, width, height] = boxAround(under.region.shape);
    context.beginPath();
    context.rect(...toScreen(view, left, top), width * view.scale, height * view.scale);
    twoTone(context);
  }

  viewport.show(size);
  return {
    redraw: () => viewport.redraw(),
    fit: () => viewport.fit(),
    zoom: (factor) => viewport.zoom(factor),
    look: (view) => viewport.look(view),
    /** Bring a region into sight and point it out. */
    reveal(region) {
      const [x, y, width, height] = boxAround(region.shape);
      viewport.reveal(x + width / 2, y + height / 2);
      under = { region };
      viewport.redrawTop();
    },
    focus: () => canvas.focus({ preventScroll: true }),
    ready: () => levels.ready,
    close() {
      pointer.close();
      viewport.close();
      levels.close();
    },
  };
}

/** Drag moves the view; hovering names what is under the pointer. */
function movingHand(viewport, onHover, onMove) {
  let from = null;
  return {
    cursor: "default",
    down: (point, event) => (from = viewport.placeOf(event)),
    move(point, event) {
      const [x, y] = viewport.placeOf(event);
      viewport.pan(x - from[0], y - from[1]);
      from = [x, y];
      onMove();
    },
    hover: onHover,
  };
}

const TAG = 18; // height in screen pixels

/** Letter and label at the top of a region, clear of the tags there already: colour is never the only sign. */
function drawTag(context, view, region, text, colour, taken) {
  const [left, top, width] = boxAround(region.shape);
  const [middle, upper] = toScreen(view, left + width / 2, top);
  context.font = `600 12px ${getComputedStyle(context.canvas).fontFamily}`;
  const wide = context.measureText(text).width + 12;
  const x = middle - wide / 2;
  let y = upper - TAG - 4;
  const meets = (tag) => x < tag.x + tag.wide && tag.x < x + wide && Math.abs(y - tag.y) < TAG + 2;
  while (taken.some(meets)) y -= TAG + 2;
  taken.push({ x, y, wide });
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y, wide, TAG, 4);
  context.fill();
  context.fillStyle = "#ffffff";
  context.fillText(text, x + 6, y + 13);
}
