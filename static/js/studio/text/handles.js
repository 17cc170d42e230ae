/** Two grips at the ends of the current span: drag one to move that end, word by word (Alt: letter by letter). */
import { element } from "../shared/elements.js";
import { edgeRunsLeft } from "../shared/text_direction.js";
import { say } from "../shared/words.js";

/**
 * @param {HTMLElement} host positioned; holds the text page
 * @param {any} page see text/page.js
 * @param {string} text of that page
 * @param {{snapped: (offset: number, end: "start"|"end") => number,
 *   onMove: (edges: {start?: number, end?: number}) => void}} ways offsets in UTF-16 units
 */
export function createHandles(host, page, text, { snapped, onMove }) {
  const grips = ["start", "end"].map((end) => {
    const grip = element("span", { class: "grip", "data-end": end, title: say("Drag to move this end"), hidden: true });
    grip.addEventListener("pointerdown", (event) => drag(event, end));
    host.append(grip);
    return grip;
  });
  let span = null;

  function drag(event, end) {
    event.preventDefault();
    const grip = event.target;
    grip.setPointerCapture(event.pointerId);
    const still = span;
    let offset = still[end];
    const move = (moving) => {
      const under = page.offsetAt(moving.clientX, moving.clientY - (moving.pointerType === "touch" ? 20 : 0));
      if (under === null) return;
      const next = moving.altKey ? under : snapped(under, end);
      if (end === "start" ? next >= still.end : next <= still.start) return;
      offset = next;
      page.select(end === "start" ? offset : still.start, end === "start" ? still.end : offset);
    };
    const stop = () => {
      grip.removeEventListener("pointermove", move);
      page.clear();
      if (offset !== still[end]) onMove({ [end]: offset });
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", stop, { once: true });
  }

  return {
    /** @param {{start: number, end: number}|null} next */
    show(next) {
      span = next;
      for (const grip of grips) grip.hidden = true;
      if (!next) return;
      const rects = page.rectsOf(next.start, next.end);
      if (!rects.length) return;
      const corner = host.getBoundingClientRect();
      const first = rects[0];
      const last = rects[rects.length - 1];
      place(grips[0], (edgeRunsLeft(text, next, "start") ? first.right : first.left) - corner.left, first.top - corner.top, first.height);
      place(grips[1], (edgeRunsLeft(text, next, "end") ? last.left : last.right) - corner.left, last.top - corner.top, last.height);
    },
  };
}

function place(grip, x, y, height) {
  grip.style.left = `${x}px`;
  grip.style.top = `${y}px`;
  grip.style.height = `${height}px`;
  grip.hidden = false;
}
