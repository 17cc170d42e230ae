/**
 * A list of which only the rows around those in sight stand in the page, however many there are; each says which one it
 * is of how many. It is one stop of the Tab key: the arrow keys go from row to row, and the row that has the focus, or
 * would get it, stays in the page when it is scrolled away.
 */
import { element } from "./elements.js";
import { rowAfter, rowsInPage, topFor } from "./list_window.js";

/**
 * @typedef {{id: string}} Item never changed in place
 * @typedef {object} Ways
 * @property {string} labelledBy ids of what names the list
 * @property {string} describedBy ids of what says how it is walked
 * @property {(item: Item, selected: boolean) => {kind: string, look: string, make: () => HTMLElement, fill: (node: HTMLElement) => void}} rowOf
 *   asked for rows in the page alone. A row is an <li data-id> with buttons that carry data-verb; it is made for its kind,
 *   filled when its look has changed, and filled for another item of its kind when its own is far out of sight
 * @property {(verb: string, id: string, event: MouseEvent) => void} onVerb a button of a row was pressed
 * @property {(id: string) => void} [onReach] the selection goes as far as this row
 * @property {(id: string) => void} [onToggle] this row is to be selected beside the others, or no longer
 */

/**
 * @param {Ways} ways
 * @returns {{frame: HTMLElement, show: (items: Item[], selected: string|null) => void, bring: (id: string) => void, glow: (id: string|null) => void}}
 *   frame: what scrolls; bring: an item comes in sight, with the focus if a row had it; glow: a row is pointed out, and comes in sight within the frame
 */
export function createWindowedList(ways) {
  return new WindowedList(ways);
}

class WindowedList {
  #ways;
  #items = [];
  #selected = null;
  #active = { id: null, at: 0 }; // the row that Tab leads to
  #glowing = null; // the row that was last pointed out
  #rows = new Map(); // id → {kind, look, node, at, count, open} of the rows in the page
  #sight = { count: 0, row: 33, top: 0, height: 600 }; // until it is measured
  #list;

  constructor(ways) {
    this.#ways = ways;
    this.#list = element("ol", {
      class: "rows", role: "list", "aria-labelledby": ways.labelledBy, "aria-describedby": ways.describedBy,
      onclick: (event) => this.#clicked(event), onkeydown: (event) => this.#pressed(event), onfocusin: (event) => this.#entered(event),
    });
    this.frame = element("div", { class: "rows-frame", onscroll: () => this.#scrolled() }, this.#list);
    const watcher = new ResizeObserver(() => this.#measure());
    watcher.observe(this.frame);
    watcher.observe(this.#list);
  }

  /** A selection that is new comes in sight, and takes the focus along if a row had it. What has the focus stays in sight. */
  show(items, selected) {
    const verb = this.#focused()?.dataset.verb;
    if (items.length !== this.#sight.count) this.#list.style.height = `calc(${items.length} * var(--row))`;
    const chosen = selected === this.#selected ? -1 : items.findIndex((item) => item.id === selected);
    this.#items = items;
    this.#sight.count = items.length;
    this.#selected = selected;
    this.#activate(chosen < 0 ? this.#activeAt() : chosen);
    if (chosen >= 0 || verb) this.#bring();
    else this.#render();
    if (verb && !this.#focused()?.closest(`[data-id="${CSS.escape(this.#active.id)}"]`)) this.#focus(verb);
  }

  bring(id) {
    const at = this.#items.findIndex((item) => item.id === id);
    if (at < 0) return;
    const verb = this.#focused()?.dataset.verb;
    this.#activate(at);
    this.#bring();
    if (verb) this.#focus(verb);
  }

  /** The focus stays where it is, and so does all that lies around the frame: a pointer that rests mustn't lose its place. */
  glow(id) {
    const at = id === this.#glowing ? -1 : this.#items.findIndex((item) => item.id === id);
    this.#glowing = id;
    if (at >= 0) this.#scrollTo(at);
    this.#list.querySelector("[data-glow]")?.removeAttribute("data-glow");
    this.#rows.get(id)?.node.setAttribute("data-glow", "");
  }

  /** Where the active row is now; when it is gone, the one that came in its place. */
  #activeAt() {
    const { id, at } = this.#active;
    if (this.#items[at]?.id === id) return at;
    const found = this.#items.findIndex((item) => item.id === id);
    return found < 0 ? Math.min(at, this.#items.length - 1) : found;
  }

  #activate(at) {
    this.#active = { id: this.#items[at]?.id ?? null, at: Math.max(0, at) };
  }

  /** The active row comes in sight: within the frame, and where the frame itself is half out of sight, with it. */
  #bring() {
    this.#scrollTo(this.#active.at);
    this.#rows.get(this.#active.id)?.node.scrollIntoView({ block: "nearest" });
  }

  /** The frame scrolls so that a row is in sight; the rows stand in the page in any case. */
  #scrollTo(at) {
    const [before, top] = [this.#sight.top, topFor(this.#sight, at)];
    this.#sight.top = top;
    this.#render();
    if (top === before) return;
    this.frame.scrollTop = top; // behind the rows: it asks for the layout, which is then made once
    this.#sight.top = this.frame.scrollTop;
  }

  /** Put the rows in place, touching only those that come, go, move or look different. A row that goes serves one that comes. */
  #render() {
    const wanted = rowsInPage(this.#sight, this.#active.id === null ? -1 : this.#active.at);
    const ids = new Set(wanted.map((at) => this.#items[at].id));
    const going = [...this.#rows].filter(([id]) => !ids.has(id) && this.#rows.delete(id)).map(([, row]) => row);
    going.sort((a, b) => a.at - b.at);
    let next = this.#list.firstElementChild;
    for (const at of wanted) {
      const node = this.#rowAt(at, going);
      while (going.some((row) => row.node === next)) next = next.nextElementSibling;
      if (node === next) next = node.nextElementSibling;
      else this.#list.insertBefore(node, next);
    }
    for (const { node } of going) node.remove();
  }

  #rowAt(at, going) {
    const item = this.#items[at];
    const { kind, look, make, fill } = this.#ways.rowOf(item, item.id === this.#selected);
    let row = this.#rows.get(item.id);
    if (row?.kind !== kind) {
      if (row) going.push(row);
      const alike = going.findIndex((one) => one.kind === kind);
      row = alike < 0 ? { kind, node: make() } : going.splice(alike, 1)[0];
    }
    if (row.look !== look) fill(row.node);
    row.look = look;
    this.#rows.set(item.id, row);
    this.#tell(row, at, item.id === this.#active.id);
    return row.node;
  }

  /** What a row says of its place, and whether Tab leads to its buttons. */
  #tell(row, at, open) {
    const { count } = this.#sight;
    if (row.at !== at) {
      row.node.style.top = `calc(${at} * var(--row))`; // a variable of its own would style all that is in it anew
      row.node.setAttribute("aria-posinset", String(at + 1));
    }
    if (row.count !== count) row.node.setAttribute("aria-setsize", String(count));
    if (row.open !== open) for (const button of row.node.querySelectorAll("button")) button.tabIndex = open ? 0 : -1;
    Object.assign(row, { at, count, open });
  }

  /** How high rows and frame are; a row that was in sight stays so when something beside the list takes room from it. */
  #measure() {
    const { count, row, height } = this.#sight;
    const high = this.#list.getBoundingClientRect().height;
    if (!count || !high) return;
    const seen = this.#active.id !== null && Math.abs(topFor(this.#sight, this.#active.at) - this.#sight.top) < 1;
    Object.assign(this.#sight, { row: high / count, height: this.frame.clientHeight, top: this.frame.scrollTop });
    if (this.#sight.row === row && this.#sight.height === height) return;
    if (seen) this.#bring();
    else this.#render();
  }

  #scrolled() {
    const top = this.frame.scrollTop;
    if (top === this.#sight.top) return;
    this.#sight.top = top;
    this.#render();
  }

  /** The button here that has the focus, or null. */
  #focused() {
    const button = document.activeElement?.closest?.("button");
    return button && this.#list.contains(button) ? button : null;
  }

  /** The focus to the active row: to its button of this verb, or as near as there is one. */
  #focus(verb) {
    const node = this.#rows.get(this.#active.id)?.node;
    const button = node?.querySelector(`[data-verb="${verb}"]`) ?? node?.querySelector("button");
    button?.focus({ preventScroll: true });
  }

  #clicked(event) {
    const button = event.target.closest("button");
    if (button) this.#ways.onVerb(button.dataset.verb, button.closest("li").dataset.id, event);
  }

  #pressed(event) {
    const button = this.#focused();
    if (!button || event.altKey || event.metaKey) return;
    const { onReach, onToggle } = this.#ways;
    const several = (event.key === " " && event.ctrlKey) || (event.key === "Enter" && event.shiftKey);
    if (several && onToggle) return event.preventDefault(), onToggle(this.#active.id);
    const at = rowAfter(event.key, this.#active.at, this.#sight.count);
    if (at === null || event.ctrlKey || (event.shiftKey && !onReach)) return;
    event.preventDefault();
    if (event.shiftKey) onReach(this.#active.id), onReach(this.#items[at].id);
    this.#activate(at);
    this.#bring();
    this.#focus(button.dataset.verb);
  }

  #entered({ target }) {
    const id = target.closest("li")?.dataset.id;
    const row = this.#rows.get(id);
    if (!row || id === this.#active.id) return;
    this.#activate(row.at);
    this.#render();
  }
}
