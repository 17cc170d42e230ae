/** The bar below the text: what the copilot suggests and what to do with it, or the button that asks for it. */
import { floors } from "../shared/confidence.js";
import { element } from "../shared/elements.js";
import { say, sayCount } from "../shared/words.js";

/**
 * @param {HTMLElement} host
 * @param {{confidence: "hidden"|"band"|"number", act: (action: string) => void, keyOf: (action: string) => string}} ways
 */
export function createTextOffers(host, { confidence, act, keyOf }) {
  const bar = element("div", { class: "offer offer--text", hidden: true });
  let floor = null; // chosen once, it stays for the task
  host.append(bar);

  const verb = (action, text, kind = "") =>
    element("button", { class: `button button--small ${kind}`, type: "button", onclick: () => act(action) }, text, " ", element("kbd", { class: "key" }, keyOf(action)));

  function sure(levels) {
    if (!levels.length) return [];
    floor ??= levels[0].from;
    const choices = levels.map(({ from, text }) => element("option", { value: String(from), selected: from === floor }, text));
    const choose = element("select", { class: "offer__floor", "aria-label": say("How sure the copilot must be"), onchange: (event) => (floor = Number(event.target.value)) }, ...choices);
    return [element("span", { class: "cluster offer__sure" }, verb("accept-sure", say("Accept the sure ones")), choose)];
  }

  return {
    /** From which score on "accept the sure ones" takes suggestions; null where that isn't on offer. */
    get floor() {
      return floor;
    },
    /** @param {{pending: any[], unasked: boolean}} state */
    show({ pending, unasked }) {
      bar.hidden = !pending.length && !unasked;
      if (bar.hidden) return;
      if (unasked) return bar.replaceChildren(verb("ask", say("Show suggestions")));
      if (bar.contains(document.activeElement) && document.activeElement.matches("select")) document.activeElement.blur();
      const levels = floors(pending, confidence);
      if (!levels.length) floor = null;
      bar.replaceChildren(
        element("span", { class: "small" }, sayCount(pending.length, "{count} suggestion", "{count} suggestions")),
        verb("accept", say("Accept"), "button--primary"),
        verb("reject", say("Reject")),
        verb("accept-all", say("Accept all")),
        ...sure(levels),
      );
    },
  };
}
