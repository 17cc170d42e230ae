/**
 * What a label asks of each mark, as the form sends it (JSON) and as it stands in boxes. Pure.
 *
 * @typedef {{key?: string, name: string, kind: string, choices?: string[], required?: boolean, counts?: boolean, default?: unknown}} Attribute
 *   as the server holds it: what isn't said of one isn't there (projects/configuration/label_attributes.py)
 */

/** @returns {Attribute} what a row that was just added says: a choice is between two at least */
export function blank() {
  return { name: "", kind: "choice", choices: ["", ""] };
}

/** @param {string} text of the form @returns {Attribute[]} none where it can't be read */
export function read(text) {
  try {
    const found = JSON.parse(text || "[]");
    return Array.isArray(found) ? found.filter((one) => one && typeof one === "object") : [];
  } catch {
    return [];
  }
}

/**
 * What the form sends. Rows in which nothing is written are passed over, and so are empty choices.
 * @param {Attribute[]} rows what stands in the boxes
 */
export function write(rows) {
  return JSON.stringify(rows.map(held).filter(({ name, key, choices }) => name || key || choices?.length));
}

/** @param {Attribute} row @returns {Attribute} */
function held({ key, name, kind, choices = [], required, counts, default: begins }) {
  const first = typed(kind, begins);
  return {
    ...(key && { key }),
    name: plain(name),
    kind,
    ...(kind === "choice" && { choices: choices.map(plain).filter(Boolean) }),
    ...(required && { required }),
    ...(counts && { counts }),
    ...(first !== "" && { default: first }),
  };
}

/** What marks begin with, of what stands in a box: "" where that is nothing. What is no number is the server's to say. */
function typed(kind, value) {
  if (value === undefined || value === null || (typeof value === "string" && !value.trim())) return "";
  if (kind === "flag") return value === true || value === "true";
  if (kind === "number") return Number.isFinite(Number(value)) ? Number(value) : plain(String(value));
  return plain(String(value));
}

/**
 * The choice that marks begin with, after one edit of the choices: what is called something else now is the same one.
 * @param {string[]} choices @param {string} chosen @param {string[]} before @returns {string} "" where it is gone
 */
export function stillChosen(choices, chosen, before) {
  if (choices.includes(chosen)) return chosen;
  return choices.length === before.length ? (choices[before.indexOf(chosen)] ?? "") : "";
}

/** Choices in a text that was typed or pasted: none has a comma in it. @param {string} text @returns {string[]} */
export function split(text) {
  return text.split(/[,\t\r\n]+/).map(plain).filter(Boolean);
}

/** What a fault of the server is about, of "[2].choices". @param {string} place @returns {{index: number, part: string}|null} */
export function faultAt(place) {
  const found = /^\[(\d+)\](?:\.(\w+))?/.exec(place);
  return found && { index: Number(found[1]), part: found[2] ?? "name" };
}

/** @param {string} text */
function plain(text) {
  return text.trim().replace(/\s+/g, " ");
}
