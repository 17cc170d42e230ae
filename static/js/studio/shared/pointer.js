/**
 * Pointers on the stage: two fingers, the middle button or the space bar move the view, the wheel zooms (on a
 * trackpad a pinch does, and two fingers move the view), and everything else goes to the tool in hand. Pointer Events throughout: mouse, pen and touch.
 *
 * @typedef {object} Tool
 * @property {string} cursor
 * @property {(point: [number, number], event: PointerEvent) => void} [down]
 * @property {(point: [number, number], event: PointerEvent) => void} [move] while down
 * @property {(point: [number, number], event: PointerEvent) => void} [up]
 * @property {() => void} [cancel]
 * @property {(point: [number, number]|null, event?: PointerEvent) => void} [hover] null: the pointer left
 */

const PAUSE = 200; // ms without a word, after which a turn of the wheel is another one

/**
 * Tells a trackpad from a wheel: a wheel turns in whole steps, fingers slide by pixels. A gesture stays what it began as.
 * @returns {(event: WheelEvent) => boolean} whether fingers slide; a pinch, which comes with Ctrl, isn't a slide
 */
export function slideSense() {
  let last = -Infinity;
  let slides = false;
  return ({ deltaMode, deltaX, deltaY, wheelDeltaY = 1, ctrlKey, timeStamp }) => {
    slides = Boolean((timeStamp - last < PAUSE && slides) || deltaX || (!deltaMode && deltaY % 100 && wheelDeltaY % 120));
    last = timeStamp;
    return slides && !ctrlKey;
  };
}

/**
 * @param {HTMLElement} host
 * @param {any} viewport see viewport.js
 * @param {() => Tool} tool the tool in hand
 * @param {() => boolean} [spaceTaken] whether the space bar means something else just now
 */
export function createPointer(host, viewport, tool, spaceTaken = () => false) {
  const down = new Map();
  let panning = null;
  let pinch = null;
  let active = null;
  let space = false;
  const slides = slideSense();

  function start(event) {
    host.focus({ preventScroll: true });
    host.setPointerCapture(event.pointerId);
    down.set(event.pointerId, viewport.placeOf(event));
    if (down.size === 2) return startPinch();
    if (down.size > 2) return;
    if (event.button === 1 || space) {
      event.preventDefault();
      panning = viewport.placeOf(event);
      return;
    }
    active = tool();
    active.down?.(viewport.pointOf(event), event);
  }

  function startPinch() {
    active?.cancel?.();
    active = null;
    pinch = spread();
  }

  function spread() {
    const [[ax, ay], [bx, by]] = [...down.values()];
    return { x: (ax + bx) / 2, y: (ay + by) / 2, size: Math.hypot(ax - bx, ay - by) };
  }

  function move(event) {
    const place = viewport.placeOf(event);
    if (down.has(event.pointerId)) down.set(event.pointerId, place);
    if (pinch && down.size === 2) {
      const next = spread();
      viewport.pan(next.x - pinch.x, next.y - pinch.y);
      if (pinch.size > 0) viewport.zoom(next.size / pinch.size, next.x, next.y);
      pinch = next;
    } else if (panning) {
      viewport.pan(place[0] - panning[0], place[1] - panning[1]);
      panning = place;
    } else if (active) {
      active.move?.(viewport.pointOf(event), event);
    } else if (!down.size) {
      tool().hover?.(viewport.pointOf(event), event);
    }
  }

  function end(event) {
    if (!down.delete(event.pointerId)) return;
    if (active && event.type === "pointerup") active.up?.(viewport.pointOf(event), event);
    else active?.cancel?.();
    active = null;
    if (down.size < 2) pinch = null;
    if (!down.size) panning = null;
  }

  function wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    if (slides(event)) return viewport.pan(-event.deltaX * unit, -event.deltaY * unit);
    if (event.shiftKey) return viewport.pan(-event.deltaY * unit, 0);
    const speed = event.ctrlKey ? 0.01 : 0.0018;
    viewport.zoom(Math.exp(-event.deltaY * unit * speed), ...viewport.placeOf(event));
  }

  function holdSpace(event) {
    if (event.key !== " " || (event.type === "keydown" && spaceTaken())) return;
    space = event.type === "keydown";
    host.classList.toggle("is-panning", space);
    if (event.target === host) event.preventDefault();
  }

  const listeners = {
    pointerdown: start,
    pointermove: move,
    pointerup: end,
    pointercancel: end,
    pointerleave: () => !down.size && tool().hover?.(null),
    wheel,
    contextmenu: (event) => event.preventDefault(),
    keydown: holdSpace,
    keyup: holdSpace,
    blur: () => {
      space = false;
      host.classList.remove("is-panning");
    },
  };
  for (const [name, listener] of Object.entries(listeners)) {
    host.addEventListener(name, listener, { passive: false });
  }
  return {
    /** Leave off what is being drawn. @returns {boolean} whether there was anything */
    cancel() {
      if (!active) return false;
      active.cancel?.();
      active = null;
      return true;
    },
    close() {
      for (const [name, listener] of Object.entries(listeners)) host.removeEventListener(name, listener);
    },
  };
}
