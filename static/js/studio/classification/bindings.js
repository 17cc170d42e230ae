/** The keys of a classification. A label keeps its own key; the digits choose in the field at hand. */
import { say } from "../shared/words.js";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** @param {boolean} pictured whether there is an image to look at, not text alone @returns {import("../shared/keys.js").Binding[]} */
export function classificationBindings(pictured) {
  const rows = (group, list) => list.map(([action, keys, text]) => ({ action, keys, text, group }));
  const look = [
    ["closer", ["+", "="], say("Closer")],
    ["further", ["-"], say("Further away")],
    ["fit", ["0"], say("Fit the image")],
  ];
  const read = [
    ["closer", ["+", "="], say("Larger text")],
    ["further", ["-"], say("Smaller text")],
  ];
  return [
    ...rows(say("Fields"), [
      ["next-field", ["j"], say("Next field")],
      ["previous-field", ["k"], say("Field before")],
      ["clear-field", ["delete", "backspace"], say("Empty the field")],
      ["find-label", ["/"], say("Find a label of a tree by its name")],
      ["hand-in", ["space"], say("Submit and go on")],
    ]),
    ...(pictured ? rows(say("Image"), look) : rows(say("Text"), read)),
  ];
}

/**
 * What is done with the copilot's suggestions. A label that has one of these keys keeps it; Shift with it does then.
 * @param {import("../shared/keys.js").Binding[]} taken
 * @returns {import("../shared/keys.js").Binding[]}
 */
export function offerBindings(taken) {
  const used = new Set(taken.flatMap((binding) => binding.keys));
  const rows = [
    ["accept", "a", say("Accept the suggestion for the field at hand, or the next")],
    ["reject", "x", say("Reject it")],
    ["ask", "q", say("Show suggestions, where they wait to be asked for")],
  ];
  const group = say("Copilot");
  return rows.map(([action, key, text]) => ({ action, keys: [key, `shift+${key}`].filter((one) => !used.has(one)), text, group }));
}

/**
 * A label's own key where nothing else has it, and the digits that no label took for itself.
 * @param {{key: string, name: string, hotkey?: string}[]} labels
 * @param {import("../shared/keys.js").Binding[]} taken
 * @returns {import("../shared/keys.js").Binding[]}
 */
export function choiceBindings(labels, taken) {
  const used = new Set(taken.flatMap((binding) => binding.keys));
  const group = say("Choices");
  const own = [];
  for (const label of labels) {
    const key = label.hotkey?.toLowerCase();
    if (!key) continue;
    const other = taken.find(({ keys }) => keys.includes(key));
    if (other) own.push({ action: `label:${label.key}`, keys: [], text: label.name, group, lost: { key, text: other.text } });
    if (used.has(key)) continue;
    used.add(key);
    own.push({ action: `label:${label.key}`, keys: [key], text: label.name, group });
  }
  const digits = DIGITS.filter((digit) => !used.has(digit));
  const places = digits.map((digit) => ({ action: `digit:${digit}`, keys: [digit], text: say("Choice {digit} of the field at hand", { digit }), group }));
  return [...own, ...places];
}
