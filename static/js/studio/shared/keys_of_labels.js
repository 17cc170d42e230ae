/** Label keys as a project chose them, kept out of the way of the studio's own, and of those that a person chose. */
import { MORE } from "./keys.js";
import { say } from "./words.js";

const SECOND = [..."123456789abcdefghijklmnopqrstuvwxyz"];

/**
 * A label keeps its own key while nothing else has it; else it gets the digit of its place, else 0 and a second key, else
 * none.
 * @param {{key: string, name: string, hotkey?: string}[]} labels
 * @param {import("./keys.js").Binding[]} taken bindings that come first
 * @param {string} group heading in the list of shortcuts
 * @returns {import("./keys.js").Binding[]} `lost`: the key that a label asks for and that does something else here
 */
export function labelBindings(labels, taken, group) {
  const used = new Set(taken.flatMap((binding) => binding.keys));
  const bindings = labels.map((label, place) => {
    const wanted = [label.hotkey?.toLowerCase(), place < 9 ? String(place + 1) : ""];
    const key = wanted.find((one) => one && !used.has(one));
    const lost = key !== wanted[0] && lostTo(wanted[0], taken);
    if (key) used.add(key);
    return { action: `label:${label.key}`, keys: key ? [key] : [], text: label.name, group, ...(lost && { lost }) };
  });
  return withSecondKeys(bindings, used, group);
}

/** Bindings of labels, those without a key on 0 and another one. @param {Set<string>} used keys of anything else */
export function withSecondKeys(bindings, used, group) {
  const open = bindings.filter(({ keys }) => !keys.length).slice(0, SECOND.length);
  if (!open.length || used.has("0")) return bindings;
  const second = new Map(open.map((one, place) => [one, [`0 ${SECOND[place]}`]]));
  const more = { action: MORE, keys: ["0"], text: say("One of the further labels: then its digit or letter"), group };
  return [...bindings.map((one) => (second.has(one) ? { ...one, keys: second.get(one) } : one)), more];
}

/** @returns {{key: string, text: string}|null} what has the key instead */
function lostTo(key, taken) {
  const other = key && taken.find(({ keys }) => keys.includes(key));
  return other ? { key, text: other.text } : null;
}
