/** The side panel's two parts, the same for every kind of task: the labels, and the list of what is marked. */
import { element, icon, swatch } from "./elements.js";
import { say, sayCount } from "./words.js";

const PROVENANCE = {
  human: { icon: "hand", text: say("By hand") },
  suggestion: { icon: "spark", text: say("From the copilot") },
  edited: { icon: "pencil", text: say("From the copilot, edited") },
};

/**
 * @param {HTMLElement} host
 * @param {{key: string, name: string, colour: string}[]} labels
 * @param {{keyOf: (label: string) => string, onPick: (label: string) => void}} ways
 */
export function createPalette(host, labels, { keyOf, onPick }) {
  const buttons = labels.map((label) => {
    const key = keyOf(label.key);
    return element(
      "button",
      { class: "palette__label", type: "button", "aria-pressed": "false", "data-key": label.key, onclick: () => onPick(label.key) },
      swatch(label.colour),
      element("span", { class: "clip" }, label.name),
      key && element("kbd", { class: "key" }, key),
    );
  });
  host.append(
    element(
      "section",
      { class: "panel-part", "aria-labelledby": "labels-title" },
      element("h2", { class: "panel-part__title", id: "labels-title" }, say("Labels")),
      element("div", { class: "palette" }, ...buttons),
    ),
  );
  return {
    /** @param {string|null} current */
    mark(current) {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.key === current));
    },
  };
}

/**
 * The list of regions or spans. Rows are made anew at each change; the focus stays on the same button.
 * @param {HTMLElement} host
 * @param {{title: string, empty: string, verbs: {name: string, icon: (item: object) => string,
 *   text: (item: object) => string, pressed?: (item: object) => boolean}[],
 *   onVerb: (name: string, id: string) => void}} ways "select" is a verb of every row
 */
export function createMarkList(host, { title, empty, verbs, onVerb }) {
  const heading = element("h2", { class: "panel-part__title", id: "marks-title" }, title);
  const count = element("span", { class: "badge number" });
  const list = element("ol", { class: "marks", onclick: (event) => {
    const button = event.target.closest("button");
    if (button) onVerb(button.dataset.verb, button.closest("li").dataset.id);
  } });
  const nothing = element("p", { class: "marks__empty small muted" }, empty);
  host.append(
    element(
      "section",
      { class: "panel-part panel-part--grow", "aria-labelledby": "marks-title" },
      element("div", { class: "panel-part__head" }, heading, count),
      list,
      nothing,
    ),
  );

  function row(item) {
    const source = PROVENANCE[item.provenance?.source];
    return element(
      "li",
      { class: "marks__row", "data-id": item.id, "data-selected": item.selected, "data-hidden": item.hidden, "data-offer": item.offer },
      element(
        "button",
        { class: "marks__select", type: "button", "data-verb": "select", "aria-pressed": String(Boolean(item.selected)) },
        swatch(item.colour),
        element("span", { class: "marks__name clip" }, item.name),
        item.detail && element("span", { class: "marks__detail small muted number clip" }, item.detail),
        source && element("span", { class: "marks__source", title: source.text }, icon(source.icon), element("span", { class: "visually-hidden" }, source.text)),
      ),
      ...verbs.filter((verb) => !verb.only || verb.only(item)).map((verb) => verbButton(verb, item)),
    );
  }

  function verbButton(verb, item) {
    return element(
      "button",
      { class: "marks__verb", type: "button", "data-verb": verb.name, title: verb.text(item), "aria-label": `${verb.text(item)}: ${item.name}`, "aria-pressed": verb.pressed ? String(verb.pressed(item)) : null },
      icon(verb.icon(item)),
    );
  }

  return {
    /** @param {{id: string, name: string, colour: string, detail?: string, selected?: boolean, hidden?: boolean,
     *   offer?: boolean, provenance?: object}[]} items */
    show(items) {
      const focused = document.activeElement?.closest?.(".marks button");
      const held = focused && { id: focused.closest("li").dataset.id, verb: focused.dataset.verb };
      list.replaceChildren(...items.map(row));
      nothing.hidden = items.length > 0;
      count.hidden = items.length === 0;
      count.textContent = String(items.length);
      count.setAttribute("aria-label", sayCount(items.length, "{count} mark", "{count} marks"));
      if (held) {
        const same = list.querySelector(`li[data-id="${CSS.escape(held.id)}"] [data-verb="${held.verb}"]`);
        (same ?? list.querySelector("button") ?? host.querySelector("button"))?.focus();
      }
      list.querySelector("[data-selected]")?.scrollIntoView({ block: "nearest" });
    },
  };
}
