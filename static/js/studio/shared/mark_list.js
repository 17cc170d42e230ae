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
 * @typedef {{id: string, offer?: boolean}} Item a region, a span, an offer; never changed in place
 * @typedef {{name: string, colour: string, pattern?: number, detail?: string, hidden?: boolean, locked?: boolean, selected: boolean,
 *   lead?: boolean}} Stand selected: with others, maybe; lead: it is the one that keys act on where they act on one
 * @typedef {{name: string, icon: (row: Item & Stand) => string, text: (row: Item & Stand) => string,
 *   only?: (row: Item & Stand) => boolean}} Verb
 */

/**
 * @param {HTMLElement} host
 * @param {{title: string, empty: string, standOf: (item: Item, selected: boolean) => Stand, verbs: Verb[],
 *   onVerb: (name: string, id: string, event: MouseEvent) => void, onReach?: (id: string) => void,
 *   onToggle?: (id: string) => void}} ways standOf: how an item looks just now, asked for those near sight
 *   alone; "select" is a verb of every row
 * @returns {{show: (items: Item[], selected: string|null, shown?: Item[]) => void, bring: (id: string) => void,
 *   glow: (id: string|null) => void, head: HTMLElement, frame: HTMLElement}} show: of all the items those that are shown, in
 *   the order of the list; a row's number is its item's place among all
 */
export function createMarkList(host, { title, empty, standOf, verbs, onVerb, onReach, onToggle }) {
  const count = element("span", { class: "badge number" });
  const nothing = element("p", { class: "marks__empty small muted" }, empty);
  const list = createWindowedList({ labelledBy: "marks-title", describedBy: "marks-keys", onVerb, onReach, onToggle, rowOf });
  const head = element("div", { class: "panel-part__head" }, element("h2", { class: "panel-part__title", id: "marks-title" }, title), count);
  const keys = say("The up and down arrow keys go from row to row. With Shift they select several; Shift and Enter select one more or one less.");
  let all = null;
  let places = new Map();
  host.append(
    element(
      "section",
      { class: "panel-part panel-part--grow", "aria-labelledby": "marks-title" },
      head,
      element("p", { class: "visually-hidden", id: "marks-keys" }, keys),
      list.frame,
      nothing,
    ),
  );

  function rowOf(item, selected) {
    const row = { ...item, lead: selected, ...standOf(item, selected), number: places.get(item.id) };
    const { id, number, name, colour, pattern, detail, provenance, hidden, locked, offer } = row;
    const mine = verbs.filter(({ only }) => !only || only(row));
    const kind = [!detail, pattern, provenance?.source, hidden, locked, offer, ...mine.map((verb) => verb.text(row))].join();
    return { kind, look: [id, number, name, colour, detail, row.selected].join("\n"), make: () => rowNode(row, mine), fill: (node) => fillRow(node, row) };
  }

  return {
    show(items, selected, shown = items) {
      if (items !== all) places = new Map(items.map(({ id }, place) => [id, place + 1]));
      all = items;
      nothing.hidden = shown.length > 0;
      nothing.textContent = items.length ? say("No mark is as the filter asks.") : empty;
      list.frame.hidden = shown.length === 0;
      count.hidden = items.length === 0;
      const words = sayCount(items.length, "{count} mark", "{count} marks");
      count.textContent = shown.length === items.length ? String(items.length) : `${shown.length} / ${items.length}`;
      count.setAttribute("aria-label", shown.length === items.length ? words : say("{shown} of {marks}", { shown: shown.length, marks: words }));
      list.show(shown, selected);
    },
    bring: (id) => list.bring(id),
    glow: (id) => list.glow(id),
    head,
    frame: list.frame,
  };
}

/** A row of its kind, for whatever item. */
function rowNode(row, verbs) {
  const { colour, pattern, detail, hidden, locked, offer } = row;
  return element(
    "li",
    { class: "marks__row", "data-hidden": hidden, "data-locked": locked, "data-offer": offer, "data-crowded": verbs.length > 3 },
    element(
      "button",
      { class: "marks__select", type: "button", "data-verb": "select" },
      element("span", { class: "marks__number small muted number" }),
      swatch(colour, pattern),
      element("span", { class: "marks__name clip", dir: "auto" }),
      detail && element("span", { class: "marks__detail small muted number clip" }),
      source(row),
    ),
    ...verbs.map((verb) => verbButton(verb, row)),
  );
}

/** What one item of a kind has that others haven't. */
function fillRow(node, { id, number, name, colour, detail, selected, provenance }) {
  const [select, ...verbs] = node.children;
  const [place, , words, more] = select.children;
  node.dataset.id = id;
  node.toggleAttribute("data-selected", Boolean(selected));
  select.setAttribute("aria-pressed", String(Boolean(selected)));
  select.querySelector("rect").setAttribute("fill", colour);
  select.setAttribute("aria-label", [number, name, detail, PROVENANCE[provenance?.source]?.text].filter(Boolean).join(", "));
  node.removeAttribute("data-glow");
  place.textContent = String(number);
  words.textContent = words.title = name;
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
