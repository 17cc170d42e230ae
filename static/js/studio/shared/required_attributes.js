/** What must be filled in before marks are handed in. */

import { say } from "./words.js";

/**
 * @typedef {{key: string, name: string, kind: string, required?: boolean}} Attribute
 */

/** Whether nothing stands there; "no" is something. @param {unknown} value */
export const isOpen = (value) => value === undefined || value === null || value === "";

/**
 * The required attributes that marks leave open, in the order of the marks.
 * @param {{id: string, label: string, attributes: Record<string, unknown>}[]} marks
 * @param {(label: string) => {attributes?: Attribute[]}|undefined} labelOf
 * @returns {{id: string, label: string, key: string, name: string}[]}
 */
export function openAttributes(marks, labelOf) {
  return marks.flatMap(({ id, label, attributes }) => {
    const open = (labelOf(label)?.attributes ?? []).filter((one) => one.required && isOpen(attributes?.[one.key]));
    return open.map(({ key, name }) => ({ id, label, key, name }));
  });
}

/**
 * Keeps what leaves something open from being handed in: goes to the first such mark and asks for what is missing, once
 * the fields have come should they be still on their way.
 * @param {{marks: () => any[], labelOf: (label: string) => any, choose: (id: string) => void, announce: (text: string) => void}} editor
 */
export function createRequired({ marks, labelOf, choose, announce }) {
  let wanted = "";
  let fields = null;
  return {
    /** @param {{ask: (key: string) => void}|undefined} shown */
    fieldsCame(shown) {
      fields = shown;
      if (wanted) fields?.ask(wanted);
    },

    /** @returns {boolean} whether something is missing */
    ask() {
      const [first] = openAttributes(marks(), labelOf);
      if (!first) return false;
      choose(first.id);
      wanted = first.key;
      fields?.ask(wanted);
      announce(say("{label} can't be handed in without: {field}", { label: labelOf(first.label)?.name ?? first.label, field: first.name }));
      return true;
    },
  };
}
