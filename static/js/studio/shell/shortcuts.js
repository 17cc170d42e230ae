/** The list of shortcuts on `?`. Fetched behind the first task: nobody needs it before. */
import { byId, element } from "../shared/elements.js";
import { worded } from "../image/key_words.js";
import { printed } from "../shared/keys.js";
import { say } from "../shared/words.js";

/** @param {import("../shared/keys.js").Binding[]} bindings an image's may come without words */
export function showKeys(bindings) {
  const all = worded(bindings);
  const groups = Map.groupBy?.(all, (one) => one.group) ?? grouped(all);
  const parts = [...groups].map(([group, rows]) =>
    element(
      "section",
      { class: "shortcuts__group" },
      element("h3", {}, group),
      element("dl", {}, ...rows.filter((row) => row.keys.length || row.lost).map(keyRow)),
    ),
  );
  byId("shortcuts").replaceChildren(...parts);
  byId("keys-dialog").showModal();
}

function grouped(bindings) {
  const groups = new Map();
  for (const one of bindings) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

function keyRow(row) {
  const names = row.keys.map((key) => element("kbd", { class: "key" }, printed(key)));
  const lost = row.lost && element("span", { class: "small muted block" }, wordsOfLost(row));
  return element("div", {}, element("dt", {}, ...names), element("dd", {}, row.text, lost));
}

/**
 * Of a label whose key does something else here: which of the two wins, and where the label is instead.
 * @param {{keys: string[], text: string, lost?: any}} row
 */
export function wordsOfLost({ keys, text, lost }) {
  const values = { key: printed(lost.key), action: lost.text, label: text, place: keys.length ? printed(keys[0]) : "" };
  return keys.length
    ? say("{key} does “{action}” here and stays so: the label “{label}” is on {place}.", values)
    : say("{key} does “{action}” here and stays so: the label “{label}” has no key.", values);
}
