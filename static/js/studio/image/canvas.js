/**
 * All masks of a task on one canvas, as large as the image (a half, a third… of it when the image is large), so that
 * a frame copies one picture however many masks there are. What has changed is drawn anew within its box only.
 */
import { boxAround, drawMask, drawMaskClosely } from "../shared/layers.js";

const LARGEST = 4_000_000; // pixels
const LINE = 2; // screen pixels of an outline that is looked at closely

/** Whether a pixel of the image is so large on the screen that an outline of whole pixels hides where the edge is. */
export const isClose = ({ scale }) => scale >= 3;

/** @param {{width: number, height: number}} size @param {number} edge outline in image pixels */
export function createMaskCanvas(size, edge) {
  const step = Math.max(1, Math.ceil(Math.sqrt((size.width * size.height) / LARGEST)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(size.width / step);
  canvas.height = Math.ceil(size.height / step);
  const context = canvas.getContext("2d");
  const own = { scale: 1 / step, x: 0, y: 0 };
  let drawn = []; // {shape, colour, pattern}, from back to front

  /** The box in which two lists differ, or null; whether only new ones lie on top. */
  function difference(next) {
    const same = (a, b) => a && b && a.shape === b.shape && a.colour === b.colour && a.pattern === b.pattern;
    let start = 0;
    while (start < next.length && same(next[start], drawn[start])) start += 1;
    let [mine, theirs] = [next.length, drawn.length];
    while (mine > start && theirs > start && same(next[mine - 1], drawn[theirs - 1])) [mine, theirs] = [mine - 1, theirs - 1];
    const changed = [...next.slice(start, mine), ...drawn.slice(start, theirs)];
    return { changed, start, onTop: theirs === start && mine === next.length };
  }

  function put({ shape, colour, pattern }) {
    drawMask(context, own, shape, { colour, pattern, edge });
  }

  function redraw(next, changed) {
    const boxes = changed.map((one) => boxAround(one.shape));
    const left = Math.floor(Math.min(...boxes.map((box) => box[0])) / step) - 1;
    const top = Math.floor(Math.min(...boxes.map((box) => box[1])) / step) - 1;
    const right = Math.ceil(Math.max(...boxes.map((box) => box[0] + box[2])) / step) + step + 1;
    const bottom = Math.ceil(Math.max(...boxes.map((box) => box[1] + box[3])) / step) + step + 1;
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    context.clearRect(left, top, right - left, bottom - top);
    for (const one of next) {
      const [x, y, width, height] = boxAround(one.shape);
      const apart = x / step > right || y / step > bottom || (x + width) / step < left || (y + height) / step < top;
      if (!apart) put(one);
    }
    context.restore();
  }

  return {
    /** @param {{shape: any, colour: string, pattern: number}[]} masks from back to front */
    update(masks) {
      const { changed, start, onTop } = difference(masks);
      if (changed.length && onTop) masks.slice(start).forEach(put);
      else if (changed.length) redraw(masks, changed);
      drawn = masks;
    },
    /** The canvas through a view; masks one by one where it is looked at more closely than the canvas can show. */
    draw(target, view, frame) {
      if (view.scale * step <= 1.5) {
        target.drawImage(canvas, view.x, view.y, canvas.width * step * view.scale, canvas.height * step * view.scale);
        return;
      }
      const close = isClose(view);
      if (step === 1 && !close) return drawPart(target, view, frame);
      for (const { shape, colour, pattern } of drawn) {
        const [x, y, width, height] = boxAround(shape);
        const [left, top] = [x * view.scale + view.x, y * view.scale + view.y];
        if (left > frame.width || top > frame.height || left + width * view.scale < 0 || top + height * view.scale < 0) continue;
        if (close) drawMaskClosely(target, view, shape, { colour, pattern, line: LINE });
        else drawMask(target, view, shape, { colour, pattern, edge });
      }
    },
  };

  /** Only what is in sight of a canvas that is looked at closely. */
  function drawPart(target, view, frame) {
    const part = inSight(view, frame, canvas);
    if (!part) return;
    const [x, y, width, height] = part;
    target.drawImage(canvas, x, y, width, height, x * view.scale + view.x, y * view.scale + view.y, width * view.scale, height * view.scale);
  }
}

/** The whole pixels of a picture that a view shows. @returns {[number, number, number, number]|null} */
export function inSight(view, frame, { width, height }) {
  const left = Math.max(0, Math.floor(-view.x / view.scale));
  const top = Math.max(0, Math.floor(-view.y / view.scale));
  const right = Math.min(width, Math.ceil((frame.width - view.x) / view.scale));
  const bottom = Math.min(height, Math.ceil((frame.height - view.y) / view.scale));
  return right > left && bottom > top ? [left, top, right - left, bottom - top] : null;
}
