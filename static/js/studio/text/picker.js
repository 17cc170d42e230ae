/** A small strip of labels beside a selection: one click or one key marks it. */
import { element, swatch } from "../shared/elements.js";
import { clamp } from "../shared/geometry.js";
import { say } from "../shared/words.js";

/**
 * @param {HTMLElement} host positioned
 * @param {{key: string, name: string, colour: string, pattern?: number}[]} labels
 * @param {{keyOf: (label: string) => string, onPick: (label: string) => void}} ways
 */
export function createPicker(host, labels, { keyOf, onPick }) {
  const strip = element(
    "div",
    { class: "picker", role: "toolbar", "aria-label": say("Mark as"), hidden: true },
    ...labels.map((label) =>
      element(
        "button",
        { class: "picker__label", type: "button", onclick: () => onPick(label.key) },
        swatch(label.colour, label.pattern),
        label.name,
        keyOf(label.key) && element("kbd", { class: "key" }, keyOf(label.key)),
      ),
    ),
  );
  // The selection must outlive a press on the strip.
  strip.addEventListener("pointerdown", (event) => event.preventDefault());
  host.append(strip);

  return {
    /** @param {DOMRect} rect where the selection ends on screen */
    show(rect) {
      strip.hidden = false;
      const corner = host.getBoundingClientRect();
      const left = clamp(rect.left - corner.left, 0, Math.max(0, corner.width - strip.offsetWidth));
      strip.style.left = `${left}px`;
      strip.style.top = `${rect.bottom - corner.top + 10}px`;
    },
    hide() {
      strip.hidden = true;
    },
  };
}
