/** The text studio's switches in the side panel: words or letters, and the mark on every place that says the same. */
import { element } from "../shared/elements.js";
import { say } from "../shared/words.js";

/**
 * @param {HTMLElement} host
 * @param {{act: (action: string) => void, keyOf: (action: string) => string}} ways
 */
export function createModes(host, { act, keyOf }) {
  const letters = button("letters", say("Letter by letter"));
  const all = button("mark-all", say("Mark every occurrence"));
  const sticky = element("p", { class: "small muted modes__sticky", hidden: true });
  host.append(
    element(
      "section",
      { class: "panel-part panel-part--modes", "aria-labelledby": "modes-title" },
      element("h2", { class: "panel-part__title", id: "modes-title" }, say("Selecting")),
      element("div", { class: "palette" }, letters, all),
      sticky,
    ),
  );

  function button(action, words) {
    const key = keyOf(action);
    return element(
      "button",
      { class: "palette__label", type: "button", "aria-pressed": "false", "data-mode": action, onclick: () => act(action) },
      element("span", { class: "clip" }, words),
      key && element("kbd", { class: "key" }, key),
    );
  }

  return {
    /** @param {{letters: boolean, all: boolean, sticky: string}} now sticky: name of the label that stays on, or "" */
    show(now) {
      letters.setAttribute("aria-pressed", String(now.letters));
      all.setAttribute("aria-pressed", String(now.all));
      sticky.hidden = !now.sticky;
      sticky.textContent = now.sticky && say("Each selection is marked as {label}.", { label: now.sticky });
    },
  };
}
