/** Words of the interface: through Django's JavaScript catalogue when the page carries one, else as written. */

/**
 * @param {string} text English, with {names} to be filled in
 * @param {Record<string, string|number>} [values]
 */
export function say(text, values = {}) {
  const catalogue = globalThis.django?.gettext;
  const found = catalogue ? catalogue(text) : text;
  return found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A text between the reader's quotation marks. @param {string|number} text */
export const quoted = (text) => say("“{text}”", { text });

/** One form for one, another for many; both may hold {count}. */
export function sayCount(count, one, many, values = {}) {
  const catalogue = globalThis.django?.ngettext;
  const found = catalogue ? catalogue(one, many, count) : count === 1 ? one : many;
  return say(found, { ...values, count });
}
