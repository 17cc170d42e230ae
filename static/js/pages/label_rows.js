/** What the label table computes: pure. */

/** A field's name in a Django formset, for another row. @param {string} name @param {number} index */
export function numbered(name, index) {
  return name.replace(/^labels-(\d+|__prefix__)-/, `labels-${index}-`);
}

/**
 * A colour that no row has yet, as long as there are any.
 * @param {(string|undefined)[]} used those of the rows @param {string[]} colours those that there are
 */
export function freshColour(used, colours) {
  return colours.find((colour) => !used.includes(colour)) ?? colours[used.length % colours.length];
}

/** A sentence with its places filled. @param {string} words "{name} of {count}" @param {Record<string, unknown>} values */
export function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

/** Whether one of the texts has all the words, whatever their case and accents. @param {string[]} texts @param {string} words */
export function holds(texts, words) {
  const wanted = folded(words).split(/\s+/).filter(Boolean);
  return texts.map(folded).some((text) => wanted.every((word) => text.includes(word)));
}

/** @param {string} text */
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
