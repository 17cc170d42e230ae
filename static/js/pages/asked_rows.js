/** The fields of a classification as a table of rows over the lines of text that the form sends. */
import { blankRow, choicesOf, earlierChoices, labelKey, readLines, writeLine } from "./field_lines.js";
import { filled } from "./label_rows.js";
import { placeOf, swap, takeAway } from "./row_moves.js";

const editor = document.querySelector("[data-asked]");
const lines = document.querySelector("[data-asked-lines]");
const source = lines?.querySelector("textarea");
const list = editor?.querySelector("[data-rows]");
const part = (row, name) => row.querySelector(`[data-part=${name}]`);
const TICKS = ["required", "counts"];
const rowsOf = () => [...list.children];

/** What stands in a row's boxes. @returns {import("./field_lines.js").Row} */
function valuesOf(row) {
  const names = Object.keys(blankRow()).filter((name) => !TICKS.includes(name));
  const values = Object.fromEntries(names.map((name) => [name, part(row, name).value.trim()]));
  return { ...blankRow(), ...values, required: part(row, "required").checked, counts: part(row, "counts").checked };
}

function labelsNow() {
  const boxes = [...document.querySelectorAll("[data-labels] [data-rows] > [data-row]")];
  const value = (box, name) => box.querySelector(`[name$=-${name}]`)?.value.trim() ?? "";
  const all = boxes.map((box) => ({ key: value(box, "key") || labelKey(value(box, "name")), name: value(box, "name"), field: value(box, "field"), parent: value(box, "parent") }));
  return all.filter((label) => label.name);
}

/** A select with these choices; what was chosen stays, even where it is no choice any more. */
function offer(select, choices, chosen, none) {
  const known = choices.some(([value]) => value === chosen);
  const all = [["", none], ...choices, ...(chosen && !known ? [[chosen, chosen]] : [])];
  select.replaceChildren(...all.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

/** Selects offer what may be chosen now, boxes that mean nothing go, and the lines say what the rows say. */
function refresh() {
  const rows = rowsOf();
  const values = rows.map(valuesOf);
  const labels = labelsNow();
  rows.forEach((row, index) => {
    const { kind, field, is, counts } = values[index];
    row.querySelector("[data-weight]").hidden = !counts;
    for (const box of row.querySelectorAll("[data-kind]")) box.hidden = box.dataset.kind !== kind;
    const earlier = earlierChoices(values, index);
    offer(part(row, "field"), earlier.map(({ name }) => [name, name]), field, editor.dataset.always);
    part(row, "when").hidden = !earlier.length && !field;
    row.querySelector("[data-is]").hidden = !field;
    offer(part(row, "is"), choicesOf(field, values, labels).map(({ key, name }) => [key, name]), is, editor.dataset.choose);
  });
  source.value = values.map(writeLine).filter(Boolean).join("\n");
  source.dispatchEvent(new CustomEvent("tandem:asked", { bubbles: true }));
}

function addRow(values = blankRow(), after = null) {
  const row = editor.querySelector("template[data-blank]").content.firstElementChild.cloneNode(true);
  part(row, "field").append(new Option(values.field, values.field));
  part(row, "is").append(new Option(values.is, values.is));
  for (const [name, value] of Object.entries(values)) {
    if (TICKS.includes(name)) part(row, name).checked = value;
    else part(row, name).value = value;
  }
  if (after) after.after(row);
  else list.append(row);
  return row;
}

function tell(words, row, facts = {}) {
  editor.querySelector("[data-said]").textContent = filled(words, { name: part(row, "name").value || editor.dataset.unnamed, ...facts });
}

function move(row, step) {
  if (!swap(row, step)) return;
  refresh();
  tell(editor.dataset.moved, row, placeOf(row));
}

function remove(row) {
  const next = takeAway(row);
  refresh();
  tell(editor.dataset.gone, row);
  (next ? part(next, "name") : editor.querySelector("[data-add]")).focus();
}

function add(after = null) {
  const row = addRow(blankRow(), after);
  refresh();
  part(row, "name").focus();
}

function pressed(event) {
  const button = event.target.closest("button");
  const row = event.target.closest("[data-row]");
  if (!button) return;
  if ("add" in button.dataset) add();
  else if ("remove" in button.dataset) remove(row);
  else {
    move(row, "up" in button.dataset ? -1 : 1);
    button.focus();
  }
}

function typed(event) {
  const row = event.target.closest("[data-row]");
  if (!row) return;
  if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])")) {
    // Enter in a form would send it half filled in; here it goes on to the next field.
    event.preventDefault();
    if (row.nextElementSibling) part(row.nextElementSibling, "name").focus();
    else add();
  } else if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    const { target } = event;
    move(row, event.key === "ArrowUp" ? -1 : 1);
    target.focus();
  }
}

/** A field that is called otherwise now is still the one that others hang on. */
function renamed(event) {
  if (event.target.dataset.part !== "name") return;
  const { known = "" } = event.target.dataset;
  for (const other of rowsOf()) {
    const select = part(other, "field");
    if (known && select.value === known) select.replaceChildren(new Option(event.target.value, event.target.value, false, true));
  }
  event.target.dataset.known = event.target.value;
}

/** What may be left open is collected, unless it is then said to count. */
function weighed({ target }) {
  if (target.dataset.part === "required") part(target.closest("[data-row]"), "counts").checked = target.checked;
}

/** The server's word on a row, at the row. */
function showFault() {
  const text = lines.querySelector(".field__error")?.textContent;
  const row = rowsOf()[Number(editor.dataset.fault)];
  if (!text || !row || editor.dataset.fault === "") return;
  const said = row.querySelector("[data-row-fault]");
  said.textContent = text;
  said.hidden = false;
  const box = part(row, "name");
  box.setAttribute("aria-invalid", "true");
  box.id = "field-at-fault";
  for (const link of document.querySelectorAll(`a[data-fault][href="#${source.id}"]`)) link.href = `#${box.id}`;
}

const written = editor && readLines(source.value);
if (written) {
  for (const values of written) part(addRow(values), "name").dataset.known = values.name;
  editor.hidden = false;
  lines.hidden = true;
  refresh();
  showFault();
  // A fault that no row has stays beside the lines.
  if (lines.querySelector(".field__error") && !list.querySelector("[data-row-fault]:not([hidden])")) lines.hidden = false;
  editor.addEventListener("click", pressed);
  editor.addEventListener("keydown", typed);
  editor.addEventListener("input", (event) => (renamed(event), weighed(event), refresh()));
  document.querySelector("[data-labels]").addEventListener("change", refresh);
}
