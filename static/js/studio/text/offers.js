/** The bar below the text: what the copilot suggests and what to do with it, or the button that asks for it. */
import { sureBands } from "../shared/confidence.js";
import { element } from "../shared/elements.js";
import { say, sayCount } from "../shared/words.js";

/**
 * @param {HTMLElement} host
 * @param {{confidence: "hidden"|"band"|"number", act: (action: string) => void, keyOf: (action: string) => string}} ways
 */
export function createTextOffers(host, { confidence, act, keyOf }) {
  const bar = element("div", { class: "offer offer--text", hidden: true });
  let chosen = 0; // which of the choices: made once, it stays for the task
  let choices = [];
  host.append(bar);

  const verb = (action, text, kind = "") =>
    element("button", { class: `button button--small ${kind}`, type: "button", onclick: () => act(action) }, text, " ", element("kbd", { class: "key" }, keyOf(action)));

  function sure() {
    if (!choices.length) return [];
    const options = choices.map(({ bands, text }, at) => element("option", { value: bands.at(-1), selected: at === chosen }, text));
    const choose = element("select", { class: "offer__floor", "aria-label": say("How sure the copilot must be"), onchange: (event) => (chosen = event.target.selectedIndex) }, ...options);
    return [element("span", { class: "cluster offer__sure" }, verb("accept-sure", say("Accept the sure ones")), choose)];
  }

  return {
    /** The bands that "accept the sure ones" takes; none where that isn't on offer. @returns {string[]} */
    get bands() {
      return choices[chosen]?.bands ?? [];
    },
    /** @param {{pending: any[], unasked: boolean, current?: string}} state current: the one that accept is about, in words */
    show({ pending, unasked, current = "" }) {
      choices = sureBands(pending, confidence);
      bar.hidden = !pending.length && !unasked;
      if (bar.hidden) return;
      if (unasked) return bar.replaceChildren(verb("ask", say("Show suggestions")));
      if (bar.contains(document.activeElement) && document.activeElement.matches("select")) document.activeElement.blur();
      bar.replaceChildren(
        element("span", { class: "small" }, sayCount(pending.length, "{count} suggestion", "{count} suggestions")),
        current && element("span", { class: "small offer__current" }, current),
        verb("accept", say("Accept"), "button--primary"),
        verb("reject", say("Reject")),
        verb("accept-all", say("Accept all")),
        ...sure(),
      );
    },
  };
}
