/** Label keys as a project chose them, kept out of the way of the studio's own. */

/**
 * A label keeps its own key while nothing else has it; else it gets the digit of its place, else none.
 * @param {{key: string, name: string, hotkey?: string}[]} labels
 * @param {import("./keys.js").Binding[]} taken bindings that come first
 * @param {string} group heading in the cheat sheet
 * @returns {import("./keys.js").Binding[]}
 */
export function labelBindings(labels, taken, group) {
  const used = new Set(taken.flatMap((binding) => binding.keys));
  return labels.map((label, place) => {
    const wishes = [label.hotkey?.toLowerCase(), place < 9 ? String(place + 1) : ""];
    const key = wishes.find((wish) => wish && !used.has(wish));
    if (key) used.add(key);
    return { action: `label:${label.key}`, keys: key ? [key] : [], text: label.name, group };
  });
}
