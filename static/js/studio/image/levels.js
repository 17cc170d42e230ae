/**
 * One image at several sizes, each half of the one before, so that a frame never has to shrink forty million pixels:
 * it copies from the smallest that is fine enough, and only what is in sight.
 */
import { inSight } from "./canvas.js";

const SMALL = 2_000_000; // pixels; up to that one size does, and decoding it holds nothing up

/**
 * @param {string} url
 * @param {{width: number, height: number}} size of the whole, to which views refer
 * @param {() => void} onFiner a level has come
 * @returns {{ready: Promise<void>, draw: Function, close: () => void}} ready: there is something to draw; rejects when the
 *   image cannot be had
 */
export function createLevels(url, size, onFiner) {
  const levels = []; // from the finest that is there to the coarsest
  let closed = false;
  const ready = size.width * size.height > SMALL ? large() : small();

  async function small() {
    const image = new Image();
    image.src = url;
    await image.decode();
    add(image);
  }

  async function large() {
    const { decodeLarge } = await import("./large.js");
    await decodeLarge(url, size, SMALL, add);
  }

  /** @returns {boolean} whether more may come */
  function add(level) {
    if (closed) level.close?.();
    else levels.unshift(level);
    if (!closed) onFiner();
    return !closed;
  }

  return {
    ready,
    /** @param {{width: number, height: number}} frame in CSS pixels @param {number} ratio screen pixels in each */
    draw(context, view, frame, ratio) {
      const level = levels.findLast((one) => one.width >= size.width * view.scale * ratio) ?? levels[0];
      if (!level) return;
      const factor = level.width / size.width;
      const close = { scale: view.scale / factor, x: view.x, y: view.y };
      const part = inSight(close, frame, level);
      if (!part) return;
      const [x, y, width, height] = part;
      context.drawImage(level, x, y, width, height, x * close.scale + view.x, y * close.scale + view.y, width * close.scale, height * close.scale);
    },
    /** Its memory is given back at once, not when the browser next looks for some. */
    close() {
      closed = true;
      for (const level of levels) level.close?.();
      levels.length = 0;
    },
  };
}
