/** What the label table computes: pure. */

const COLOURS = [
  "#1971c2", "#e8590c", "#2f9e44", "#9c36b5", "#c2255c", "#0c8599", "#f08c00", "#5f3dc4", "#66a80f", "#495057",
];

/** A field's name in a Django formset, for another row. @param {string} name @param {number} index */
export function numbered(name, index) {
  return name.replace(/^labels-(\d+|__prefix__)-/, `labels-${index}-`);
}

/** A colour that no row has yet, as long as there are any. @param {(string|undefined)[]} used those of the rows */
export function freshColour(used) {
  return COLOURS.find((colour) => !used.includes(colour)) ?? COLOURS[used.length % COLOURS.length];
}

/** A sentence with its places filled. @param {string} words "{name} of {count}" @param {Record<string, unknown>} values */
export function filled(words, values) {
  return words.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
