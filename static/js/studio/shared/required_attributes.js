/**
 * What must be filled in before marks are handed in: pure.
 *
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
