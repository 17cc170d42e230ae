/**
 * A classification's fields as a manager's lines of text and as rows of a table. Pure; the twin of asked_fields.py.
 *
 * @typedef {{name: string, kind: string, required: boolean, counts: boolean, weight: string, min: string, max: string, step: string, unit: string,
 *   longest: string, field: string, is: string}} Row what stands in the boxes of a row; "" for an empty one
 */

const LINE = /^([^()]*?)\s*\(([^()]*)\)(?:\s+when\s+(.+?)\s+is(?:\s+(\S+))?)?$/;
const NUMBER = /^number(?:\s+(-?[\d.]+)?\s*to\b\s*(-?[\d.]+)?)?(?:\s+step\s+(-?[\d.]+))?(?:\s+(\S+))?$/;
const TEXT = /^text(?:\s+(\d+))?$/;
const WEIGHT = /^weight\s+(\S+)$/;
const MARKS = ["optional", "required", "collected", "counts"];
const CHOICES = ["choice", "multiple", "tree"];

/** @returns {Row} */
export function blankRow() {
  return { name: "", kind: "choice", required: true, counts: true, weight: "", min: "", max: "", step: "", unit: "", longest: "", field: "", is: "" };
}

/** @param {string} line @returns {Row|null} null for a line that no row can show */
export function readLine(line) {
  const match = LINE.exec(line.trim());
  if (!match) return null;
  const [, name, said, field = "", is = ""] = match;
  const [takes, ...rest] = said.split(",").map((word) => word.trim());
  const marks = rest.filter((word) => !WEIGHT.test(word));
  const [weight = "", ...more] = rest.map((word) => WEIGHT.exec(word)?.[1]).filter((word) => word !== undefined);
  const kind = takes.split(/\s+/)[0];
  const number = NUMBER.exec(takes);
  const text = TEXT.exec(takes);
  if (!(CHOICES.includes(takes) || number || text) || more.length || marks.length > 2 || !marks.every((one) => MARKS.includes(one))) return null;
  const required = !marks.includes("optional");
  const counts = marks.includes("counts") || (required && !marks.includes("collected"));
  const [, min = "", max = "", step = "", unit = ""] = number ?? [];
  return { name, kind, required, counts, weight, min, max, step, unit, longest: text?.[1] ?? "", field, is };
}

/** Rows of a text, or null where a line can't be shown as one. @param {string} text @returns {Row[]|null} */
export function readLines(text) {
  const rows = text.split("\n").filter((line) => line.trim()).map(readLine);
  return rows.includes(null) ? null : rows;
}

/** @param {Row} row @returns {string} "" for a row without a name */
export function writeLine(row) {
  const name = row.name.replace(/[()\s]+/g, " ").trim();
  if (!name) return "";
  const when = row.field ? ` when ${row.field} is ${row.is}`.trimEnd() : "";
  return `${name} (${takesOf(row)}${row.required ? "" : ", optional"}${countsOf(row)})${when}`;
}

/** Whether it counts is said where it isn't as whether it is required; how many times, of what counts. */
function countsOf({ required, counts, weight }) {
  const times = counts && weight !== "" ? `, weight ${weight.replace(",", ".").replace(/[(),\s]+/g, "")}` : "";
  if (counts === required) return times;
  return counts ? `, counts${times}` : ", collected";
}

function takesOf({ kind, min, max, step, unit, longest }) {
  if (kind === "text") return longest ? `text ${longest}` : "text";
  if (kind !== "number") return kind;
  const range = min !== "" || max !== "" ? ` ${min} to ${max}`.trimEnd() : "";
  return `number${range}${step ? ` step ${step}` : ""}${unit ? ` ${unit.replace(/[(),\s]+/g, "")}` : ""}`;
}

/** A field's key, as the server makes it of a name. */
export function fieldKey(name) {
  return name.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim().split(" ").join("_").slice(0, 60);
}

/** A label's key, as the server makes it of a name. */
export function labelKey(name) {
  const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}_\s-]/gu, "").trim().replace(/[-\s]+/g, "_").slice(0, 60);
  return plain(name.normalize("NFKD").replace(/[^\x20-\x7e]/g, "")) || plain(name.normalize("NFKC"));
}

/**
 * The labels that are choices of a field.
 * @param {string} field its name @param {Row[]} rows all fields
 * @param {{key: string, name: string, field: string, parent: string}[]} labels as they stand in the label table
 */
export function choicesOf(field, rows, labels) {
  const first = rows.find((row) => CHOICES.includes(row.kind));
  const placed = new Map();
  for (const { key, name, field: said, parent } of labels) {
    const above = parent && (placed.get(parent) ?? placed.get(parent.toLowerCase()));
    const own = above || fieldKey(said) || fieldKey(first?.name ?? "");
    placed.set(key, own).set(name.toLowerCase(), own);
  }
  return labels.filter(({ key }) => placed.get(key) === fieldKey(field));
}

/** The rows before one that others may hang on. @param {Row[]} rows @param {number} index */
export function earlierChoices(rows, index) {
  return rows.slice(0, index).filter((row) => row.name && CHOICES.includes(row.kind));
}
