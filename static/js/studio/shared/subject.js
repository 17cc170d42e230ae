/** What a classification is about, on the stage: an image to zoom and move, or a text to read. */
import { element, icon } from "./elements.js";
import { createPointer } from "./pointer.js";
import { say } from "./words.js";
import { createViewport } from "./viewport.js";

/**
 * @param {{stage: HTMLElement, tools: HTMLElement, task: any, keyOf: (action: string) => string}} options
 * @returns {any} text: where nothing but text is shown, what holds it
 */
export function createSubject({ stage, tools, task, keyOf }) {
  tools.replaceChildren();
  return task.image ? showImage({ stage, tools, task, keyOf }) : showText({ stage, task });
}

/** A text to scroll and read. @param {string} label @param {string} text */
export function createReading(label, text) {
  return element("div", { class: "reading", dir: "auto", tabindex: "0", role: "region", "aria-label": label }, text);
}

function showText({ stage, task }) {
  const { text, title } = task.payload;
  const body = createReading(say("Text of the task"), text);
  const article = element("article", { class: "document" }, title && element("h3", { class: "document__title", dir: "auto" }, title), body);
  stage.replaceChildren(element("div", { class: "document-area" }, article));
  return { text: body, zoom() {}, fit() {}, focus: () => body.focus({ preventScroll: true }), async ready() {}, close() {} };
}

function showImage({ stage, tools, task, keyOf }) {
  const subject = createPicture(stage, task.image, say("Image {name}", { name: task.name }));
  tools.append(lookTools(keyOf, subject));
  return subject;
}

/** The buttons that zoom. @param {(action: string) => string} keyOf @param {{zoom: Function, fit: Function}} subject */
export function lookTools(keyOf, { zoom, fit }) {
  const button = (action, picture, text, act) =>
    element("button", { class: "tool", type: "button", title: `${text} (${keyOf(action)})`, "aria-label": text, onclick: act }, icon(picture), element("kbd", { class: "tool__key", "aria-hidden": "true" }, keyOf(action)));
  return element("div", { class: "tools__group" }, button("closer", "plus", say("Closer"), () => zoom(1.3)), button("further", "minus", say("Further away"), () => zoom(1 / 1.3)), button("fit", "fit", say("Fit"), () => fit()));
}

/**
 * A picture to zoom and move, which fills its frame.
 * @param {HTMLElement} frame @param {{url: string, width: number, height: number}} image @param {string} label
 */
export function createPicture(frame, { url, width, height }, label) {
  const picture = new Image();
  const host = element("div", { class: "stage__view", tabindex: "0", role: "img", "aria-label": label });
  frame.replaceChildren(host);
  const view = createViewport(host, { drawImage: draw, drawMarks() {}, drawTop() {} });
  view.show({ width, height });
  const hand = movingHand(view);
  const pointer = createPointer(host, view, () => hand);
  host.addEventListener("keydown", walk);

  function draw(context, { scale, x, y }) {
    context.imageSmoothingEnabled = scale < 3;
    context.imageSmoothingQuality = "medium";
    if (picture.complete && picture.naturalWidth) context.drawImage(picture, x, y, width * scale, height * scale);
  }

  function walk(event) {
    const by = ARROWS[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    view.pan(...by);
  }

  return {
    zoom: (factor) => view.zoom(factor),
    fit: () => view.fit(),
    focus: () => host.focus({ preventScroll: true }),
    async ready() {
      picture.src = url;
      await picture.decode();
      view.redrawAll();
    },
    close() {
      host.removeEventListener("keydown", walk);
      pointer.close();
      view.close();
    },
  };
}

/** The arrows, while the image has the focus, move it. */
const ARROWS = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

/** Dragging moves the view; two fingers and the wheel are the pointer's own. */
function movingHand(view) {
  let from = null;
  return {
    cursor: "grab",
    down: (_point, event) => (from = view.placeOf(event)),
    move(_point, event) {
      const [x, y] = view.placeOf(event);
      view.pan(x - from[0], y - from[1]);
      from = [x, y];
    },
  };
}
