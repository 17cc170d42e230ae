/** The list of what is marked, in the side panel: regions, spans, and what the copilot offers beside them. */
import { element, icon, swatch } from "./elements.js";
import { say, sayCount } from "./words.js";

const PROVENANCE = {
  human: { icon: "hand", text: say("By hand") },
  suggestion: { icon: "spark", text: say("From the copilot") },
  edited: { icon: "pencil", text: say("From the copilot, edited") },
};

/**
 * @typedef {{id: string, name: string, colour: string, detail?: string, selected?: boolean, hidden?: boolean,
 *   offer?: boolean, provenance?: object}} Item
 * @typedef {{name: string, icon: (item: Item) => string, text: (item: Item) => string,
 *   only?: (item: Item) => boolean}} Verb
 */

/**
 * @param {HTMLElement} host
 * @param {{title: string, empty: string, verbs: Verb[], onVerb: (name: string, id: string) => void}} ways
 *   "select" is a verb of every row
 * @returns {{show: (items: Item[]) => void}}
 */
export function createMarkList(host, ways) {
  return new MarkList(host, ways);
}

class MarkList {
  #verbs;
  #rows = new Map(); // id → {look, node}
  #list;
  #nothing;
  #count = element("span", { class: "badge number" });

  constructor(host, { title, empty, verbs, onVerb }) {
    this.#verbs = verbs;
    const pressed = ({ target }) => {
      const button = target.closest("button");
      if (button) onVerb(button.dataset.verb, button.closest("li").dataset.id);
    };
    this.#list = element("ol", { class: "marks", onclick: pressed });
    this.#nothing = element("p", { class: "marks__empty small muted" }, empty);
    const heading = element("h2", { class: "panel-part__title", id: "marks-title" }, title);
    host.append(
      element(
        "section",
        { class: "panel-part panel-part--grow", "aria-labelledby": "marks-title" },
        element("div", { class: "panel-part__head" }, heading, this.#count),
        this.#list,
        this.#nothing,
      ),
    );
  }

  /** @param {Item[]} items */
  show(items) {
    const held = this.#held();
    this.#place(items.map((item) => this.#rowOf(item)));
    this.#forget(items);
    this.#nothing.hidden = items.length > 0;
    this.#count.hidden = items.length === 0;
    this.#count.textContent = String(items.length);
    this.#count.setAttribute("aria-label", sayCount(items.length, "{count} mark", "{count} marks"));
    if (held) this.#hold(held);
    const selected = items.find((item) => item.selected);
    if (selected) this.#rows.get(selected.id).node.scrollIntoView({ block: "nearest" });
  }

  /** The row of an item; made anew only when something in it looks different. */
  #rowOf(item) {
    const { id, name, colour, detail, provenance, selected, hidden, offer } = item;
    const look = [name, colour, detail, provenance?.source, selected, hidden, offer].join("\n");
    let known = this.#rows.get(id);
    if (known?.look !== look) {
      known = { look, node: this.#row(item) };
      this.#rows.set(id, known);
    }
    return known.node;
  }

  /** Put the rows in place, touching only those that are new where the order is the same. */
  #place(nodes) {
    const { children } = this.#list;
    const moved = nodes.some((node, at) => node.parentNode === this.#list && children[at] !== node);
    if (moved || children.length !== nodes.length) return this.#list.replaceChildren(...nodes);
    nodes.forEach((node, at) => node !== children[at] && this.#list.replaceChild(node, children[at]));
  }

  #forget(items) {
    const ids = new Set(items.map((item) => item.id));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
  }

  /** Which button has the focus, if one here has. */
  #held() {
    const button = document.activeElement?.closest?.("button");
    if (!button || !this.#list.contains(button)) return null;
    return { id: button.closest("li").dataset.id, verb: button.dataset.verb };
  }

  /** The focus stays on the same button of the same item, or as near as there is one. */
  #hold({ id, verb }) {
    if (this.#list.contains(document.activeElement)) return;
    const same = this.#rows.get(id)?.node.querySelector(`[data-verb="${verb}"]`);
    (same ?? this.#list.querySelector("button"))?.focus();
  }

  #row(item) {
    const { id, name, colour, detail, selected, hidden, offer } = item;
    return element(
      "li",
      { class: "marks__row", "data-id": id, "data-selected": selected, "data-hidden": hidden, "data-offer": offer },
      element(
        "button",
        { class: "marks__select", type: "button", "data-verb": "select", "aria-pressed": String(Boolean(selected)) },
        swatch(colour),
        element("span", { class: "marks__name clip" }, name),
        detail && element("span", { class: "marks__detail small muted number clip" }, detail),
        this.#source(item),
      ),
      ...this.#verbs.filter(({ only }) => !only || only(item)).map((verb) => this.#button(verb, item)),
    );
  }

  #source({ provenance }) {
    const source = PROVENANCE[provenance?.source];
    if (!source) return null;
    const words = element("span", { class: "visually-hidden" }, source.text);
    return element("span", { class: "marks__source", title: source.text }, icon(source.icon), words);
  }

  #button(verb, item) {
    const text = verb.text(item);
    return element(
      "button",
      { class: "marks__verb", type: "button", "data-verb": verb.name, title: text, "aria-label": `${text}: ${item.name}` },
      icon(verb.icon(item)),
    );
  }
}
