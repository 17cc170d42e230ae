/** The list of what is marked, in the side panel: regions, spans, and what the copilot offers beside them. */
import { element, icon, swatch } from "./elements.js";
import { createWindowedList } from "./windowed_list.js";
import { say, sayCount } from "./words.js";

const PROVENANCE = {
  human: { icon: "hand", text: say("By hand") },
  suggestion: { icon: "spark", text: say("From the copilot") },
  edited: { icon: "pencil", text: say("From the copilot, edited") },
};

/**
 * @typedef {{id: string}} Item a region, a span, an offer; never changed in place
 * @typedef {{name: string, colour: string, detail?: string, hidden?: boolean, locked?: boolean, selected: boolean}} Stand
 * @typedef {{name: string, icon: (row: Item & Stand) => string, text: (row: Item & Stand) => string,
 *   only?: (row: Item & Stand) => boolean}} Verb
 */

/**
 * @param {HTMLElement} host
 * @param {{title: string, empty: string, standOf: (item: Item, selected: boolean) => Stand, verbs: Verb[],
 *   onVerb: (name: string, id: string) => void}} ways standOf: how an item looks just now, asked for those near sight
 *   alone; "select" is a verb of every row
 * @returns {{show: (items: Item[], selected: string|null) => void, bring: (id: string) => void}}
 */
export function createMarkList(host, { title, empty, standOf, verbs, onVerb }) {
  const count = element("span", { class: "badge number" });
  const nothing = element("p", { class: "marks__empty small muted" }, empty);
  const list = createWindowedList({ labelledBy: "marks-title", describedBy: "marks-keys", onVerb, rowOf });
  host.append(
    element(
      "section",
      { class: "panel-part panel-part--grow", "aria-labelledby": "marks-title" },
      element("div", { class: "panel-part__head" }, element("h2", { class: "panel-part__title", id: "marks-title" }, title), count),
      element("p", { class: "visually-hidden", id: "marks-keys" }, say("The up and down arrow keys go from row to row.")),
      list.frame,
      nothing,
    ),
  );

  function rowOf(item, selected) {
    const row = { ...item, ...standOf(item, selected) };
    const { id, name, colour, detail, provenance, hidden, locked, offer } = row;
    const mine = verbs.filter(({ only }) => !only || only(row));
    const kind = [!detail, provenance?.source, hidden, locked, offer, ...mine.map((verb) => verb.text(row))].join();
    return { kind, look: [id, name, colour, detail, selected].join("\n"), make: () => rowNode(row, mine), fill: (node) => fillRow(node, row) };
  }

  return {
    show(items, selected) {
      nothing.hidden = items.length > 0;
      list.frame.hidden = count.hidden = items.length === 0;
      count.textContent = String(items.length);
      count.setAttribute("aria-label", sayCount(items.length, "{count} mark", "{count} marks"));
      list.show(items, selected);
    },
    bring: (id) => list.bring(id),
  };
}

/** A row of its kind, for whatever item. */
function rowNode(row, verbs) {
  const { colour, detail, hidden, locked, offer } = row;
  return element(
    "li",
    { class: "marks__row", "data-hidden": hidden, "data-locked": locked, "data-offer": offer, "data-crowded": verbs.length > 3 },
    element(
      "button",
      { class: "marks__select", type: "button", "data-verb": "select" },
      swatch(colour),
      element("span", { class: "marks__name clip", dir: "auto" }),
      detail && element("span", { class: "marks__detail small muted number clip" }),
      source(row),
    ),
    ...verbs.map((verb) => verbButton(verb, row)),
  );
}

/** What one item of a kind has that others haven't. */
function fillRow(node, { id, name, colour, detail, selected }) {
  const [select, ...verbs] = node.children;
  const [, words, more] = select.children;
  node.dataset.id = id;
  node.toggleAttribute("data-selected", Boolean(selected));
  select.setAttribute("aria-pressed", String(Boolean(selected)));
  select.querySelector("rect").setAttribute("fill", colour);
  words.textContent = name;
  if (detail) more.textContent = detail;
  for (const verb of verbs) verb.setAttribute("aria-label", `${verb.title}: ${name}`);
}

function source({ provenance }) {
  const known = PROVENANCE[provenance?.source];
  if (!known) return null;
  const words = element("span", { class: "visually-hidden" }, known.text);
  return element("span", { class: "marks__source", title: known.text }, icon(known.icon), words);
}

function verbButton(verb, row) {
  const text = verb.text(row);
  return element(
    "button",
    { class: "marks__verb", type: "button", "data-verb": verb.name, title: text },
    icon(verb.icon(row)),
  );
}
