/** Above a list of marks: which of them it shows and in which order, and what is done with several at once. */
import { element } from "./elements.js";
import { arranged, narrows, noFilter } from "./list_order.js";
import { say, sayCount } from "./words.js";

const SOURCES = [
  ["human", say("By hand")],
  ["suggestion", say("From the copilot")],
  ["edited", say("From the copilot, edited")],
  ["offer", say("Suggestions")],
];
const SORTS = [
  ["", say("In their order")],
  ["label", say("By label")],
  ["size", say("Largest first")],
  ["score", say("Least sure first")],
];
let sort = ""; // kept from task to task; what a filter hides in one task is none of the next one's

/**
 * @param {any} list see mark_list.js
 * @param {{labels: {key: string, name: string}[], sources: string[], scored: boolean, keyOf: (action: string) => string,
 *   readOf: (item: any) => import("./list_order.js").Read, onChange: () => void, onDone: () => void,
 *   verbs: [string, string][], act: (action: string) => void}} ways sources, scored: what can be asked for here; verbs: what
 *   can be done to several at once, each an action and its name
 */
export function createListTools(list, { labels, sources, scored, keyOf, readOf, onChange, onDone, verbs, act }) {
  /** @type {import("./list_order.js").Filter} */
  const filter = { ...noFilter(), sort: /** @type {any} */ (scored || sort !== "score" ? sort : "") };
  const words = element("input", { class: "input list-tools__words", type: "search", autocomplete: "off", placeholder: say("Words…"), "aria-label": say("Only with these words") });
  const choose = (name, text, rows) => element("select", { class: "input", name, "aria-label": text }, ...rows.map(([value, word]) => element("option", { value }, word)));
  const label = choose("label", say("Only with this label"), [["", say("Every label")], ...labels.map(({ key, name }) => [key, name])]);
  const source = choose("source", say("Only from there"), [["", say("From anywhere")], ...SOURCES.filter(([key]) => sources.includes(key))]);
  const order = choose("sort", say("Order of the list"), SORTS.filter(([key]) => scored || key !== "score"));
  const all = element("button", { class: "button button--small button--quiet", type: "button", onclick: () => clear() }, say("Show all"));
  const fields = element("div", { class: "list-tools", hidden: true, oninput: read, onkeydown: pressed }, words, label, source, order, all);
  const opener = element("button", { class: "button button--quiet button--small list-tools__opener", type: "button", "aria-expanded": "false", title: say("Filter and sort ({key})", { key: keyOf("filter") }), onclick: () => turn(fields.hidden) }, say("Filter"));
  const told = element("span", { class: "small" });
  const bulk = element("div", { class: "list-bulk", hidden: true, role: "group", "aria-label": say("What is selected") }, told, ...verbs.map(([action, text]) => element("button", { class: "button button--small", type: "button", title: keyOf(action), onclick: () => act(action) }, text)));
  order.value = filter.sort;
  list.head.append(opener);
  list.head.after(fields, bulk);
  mark();

  function turn(open) {
    fields.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) words.focus();
  }

  function read() {
    Object.assign(filter, { words: words.value, label: label.value, source: source.value, sort: order.value });
    sort = filter.sort;
    mark();
    onChange();
  }

  function mark() {
    all.hidden = !narrows(filter);
    opener.toggleAttribute("data-on", narrows(filter) || Boolean(filter.sort));
  }

  function clear() {
    words.value = label.value = source.value = "";
    read();
    words.focus();
  }

  /** Escape leaves the fields; what they ask for stays until it is taken away. */
  function pressed(event) {
    if (event.key !== "Escape" && !(event.key === "Enter" && event.target === words)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape" && words.value && event.target === words) return clear();
    onDone();
  }

  return {
    /** @param {any[]} items @returns {any[]} as they are to be shown */
    arrange: (items) => arranged(items, filter, readOf),
    /** Whether the list goes another way than the marks do. */
    get on() {
      return narrows(filter) || Boolean(filter.sort);
    },
    focus: () => turn(true),
    /** @param {number} count of what is selected */
    selected(count) {
      bulk.hidden = count < 2;
      told.textContent = sayCount(count, "{count} selected", "{count} selected");
    },
  };
}
