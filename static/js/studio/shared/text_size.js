/** How large the text is shown: kept on this machine, for every task. */
import { element } from "./elements.js";
import { say } from "./words.js";

export const SIZES = [0.875, 1, 1.125, 1.3125, 1.5, 1.875, 2.25]; // rem
const USUAL = 1.125;
const KEPT = "tandem.text-size";

/** The size after this one, up or down; the largest and the smallest stay. @param {number} size @param {1|-1} by */
export function sizeAfter(size, by) {
  const at = SIZES.findIndex((one) => one >= size);
  return SIZES[Math.min(Math.max((at < 0 ? SIZES.length - 1 : at) + by, 0), SIZES.length - 1)];
}

/** What was kept, if it is a size. @param {string|null} kept */
export function sizeKept(kept) {
  return SIZES.includes(Number(kept)) ? Number(kept) : USUAL;
}

/**
 * @param {HTMLElement} panel
 * @param {HTMLElement} text or what holds it
 * @param {{act: (action: string) => void, keyOf: (action: string) => string, announce: (text: string) => void,
 *   actions?: [string, string]}} ways actions: those of the keys, smaller and larger
 * @returns {{step: (by: 1|-1) => void}}
 */
export function createTextSize(panel, text, { act, keyOf, announce, actions = ["smaller-text", "larger-text"] }) {
  let size = sizeKept(read());
  const buttons = [say("Smaller"), say("Larger")].map((words, i) =>
    element("button", { class: "palette__label", type: "button", "data-mode": actions[i], onclick: () => act(actions[i]) },
      element("span", { class: "clip" }, words), element("kbd", { class: "key" }, keyOf(actions[i]))));
  panel.append(
    element("section", { class: "panel-part panel-part--modes", "aria-labelledby": "text-size-title" },
      element("h2", { class: "panel-part__title", id: "text-size-title" }, say("Size of the text")),
      element("div", { class: "palette palette--pair" }, ...buttons)));

  function show() {
    text.style.setProperty("--text-size", `${size}rem`);
    buttons[0].disabled = size === SIZES[0];
    buttons[1].disabled = size === SIZES.at(-1);
  }

  show();
  return {
    step(by) {
      size = sizeAfter(size, by);
      show();
      keep(size);
      announce(say("Text at {percent} %", { percent: Math.round((100 * size) / USUAL) }));
    },
  };
}

/** Without leave to keep anything the size holds for this task. */
function read() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(size) {
  try {
    localStorage.setItem(KEPT, String(size));
  } catch {
    // it is the usual one next time
  }
}
