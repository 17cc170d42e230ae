/**
 * The fields that a classification asks for, in the page; the twin of asked_fields.py. Pure.
 *
 * @typedef {{key: string, name: string, kind: "choice"|"multiple"|"tree"|"number"|"text", required: boolean,
 *   when?: {field: string, is: string}, min?: number, max?: number, step?: number, unit?: string,
 *   longest?: number}} Field
 * @typedef {{key: string, name: string, colour: string, hotkey?: string, field?: string, parent?: string|null}} Label
 */

export const CHOICES = ["choice", "multiple", "tree"];

/** The labels that are choices of a field: those that say so, and for the first field also those that say nothing. */
export function labelsOf(field, fields, labels) {
  const first = fields.find((one) => CHOICES.includes(one.kind));
  return labels.filter((label) => (label.field || first?.key) === field.key);
}

/** The fields to be filled in; one that is hidden hides what hangs on it. @param {Record<string, unknown>} values */
export function shownFields(fields, values) {
  const seen = {};
  return fields.filter((field) => {
    const { when } = field;
    if (when && !says(seen[when.field], when.is)) return false;
    seen[field.key] = values[field.key];
    return true;
  });
}

function says(value, wanted) {
  return Array.isArray(value) ? value.includes(wanted) : value === wanted;
}

/** The path of label keys from the root to a label. @param {Label[]} labels */
export function pathTo(key, labels) {
  const path = [];
  for (let at = labels.find((one) => one.key === key); at && !path.includes(at.key); ) {
    path.unshift(at.key);
    at = labels.find((one) => one.key === at.parent);
  }
  return path;
}

/** Whether a field takes a value, as the server will say it. */
export function takes(field, value, fields, labels) {
  const known = labelsOf(field, fields, labels).map((label) => label.key);
  if (field.kind === "choice") return known.includes(value);
  if (field.kind === "multiple") return isList(value) && value.length > 0 && value.every((one) => known.includes(one));
  if (field.kind === "tree") return isList(value) && value.length > 0 && same(pathTo(value.at(-1), labels), value);
  if (field.kind === "text") return typeof value === "string" && value.trim() !== "" && [...value].length <= (field.longest ?? 2000);
  return typeof value === "number" && fits(field, value);
}

function fits({ min, max, step }, value) {
  if (!Number.isFinite(value) || Math.abs(value) > 1e12) return false;
  if (max !== undefined && (value < min || value > max)) return false;
  if (step === undefined) return true;
  const steps = (value - (min ?? 0)) / step;
  return Math.abs(steps - Math.round(steps)) < 1e-6;
}

/** What is proposed in a task's payload, as far as the fields take it. @returns {Record<string, unknown>} */
export function proposedValues(payload, fields, labels) {
  const { "": alone, ...said } = payload.proposed ?? {};
  if (alone !== undefined && fields.length) said[fields[0].key] ??= alone;
  const found = {};
  for (const field of fields) {
    const value = asKind(field, said[field.key], labels);
    if (takes(field, value, fields, labels)) found[field.key] = value;
  }
  return found;
}

/** A proposal may name labels by their names, a tree by its last step, an option alone, a number as text. */
function asKind({ kind }, value, labels) {
  const keyed = (one) => labels.find((label) => label.key === one || label.name === one)?.key ?? one;
  if (kind === "choice") return keyed(value);
  if (kind === "multiple") return value === undefined ? value : [value].flat().map(keyed).sort();
  if (kind === "tree") return typeof value === "string" ? pathTo(keyed(value), labels) : value;
  if (kind === "number") return typeof value === "string" && value.trim() ? Number(value) : value;
  return value;
}

const isList = Array.isArray;

export function same(a, b) {
  return isList(a) && isList(b) ? a.length === b.length && a.every((one, i) => one === b[i]) : a === b;
}
