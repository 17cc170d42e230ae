/** Fields that are asked for as a table of rows over the lines of text that the form sends. */
import { blankRow, choicesOf, earlierChoices, fieldKey, labelKey, readLines, writeLine } from "./field_lines.js";
import { filled } from "./label_rows.js";
import { placeOf, swap, takeAway } from "./row_moves.js";

const part = (row, name) => row.querySelector(`[data-part=${name}]`);
const TICKS = ["required", "counts"];

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

/** What label boxes may name, as their browser offers it. @param {string} id @param {string[]} names */
function propose(id, names) {
  document.getElementById(id)?.replaceChildren(...[...new Set(names)].map((name) => new Option(name, name)));
}

/** A select with these choices; what was chosen stays, even where it is no choice any more. */
function offer(select, choices, chosen, none) {
  const known = choices.some(([value]) => value === chosen);
  const all = [["", none], ...choices, ...(chosen && !known ? [[chosen, chosen]] : [])];
  select.replaceChildren(...all.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

/** What may be left open is collected, unless it is then said to count. */
function weighed({ target }) {
  if (target.dataset.part === "required") part(target.closest("[data-row]"), "counts").checked = target.checked;
}

class AskedRows {
  /** @param {any} editor the table @param {any} lines the text below it, which is hidden where every line can be a row */
  constructor(editor, lines) {
    this.editor = editor;
    this.lines = lines;
    this.source = lines.querySelector("textarea");
    this.list = editor.querySelector("[data-rows]");
    const written = readLines(this.source.value);
    if (!written) return;
    for (const values of written) part(this.addRow(values), "name").dataset.known = values.name;
    editor.hidden = false;
    lines.hidden = true;
    this.refresh();
    this.showFault();
    // A fault that no row has stays beside the lines.
    if (lines.querySelector(".field__error") && !this.list.querySelector("[data-row-fault]:not([hidden])")) lines.hidden = false;
    editor.addEventListener("click", (event) => this.pressed(event));
    editor.addEventListener("keydown", (event) => this.typed(event));
    editor.addEventListener("input", (event) => (this.renamed(event), weighed(event), this.refresh()));
    document.querySelector("[data-labels]").addEventListener("change", () => this.refresh());
  }

  get rows() {
    return [...this.list.children];
  }

  /** Selects offer what may be chosen now, boxes that mean nothing go, and the lines say what the rows say. */
  refresh() {
    const values = this.rows.map(valuesOf);
    const labels = labelsNow();
    const { always, choose, collected } = this.editor.dataset;
    this.rows.forEach((row, index) => {
      const { kind, field, is, counts } = values[index];
      part(row, "counts").closest("label").hidden = collected !== undefined;
      row.querySelector("[data-weight]").hidden = !counts || collected !== undefined;
      for (const box of row.querySelectorAll("[data-kind]")) box.hidden = box.dataset.kind !== kind;
      const earlier = earlierChoices(values, index);
      offer(part(row, "field"), earlier.map(({ name }) => [name, name]), field, always);
      part(row, "when").hidden = !earlier.length && !field;
      row.querySelector("[data-is]").hidden = !field;
      offer(part(row, "is"), choicesOf(field, values, labels).map(({ key, name }) => [key, name]), is, choose);
    });
    propose("fields-of-choices", earlierChoices(values, values.length).map(({ name }) => name));
    propose("labels-above", labels.map(({ name }) => name));
    this.source.value = values.map(writeLine).filter(Boolean).join("\n");
    this.source.dispatchEvent(new CustomEvent("tandem:asked", { bubbles: true }));
  }

  addRow(values = blankRow(), after = null) {
    const row = this.editor.querySelector("template[data-blank]").content.firstElementChild.cloneNode(true);
    part(row, "field").append(new Option(values.field, values.field));
    part(row, "is").append(new Option(values.is, values.is));
    for (const [name, value] of Object.entries(values)) {
      if (TICKS.includes(name)) part(row, name).checked = value;
      else part(row, name).value = value;
    }
    if (after) after.after(row);
    else this.list.append(row);
    return row;
  }

  tell(words, row, facts = {}) {
    this.editor.querySelector("[data-said]").textContent = filled(words, { name: part(row, "name").value || this.editor.dataset.unnamed, ...facts });
  }

  move(row, step) {
    if (!swap(row, step)) return;
    this.refresh();
    this.tell(this.editor.dataset.moved, row, placeOf(row));
  }

  remove(row) {
    const next = takeAway(row);
    this.refresh();
    this.tell(this.editor.dataset.gone, row);
    (next ? part(next, "name") : this.editor.querySelector("[data-add]")).focus();
  }

  add() {
    const row = this.addRow();
    this.refresh();
    part(row, "name").focus();
  }

  pressed(event) {
    const button = event.target.closest("button");
    const row = event.target.closest("[data-row]");
    if (!button) return;
    if ("add" in button.dataset) this.add();
    else if ("away" in button.dataset) this.remove(row);
    else {
      this.move(row, Number(button.dataset.step));
      button.focus();
    }
  }

  typed(event) {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])")) {
      // Enter in a form would send it half filled in; here it goes on to the next field.
      event.preventDefault();
      if (row.nextElementSibling) part(row.nextElementSibling, "name").focus();
      else this.add();
    } else if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      const { target } = event;
      this.move(row, event.key === "ArrowUp" ? -1 : 1);
      target.focus();
    }
  }

  /** A field that is called otherwise now is still the one that others hang on, and that labels answer. */
  renamed(event) {
    if (event.target.dataset.part !== "name") return;
    const { known = "" } = event.target.dataset;
    for (const other of this.rows) {
      const select = part(other, "field");
      if (known && select.value === known) select.replaceChildren(new Option(event.target.value, event.target.value, false, true));
    }
    for (const box of document.querySelectorAll("[data-labels] [data-rows] > [data-row] [name$=-field]")) {
      if (known && fieldKey(box.value) === fieldKey(known)) box.value = event.target.value;
    }
    event.target.dataset.known = event.target.value;
  }

  /** The server's word on a row, at the row. */
  showFault() {
    const text = this.lines.querySelector(".field__error")?.textContent;
    const row = this.rows[Number(this.editor.dataset.fault)];
    if (!text || !row || this.editor.dataset.fault === "") return;
    const said = row.querySelector("[data-row-fault]");
    said.textContent = text;
    said.hidden = false;
    const box = part(row, "name");
    box.setAttribute("aria-invalid", "true");
    box.id = "field-at-fault";
    for (const link of document.querySelectorAll(`a[data-fault][href="#${this.source.id}"]`)) link.href = `#${box.id}`;
  }
}

for (const editor of document.querySelectorAll("[data-asked]")) new AskedRows(editor, editor.nextElementSibling);
