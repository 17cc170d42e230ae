/** The labels in the side panel, the same for every kind of task. */
import { element, swatch } from "./elements.js";
import { say } from "./words.js";

/**
 * @param {HTMLElement} host
 * @param {{key: string, name: string, colour: string, pattern?: number}[]} labels
 * @param {{keyOf: (label: string) => string, onPick: (label: string) => void}} ways
 */
export function createPalette(host, labels, { keyOf, onPick }) {
  const buttons = labels.map((label) => {
    const key = keyOf(label.key);
    return element(
      "button",
      { class: "palette__label", type: "button", "aria-pressed": "false", "data-key": label.key, onclick: () => onPick(label.key) },
      swatch(label.colour, label.pattern),
      element("span", { class: "clip" }, label.name),
      key && element("kbd", { class: "key" }, key),
    );
  });
  const palette = element("div", { class: "palette" }, ...buttons);
  host.append(
    element(
      "section",
      { class: "panel-part panel-part--labels", "aria-labelledby": "labels-title" },
      element("h2", { class: "panel-part__title", id: "labels-title" }, say("Labels")),
      palette,
    ),
  );
  return {
    host: palette,
    buttons,
    /** @param {string|null} current */
    mark(current) {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.key === current));
    },
  };
}
