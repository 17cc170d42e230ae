/**
 * The text on the page with its marks drawn on it, and the way between places in the DOM and offsets.
 * The DOM holds the task's text and not one character more: label names are drawn by CSS, so that selecting,
 * copying and counting see the text alone. Offsets here are UTF-16 units.
 */
import { element } from "./elements.js";
import { lanesOf, piecesOf } from "./spans.js";

/**
 * @typedef {{id: string, start: number, end: number, colour: string, tag: string, offer?: boolean,
 *   current?: boolean, lane?: number}} Mark
 */

/**
 * @param {string} text
 * @param {string} name what a screen reader calls it
 */
export function createTextPage(text, name) {
  const host = element("div", { class: "text", dir: "auto", tabindex: "0", role: "group", "aria-label": name });

  /** @param {Mark[]} marks */
  function draw(marks) {
    const lanes = lanesOf(marks);
    const byId = new Map(marks.map((mark) => [mark.id, { ...mark, lane: mark.lane ?? lanes.get(mark.id) }]));
    // Room for two lines from the start: a first overlap must not move the text under somebody's eyes.
    const highest = Math.max(1, ...[...byId.values()].map((mark) => mark.lane));
    host.style.setProperty("--lanes", String(highest));
    host.replaceChildren(
      ...piecesOf(text.length, marks).map(({ start, end, ids }) => {
        const around = ids.map((id) => byId.get(id)).sort((a, b) => b.lane - a.lane);
        return nested(around, document.createTextNode(text.slice(start, end)), start, end);
      }),
    );
  }

  return {
    host,
    draw,
    /** The offset of a place in the DOM, null outside the text. */
    offsetOf(node, at) {
      if (!node || !host.contains(node)) return null;
      const before = document.createRange();
      before.setStart(host, 0);
      before.setEnd(node, at);
      return before.toString().length;
    },
    /** The selection within the text in order, null when there is none. */
    selection() {
      const selection = document.getSelection();
      if (!selection?.rangeCount) return null;
      const anchor = this.offsetOf(selection.anchorNode, selection.anchorOffset);
      const focus = this.offsetOf(selection.focusNode, selection.focusOffset);
      if (anchor === null || focus === null) return null;
      return { start: Math.min(anchor, focus), end: Math.max(anchor, focus), anchor, focus };
    },
    select(anchor, focus) {
      const from = placeOf(host, anchor, anchor < focus);
      const to = placeOf(host, focus, anchor > focus);
      document.getSelection().setBaseAndExtent(from.node, from.at, to.node, to.at);
    },
    clear() {
      if (this.selection()) document.getSelection().removeAllRanges();
    },
    /** Where a stretch of text is on screen, line by line. @returns {DOMRect[]} */
    rectsOf(start, end) {
      const range = document.createRange();
      const from = placeOf(host, start, true);
      const to = placeOf(host, end, false);
      range.setStart(from.node, from.at);
      range.setEnd(to.node, to.at);
      return [...range.getClientRects()].filter((rect) => rect.width > 0);
    },
    /** The offset under a point of the screen, null beside the text. */
    offsetAt(x, y) {
      const caret = document.caretPositionFromPoint?.(x, y);
      if (caret) return this.offsetOf(caret.offsetNode, caret.offset);
      const range = document.caretRangeFromPoint?.(x, y);
      return range ? this.offsetOf(range.startContainer, range.startOffset) : null;
    },
    close: () => host.remove(),
  };
}

/** One piece of text inside the marks around it, the outermost first. */
function nested(around, content, start, end) {
  let inner = content;
  for (const mark of [...around].reverse()) {
    const node = element("span", {
      class: "span",
      "data-id": mark.id,
      "data-offer": mark.offer,
      "data-current": mark.current,
      "data-first": mark.start === start,
      "data-tag": mark.end === end ? mark.tag : null,
    });
    node.style.setProperty("--colour", mark.colour);
    node.style.setProperty("--lane", String(mark.lane));
    node.append(inner);
    inner = node;
  }
  return inner;
}

/** The text node and the offset in it; at a border, the node that starts there if `forward`. */
function placeOf(host, offset, forward) {
  const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
  let left = offset;
  let last = { node: host, at: 0 };
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    last = { node, at: node.data.length };
    if (left < node.data.length || (left === node.data.length && !forward)) return { node, at: left };
    left -= node.data.length;
  }
  return last;
}
