/**
 * The text on the page with its marks drawn on it, and the way between places in the DOM and offsets.
 * The DOM holds the task's text and not one character more: label names are drawn by CSS, so that selecting,
 * copying, finding in the page and reading aloud see the text alone, all of it. What is out of sight is neither laid
 * out nor painted (blocks under `content-visibility`), and only blocks whose marks have changed are drawn anew.
 * Offsets here are UTF-16 units.
 */
import { element } from "../shared/elements.js";
import { alike, createLanes, piecesOf } from "./spans.js";
import { blockAt, blocksOf, goesOn } from "./blocks.js";
import { paragraphRunsLeft, runsBothWays } from "../shared/text_direction.js";

/**
 * @typedef {{id: string, start: number, end: number, colour: string, pattern?: number, tag: string, offer?: boolean,
 *   current?: boolean, lane?: number}} Mark
 */

const NEAR = 1000; // UTF-16 units at an end of a stretch: more than a line, and little enough to be laid out at once

/**
 * @param {string} text
 * @param {string} name what a screen reader calls it
 */
export function createTextPage(text, name) {
  return new TextPage(text, name);
}

class TextPage {
  #text;
  #blocks;
  #place = createLanes();
  #lanes = 0;
  #marks = new Map();
  #signed = null;

  constructor(text, name) {
    this.#text = text;
    this.#blocks = blocksOf(text).map((block, index) => ({ ...block, marks: [], shape: "", node: blockNode(text, block, index) }));
    this.host = element("div", { class: "text", "data-bidi": runsBothWays(text), tabindex: "0", role: "group", "aria-label": name }, ...this.#blocks.map((block) => block.node));
    this.host.addEventListener("copy", (event) => this.#copy(event));
  }

  /** @param {Mark[]} marks */
  draw(marks) {
    const placed = this.#place(marks);
    // Room for two lines from the start: a first overlap must not move the text under somebody's eyes.
    const highest = placed.reduce((most, mark) => Math.max(most, mark.lane), 1);
    if (highest !== this.#lanes) this.host.style.setProperty("--lanes", String(highest));
    this.#lanes = highest;
    this.#marks = new Map(placed.map((mark) => [mark.id, mark]));
    const within = this.#blocks.map(() => []);
    for (const mark of placed) {
      const last = blockAt(this.#blocks, mark.end, false);
      for (let i = blockAt(this.#blocks, mark.start, true); i <= last; i += 1) within[i].push(mark);
    }
    this.#blocks.forEach((block, i) => this.#drawBlock(block, within[i]));
  }

  #drawBlock(block, marks) {
    if (alike(marks, block.marks)) return;
    const [before, shape] = [block.marks, marks.map(shapeOf).join()];
    block.marks = marks;
    if (shape === block.shape) return this.#dressBlock(block, before);
    block.shape = shape;
    const byId = new Map(marks.map((mark) => [mark.id, mark]));
    const { start: from, end: to } = block;
    const cut = marks.map(({ id, start, end }) => ({ id, start: Math.max(start, from) - from, end: Math.min(end, to) - from }));
    block.node.replaceChildren(
      ...piecesOf(to - from, cut).map(({ start, end, ids }) => {
        const around = ids.map((id) => byId.get(id)).sort((a, b) => b.lane - a.lane);
        return nested(around, document.createTextNode(this.#text.slice(from + start, from + end)), from + start, from + end);
      }),
    );
  }

  /** The same stretches, and yet an offer was accepted, a label changed: the nodes stay. */
  #dressBlock({ node, marks }, before) {
    const changed = before.flatMap((old, i) => (lookOf(old) === lookOf(marks[i]) ? [] : [[signedWith(node, old.id), marks[i]]]));
    for (const [nodes, mark] of changed) for (const each of nodes) dress(each, mark);
  }

  /** Make one mark the current one; the nodes stay, under the first press of a double click too. @param {string|null} id */
  sign(id) {
    for (const node of this.#nodesOf(this.#signed)) node.removeAttribute("data-current");
    for (const node of this.#nodesOf(id)) node.setAttribute("data-current", "");
    this.#signed = id;
  }

  #nodesOf(id) {
    const mark = this.#marks.get(id);
    if (!mark) return [];
    const [first, last] = [blockAt(this.#blocks, mark.start, true), blockAt(this.#blocks, mark.end, false)];
    return this.#blocks.slice(first, last + 1).flatMap(({ node }) => signedWith(node, id));
  }

  /** The offset of a place in the DOM, null outside the text. */
  offsetOf(node, at) {
    if (!node || !this.host.contains(node)) return null;
    if (node === this.host) return this.#blocks[at]?.start ?? this.#text.length;
    let child = node;
    while (child.parentNode !== this.host) child = child.parentNode;
    const before = document.createRange();
    before.setStart(child, 0);
    before.setEnd(node, at);
    return this.#blocks[Number(child.dataset.block)].start + before.toString().length;
  }

  /** The selection within the text in order, null when there is none. */
  selection() {
    const selection = document.getSelection();
    if (!selection?.rangeCount) return null;
    const anchor = this.offsetOf(selection.anchorNode, selection.anchorOffset);
    const focus = this.offsetOf(selection.focusNode, selection.focusOffset);
    if (anchor === null || focus === null) return null;
    return { start: Math.min(anchor, focus), end: Math.max(anchor, focus), anchor, focus };
  }

  select(anchor, focus) {
    const from = this.#placeOf(anchor, anchor < focus);
    const to = this.#placeOf(focus, anchor > focus);
    document.getSelection().setBaseAndExtent(from.node, from.at, to.node, to.at);
  }

  clear() {
    if (this.selection()) document.getSelection().removeAllRanges();
  }

  /** Where a stretch of text is on screen, line by line; of one as long as a book, its ends. @returns {DOMRect[]} */
  rectsOf(start, end) {
    if (end - start > 2 * NEAR) return [...this.rectsOf(start, start + NEAR), ...this.rectsOf(end - NEAR, end)];
    const range = document.createRange();
    const from = this.#placeOf(start, true);
    const to = this.#placeOf(end, false);
    range.setStart(from.node, from.at);
    range.setEnd(to.node, to.at);
    return [...range.getClientRects()].filter((rect) => rect.width > 0);
  }

  /** The offset under a point of the screen, null beside the text. */
  offsetAt(x, y) {
    const caret = document.caretPositionFromPoint?.(x, y);
    if (caret) return this.offsetOf(caret.offsetNode, caret.offset);
    const range = document.caretRangeFromPoint?.(x, y);
    return range ? this.offsetOf(range.startContainer, range.startOffset) : null;
  }

  close() {
    this.host.remove();
  }

  /** The text node and the offset in it; at a border, the node that starts there if `forward`. */
  #placeOf(offset, forward) {
    const block = this.#blocks[blockAt(this.#blocks, offset, forward)];
    const walker = document.createTreeWalker(block.node, NodeFilter.SHOW_TEXT);
    let left = offset - block.start;
    /** @type {{node: Node, at: number}} */
    let last = { node: block.node, at: 0 };
    for (let node = /** @type {Text} */ (walker.nextNode()); node; node = /** @type {Text} */ (walker.nextNode())) {
      last = { node, at: node.data.length };
      if (left < node.data.length || (left === node.data.length && !forward)) return { node, at: left };
      left -= node.data.length;
    }
    return last;
  }

  /** The text as it is: the ends of blocks are no line ends. */
  #copy(event) {
    const selection = this.selection();
    if (!selection || selection.start === selection.end) return;
    event.clipboardData.setData("text/plain", this.#text.slice(selection.start, selection.end));
    event.preventDefault();
  }
}

/** A block runs as its first letter has it, but one that goes on with a paragraph runs as that does. */
function blockNode(text, { start, end, rows }, index) {
  const dir = goesOn(text, start) && (paragraphRunsLeft(text, start) ? "rtl" : "ltr");
  const node = element("div", { class: "text__block", "data-block": index, dir }, text.slice(start, end));
  node.style.setProperty("--rows", String(rows));
  return node;
}

function shapeOf({ start, end, lane }) {
  return `${start} ${end} ${lane}`;
}

function lookOf({ id, colour, pattern, tag, offer, current }) {
  return `${id} ${colour} ${pattern} ${offer ? 1 : 0}${current ? 1 : 0} ${tag}`;
}

function signedWith(node, id) {
  return [...node.querySelectorAll(`[data-id="${CSS.escape(id)}"]`)];
}

function dress(node, { id, colour, pattern, tag, offer, current }) {
  node.dataset.id = id;
  node.toggleAttribute("data-offer", Boolean(offer));
  node.toggleAttribute("data-current", Boolean(current));
  if ("tag" in node.dataset) node.dataset.tag = tag;
  if (pattern) node.dataset.pattern = pattern;
  else delete node.dataset.pattern;
  node.style.setProperty("--colour", colour);
}

/** One piece of text inside the marks around it, the outermost first. */
function nested(around, content, start, end) {
  let inner = content;
  for (const mark of [...around].reverse()) {
    const node = element("span", { class: "span", "data-first": mark.start === start, "data-tag": mark.end === end, "data-under": mark.lane > 0 });
    dress(node, mark);
    node.style.setProperty("--lane", String(mark.lane));
    node.append(inner);
    inner = node;
  }
  return inner;
}
