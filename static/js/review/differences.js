/** The list of what the answers say, part by part: what differs first to be decided, each with who says what. */
import { element } from "../studio/shared/elements.js";
import { quoted, say, sayCount } from "../studio/shared/words.js";
import { colourOf, letterOf, wordsOf } from "./answers.js";
import { NOTHING } from "./combination.js";

/**
 * @param {HTMLElement} host emptied first
 * @param {{combination: any, answers: any[], task: any, fields: any[], nameOf: (label: string) => string,
 *   keyOf: (action: string) => string, onGo: (place: number) => void, act: (action: string) => void}} work
 */
export function createDifferences(host, { combination, answers, task, fields, nameOf, keyOf, onGo, act }) {
  const list = element("ol", { class: "differences" });
  const title = element("h2", { class: "panel-part__title", id: "differences-title" }, say("Differences"));
  const count = element("p", { class: "small", role: "status" });
  const way = (action, text) =>
    element("button", { class: "button button--small", type: "button", onclick: () => act(action) }, text, " ", element("kbd", { class: "key" }, keyOf(action)));
  const ways = element("div", { class: "review__ways" }, way("agreeAll", say("Majority for all")), way("edit", say("Edit it")));
  host.replaceChildren(element("section", { class: "panel-part", "aria-labelledby": "differences-title" }, title, count, list, ways));

  /** A part in a few words: its label, or what a field says. */
  function nameOfPart(part) {
    if (part.field) return wordsOf(part, nameOf);
    const words = part.end === undefined ? "" : ` ${quoted([...task.payload.text].slice(part.start, part.end).join("").slice(0, 30))}`;
    const told = Object.values(part.attributes ?? {}).map(String).join(", ");
    return `${nameOf(part.label)}${words}${told ? ` · ${told}` : ""}`;
  }

  function groupButton(place, who, words) {
    const { said } = combination.places[place];
    const taken = combination.picks[place];
    const pressed = words === null ? taken === NOTHING : who.includes(taken) && said.has(taken);
    const best = who.includes(taken) ? taken : who[0];
    return element(
      "button",
      { class: "difference__say", type: "button", "aria-pressed": String(pressed), onclick: () => (onGo(place), act(words === null ? "leave" : `take:${best}`)) },
      ...who.map((one) => element("span", { class: "difference__who", "data-colour": one % 8 }, letterOf(answers[one].name))),
      words ?? say("Nothing here"),
    );
  }

  function row({ said, groups, agreed }, place) {
    const taken = combination.picks[place];
    const some = groups.filter(([first]) => said.has(first)).map((who) => groupButton(place, who, nameOfPart(said.get(who[0]))));
    const silent = groups.find(([first]) => !said.has(first)) ?? [];
    const first = [...said.values()][0];
    const name = first.field ? (fields.find((one) => one.key === first.field)?.name ?? first.field) : nameOfPart(first);
    const state = agreed ? say("All agree") : taken === null ? say("Open") : taken === NOTHING ? say("Left out") : say("From {name}", { name: answers[taken].name });
    return element(
      "li",
      { class: "difference", "aria-current": place === combination.at ? "true" : null, "data-state": taken === null ? "open" : agreed ? "agreed" : "decided" },
      element("button", { class: "difference__go", type: "button", onclick: () => onGo(place) }, element("span", { class: "number" }, `${place + 1}.`), " ", name, " ", element("span", { class: taken === null ? "badge badge--warn" : "badge" }, state)),
      place === combination.at && element("div", { class: "difference__says" }, ...some, groupButton(place, silent, null)),
    );
  }

  return {
    show() {
      const { open, differing, at } = combination;
      count.textContent = open.length
        ? sayCount(open.length, "{count} of {all} differences is open.", "{count} of {all} differences are open.", { all: differing })
        : say("All is decided.");
      list.replaceChildren(...combination.places.map(row));
      list.children[at]?.scrollIntoView({ block: "nearest" });
    },
    /** What is in sight, for who doesn't see it. */
    told() {
      const place = combination.places[combination.at];
      if (!place || !combination.open.length) return say("All is decided.");
      const who = place.groups.map((some) => `${some.map((one) => letterOf(answers[one].name)).join(" ")}: ${place.said.has(some[0]) ? nameOfPart(place.said.get(some[0])) : say("Nothing here")}`);
      return say("{n} of {count}. {who}", { n: combination.at + 1, count: combination.places.length, who: who.join("; ") });
    },
  };
}

/** What is drawn while combining: what was taken so far, and of each answer what it says of the match in sight. */
export function drawnOf(combination, answers, list) {
  const taken = { id: "combined", name: say("Combined"), letter: "✓", index: answers.length, colour: "#3d4a52", chosen: true, answer: combination.answer() };
  const of = (who) => [combination.partOf(combination.at, who)].filter(Boolean);
  const each = answers.map((one, index) => ({
    ...one, index, letter: letterOf(one.name), colour: colourOf(index), chosen: false, answer: list === "fields" ? one.answer : { ...one.answer, [list]: of(index) },
  }));
  return [...each.filter((one) => !one.changed && !one.before), taken];
}
