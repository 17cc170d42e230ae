/** The label table: rows are added, moved and taken away; the form's numbering follows. Works without a mouse. */

import { filled, freshColour, numbered } from "./label_rows.js";
import { placeOf, swap, takeAway } from "./row_moves.js";

/** @param {Element} table */
function rowsOf(table) {
  return [...table.querySelectorAll("[data-rows] > [data-row]")];
}

/** Number the rows as Django's formset reads them: their order is their place. @param {Element} table */
function renumber(table) {
  const rows = rowsOf(table);
  rows.forEach((row, index) => {
    for (const field of row.querySelectorAll("[name]")) {
      field.name = numbered(field.name, index);
      (field.closest("[data-attributes]") ?? field).id = `id_${field.name}`;
    }
    const order = row.querySelector("[name$=-ORDER]");
    if (order) order.value = String(index + 1);
  });
  table.querySelector("[name=labels-TOTAL_FORMS]").value = String(rows.length);
}

const nameOf = (row) => row.querySelector("[name$=-name]");

/** What a label asks of each mark has rows of its own: pages/attributes.js. */
const isWithin = (event) => Boolean(event.target.closest("[data-attributes]"));

/** Tell a screen reader what became of a row, in the page's own language: the words stand on the table. */
function say(table, words, row, facts = {}) {
  const text = filled(words, { name: nameOf(row).value || table.dataset.unnamed, ...facts });
  table.querySelector("[data-said]").textContent = text;
}

/** @returns {HTMLElement} the new row, behind `after` or at the end */
function addRow(table, after = null) {
  const colour = freshColour(rowsOf(table).map((other) => other.querySelector("[type=color]")?.value), table.dataset.colours.split(" "));
  const row = table.querySelector("template[data-blank]").content.firstElementChild.cloneNode(true);
  row.querySelector("[type=color]").value = colour;
  if (after) after.after(row);
  else table.querySelector("[data-rows]").append(row);
  renumber(table);
  return row;
}

function move(table, row, step) {
  const sibling = () => (step < 0 ? row.previousElementSibling : row.nextElementSibling);
  while (sibling()?.hidden) swap(row, step); // past what a search leaves out
  if (!swap(row, step)) return;
  renumber(table);
  say(table, table.dataset.moved, row, placeOf(row));
}

function remove(table, row) {
  const next = takeAway(row);
  renumber(table);
  say(table, table.dataset.gone, row);
  (next ? nameOf(next) : table.querySelector("[data-add]")).focus();
}

function onClick(table, event) {
  const button = event.target.closest("button");
  const row = event.target.closest("[data-row]");
  if (!button || isWithin(event)) return;
  if ("add" in button.dataset) nameOf(addRow(table)).focus();
  else if (row && "away" in button.dataset) remove(table, row);
  else if (row && "step" in button.dataset) {
    move(table, row, Number(button.dataset.step));
    button.focus();
  }
}

function onKey(table, event) {
  const row = event.target.closest("[data-row]");
  if (!row || isWithin(event)) return;
  if (event.key === "Enter" && event.target.matches("input:not([type=color])")) {
    // Enter in a form would send it half filled in; here it goes on to the next label.
    event.preventDefault();
    const rows = rowsOf(table);
    const next = rows.slice(rows.indexOf(row) + 1).find((other) => !other.hidden);
    nameOf(next ?? addRow(table)).focus();
  } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    const focused = event.target;
    move(table, row, event.key === "ArrowUp" ? -1 : 1);
    focused.focus();
  }
}

for (const table of document.querySelectorAll("[data-labels]")) {
  table.addEventListener("click", (event) => onClick(table, event));
  table.addEventListener("keydown", (event) => onKey(table, event));
  table.addEventListener("tandem:rows", () => renumber(table)); // of a list (label_list.js)
  renumber(table);
}
