/**
 * Three canvases over each other: the image, what is marked in it, and what moves with the pointer. Draws once per
 * frame at most, and only what has changed: the image when the view moves, the marks when they change.
 */
import { fitView, keepInFrame, toImage, toScreen, zoomAt } from "./geometry.js";
import { element } from "./elements.js";

/**
 * @param {HTMLElement} host positioned; the canvases fill it
 * @param {Record<"drawImage"|"drawMarks"|"drawTop", (context: CanvasRenderingContext2D, view: any) => void>} paint
 */
export function createViewport(host, { drawImage, drawMarks, drawTop }) {
  const surfaces = [drawImage, drawMarks, drawTop].map((work) => ({
    canvas: element("canvas", { class: "stage__canvas", "aria-hidden": "true" }),
    work,
    stale: true,
  }));
  const [picture, marks, top] = surfaces;
  host.append(...surfaces.map((surface) => surface.canvas));
  let image = { width: 1, height: 1 };
  let frame = { width: 1, height: 1 };
  let view = { scale: 1, x: 0, y: 0 };
  let fitted = true;
  let asked = 0;

  function ask(...which) {
    for (const surface of which) surface.stale = true;
    if (!asked) asked = requestAnimationFrame(paint);
  }

  function paint() {
    asked = 0;
    for (const surface of surfaces) {
      if (surface.stale) draw(surface);
      surface.stale = false;
    }
  }

  function draw({ canvas, work }) {
    const context = canvas.getContext("2d");
    const ratio = canvas.width / frame.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, frame.width, frame.height);
    context.save();
    work(context, view);
    context.restore();
  }

  function resize() {
    const { width, height } = host.getBoundingClientRect();
    if (!width || !height) return;
    const ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
    frame = { width, height };
    for (const { canvas } of surfaces) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    if (fitted) fit();
    else set(view);
  }

  function set(next) {
    view = keepInFrame(next, image, frame);
    ask(...surfaces);
  }

  function fit() {
    fitted = true;
    set(fitView(image, frame, Math.min(24, frame.width / 20)));
  }

  const watcher = new ResizeObserver(resize);
  watcher.observe(host);
  resize();

  return {
    get view() {
      return view;
    },
    get image() {
      return image;
    },
    fit,
    /** As another view of an image of the same size stands. */
    look(other) {
      fitted = false;
      if (other.scale !== view.scale || other.x !== view.x || other.y !== view.y) set(other);
    },
    show(size) {
      image = size;
      fit();
    },
    /** @param {number} [x] screen point that stays where it is; the middle when left out */
    zoom(factor, x = frame.width / 2, y = frame.height / 2) {
      fitted = false;
      set(zoomAt(view, factor, x, y));
    },
    pan(dx, dy) {
      fitted = false;
      set({ scale: view.scale, x: view.x + dx, y: view.y + dy });
    },
    /** Move the view as little as needed so that an image point is well inside the frame; not while all is in sight. */
    reveal(x, y, rest = 40) {
      if (fitted) return;
      const [sx, sy] = toScreen(view, x, y);
      const dx = Math.max(0, rest - sx) - Math.max(0, sx - (frame.width - rest));
      const dy = Math.max(0, rest - sy) - Math.max(0, sy - (frame.height - rest));
      if (dx || dy) this.pan(dx, dy);
    },
    /** Image point under a pointer event. @returns {[number, number]} */
    pointOf(event) {
      return toImage(view, ...this.placeOf(event));
    },
    placeOf(event) {
      const corner = host.getBoundingClientRect();
      return [event.clientX - corner.left, event.clientY - corner.top];
    },
    get frame() {
      return frame;
    },
    /** Everything, when another image has come. */
    redrawAll: () => ask(...surfaces),
    redraw: () => ask(marks, top),
    redrawTop: () => ask(top),
    /** @param {string} filter CSS filter functions for the image alone, "" for none */
    light: (filter) => (picture.canvas.style.filter = filter),
    close() {
      watcher.disconnect();
      cancelAnimationFrame(asked);
      for (const { canvas } of surfaces) canvas.remove();
    },
  };
}
