/** What labels ask of each mark: a row for each attribute and each of its choices, over the JSON that the form sends. */

import { blank, faultAt, read, split, stillChosen, write } from "./attribute_values.js";
import { filled } from "./label_rows.js";
import { placeOf, swap, takeAway } from "./row_moves.js";

const MARKS = ["required", "counts"];
const PICKED = ["choice", "flag"]; // whose default is chosen, not typed
const table = document.querySelector("[data-labels]");
const part = (row, name) => row.querySelector(`[data-part=${name}]`);
const sentBy = (editor) => editor.querySelector("textarea");
const adderOf = (editor) => editor.querySelector("[data-add-attribute]");
const rowsOf = (editor) => editor.querySelector("[data-attribute-rows]");
const optionsOf = (row) => row.querySelector("[data-option-rows]");
const fresh = (name) => table.querySelector(`template[data-${name}-blank]`).content.firstElementChild.cloneNode(true);

/** What stands in a row's boxes. @returns {import("./attribute_values.js").Attribute} */
function valuesOf(row) {
  const marks = Object.fromEntries(MARKS.map((mark) => [mark, part(row, mark).checked]));
  const choices = [...optionsOf(row).children].map((option) => part(option, "option").value);
  const kind = part(row, "kind").value;
  const first = part(row, PICKED.includes(kind) ? "chosen" : "default").value;
  return { key: row.dataset.key, name: part(row, "name").value, kind, choices, ...marks, default: first };
}

function addOption(list, value = "", after = null) {
  const option = fresh("option");
  part(option, "option").value = value;
  if (after) after.after(option);
  else list.append(option);
  return option;
}

function addRow(editor, values) {
  const row = fresh("attribute");
  if (values.key) row.dataset.key = values.key;
  part(row, "name").value = values.name ?? "";
  part(row, "kind").value = values.kind;
  for (const mark of MARKS) part(row, mark).checked = Boolean(values[mark]);
  for (const choice of values.choices ?? []) addOption(optionsOf(row), choice);
  rowsOf(editor).append(row);
  follow(row);
  part(row, "default").value = values.default ?? "";
  offer(row, String(values.default ?? ""));
  return row;
}

/** Only a choice has choices, and of these two at least. */
function follow(row) {
  const chosen = part(row, "kind").value === "choice";
  row.querySelector("[data-options]").hidden = !chosen;
  while (chosen && optionsOf(row).children.length < 2) addOption(optionsOf(row));
}

/** What a mark may begin with: one of the choices as they are typed, yes or no; what was chosen stays while it is there. */
function offer(row, chosen = part(row, "chosen").value) {
  const kind = part(row, "kind").value;
  const box = part(row, "chosen");
  const { yes, no } = box.dataset;
  const choices = valuesOf(row).choices.map((choice) => choice.trim()).filter(Boolean);
  const offers = kind === "flag" ? [["true", yes], ["false", no]] : choices.map((choice) => [choice, choice]);
  const before = box.dataset.kind === kind ? [...box.options].slice(1).map(({ value }) => value) : [];
  box.dataset.kind = kind;
  box.replaceChildren(new Option("–", ""), ...offers.map(([value, text]) => new Option(text, value)));
  box.value = stillChosen(offers.map(([value]) => value), chosen, before);
  row.querySelector("[data-for-choice]").hidden = !PICKED.includes(kind);
  row.querySelector("[data-for-typed]").hidden = PICKED.includes(kind);
}

/** A label that is closed says what it asks. */
function tell(editor) {
  const names = read(sentBy(editor).value).map(({ name }) => name).filter(Boolean);
  editor.closest("details").querySelector("[data-attributes-told]").textContent = names.length ? `· ${names.join(", ")}` : "";
  editor.querySelector("[data-attributes-hint]").hidden = !names.length;
}

/** The form says what the rows say; so does whoever listens to what is typed. */
function changed(editor) {
  for (const row of rowsOf(editor).children) offer(row);
  sentBy(editor).value = write([...rowsOf(editor).children].map(valuesOf));
  tell(editor);
  sentBy(editor).dispatchEvent(new Event("input", { bubbles: true }));
}

/** Rows are made when they are first looked at: most labels stay closed. */
function unfold(editor) {
  if ("made" in editor.dataset) return;
  editor.dataset.made = "";
  for (const values of read(sentBy(editor).value)) addRow(editor, values);
}

/** Tell a screen reader what became of a row. */
function say(words, name, facts = {}) {
  table.querySelector("[data-said]").textContent = filled(words, { name: name || table.dataset.unnamedRow, ...facts });
}

const nearest = (element) => element.closest("[data-option], [data-attribute]");
const boxOf = (row) => part(row, "option" in row.dataset ? "option" : "name");

function move(row, step, focused) {
  if (!swap(row, step)) return;
  focused.focus();
  say(table.dataset.moved, boxOf(row).value, placeOf(row));
  changed(row.closest("[data-attributes]"));
}

function remove(row) {
  const editor = row.closest("[data-attributes]");
  const adds = "option" in row.dataset ? row.closest("[data-options]").querySelector("[data-add-option]") : adderOf(editor);
  const name = boxOf(row).value;
  const next = takeAway(row);
  (next ? boxOf(next) : adds).focus();
  say(table.dataset.gone, name);
  changed(editor);
}

function pressed({ target }) {
  const button = target.closest("button");
  const editor = button?.closest("[data-attributes]");
  if (!editor) return;
  unfold(editor); // who is quick is here before the browser has told that the label is open, and would find a row twice
  const row = nearest(button);
  if ("addAttribute" in button.dataset) boxOf(addRow(editor, blank())).focus();
  else if ("addOption" in button.dataset) boxOf(addOption(optionsOf(row))).focus();
  else if ("away" in button.dataset) remove(row);
  else if ("step" in button.dataset) move(row, Number(button.dataset.step), button);
}

/** Enter goes on to the next choice, and from an empty last one to the next attribute; in a name, to its choices. */
function goOn(row) {
  const editor = row.closest("[data-attributes]");
  if (!("option" in row.dataset)) {
    const options = row.querySelector("[data-options]");
    (options.hidden ? adderOf(editor) : boxOf(options.querySelector("[data-option]"))).focus();
  } else if (row.nextElementSibling) boxOf(row.nextElementSibling).focus();
  else if (boxOf(row).value.trim()) boxOf(addOption(row.parentElement)).focus();
  else adderOf(editor).focus();
}

function typed(event) {
  const { target, key } = event;
  const row = nearest(target);
  if (!row || !table.contains(row)) return;
  if (key === "Enter" && target.matches("input")) {
    event.preventDefault();
    goOn(row);
  } else if (event.altKey && ["ArrowUp", "ArrowDown"].includes(key) && !target.matches("select")) {
    event.preventDefault();
    move(row, key === "ArrowUp" ? -1 : 1, target);
  } else if (key === "Backspace" && target.dataset.part === "option" && !target.value) {
    event.preventDefault();
    remove(row);
  }
}

/** Several choices at once are a row each. */
function spread(box, text) {
  const [first = "", ...rest] = split(text);
  const at = box.closest("[data-option]");
  box.value = first;
  const last = rest.reduce((after, choice) => addOption(at.parentElement, choice, after), at);
  boxOf(last).focus();
}

function pasted(event) {
  const box = event.target;
  const text = event.clipboardData?.getData("text") ?? "";
  if (box.dataset?.part !== "option" || split(text).length < 2) return;
  event.preventDefault();
  spread(box, `${box.value},${text}`);
  changed(box.closest("[data-attributes]"));
}

function written({ target }) {
  const row = target.dataset.part ? target.closest("[data-attribute]") : null;
  if (!row) return;
  if (target.dataset.part === "kind") follow(row);
  if (target.dataset.part === "option" && split(target.value).length > 1) spread(target, target.value);
  row.querySelector("[data-attribute-fault]")?.remove();
  row.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  changed(row.closest("[data-attributes]"));
}

/** The server's word on an attribute, at its box; the list of faults leads there. */
function showFault(editor) {
  const said = editor.querySelector("[data-attribute-fault]");
  if (!said) return;
  const place = faultAt(editor.dataset.fault);
  const row = place && rowsOf(editor).children[place.index];
  const picked = row && place.part === "default" && PICKED.includes(part(row, "kind").value) ? "chosen" : place?.part;
  const box = row ? part(row, picked === "choices" ? "option" : picked) : adderOf(editor);
  if (row) row.append(said);
  box.id = `${editor.id}-at-fault`;
  box.setAttribute("aria-describedby", said.id);
  if (row) box.setAttribute("aria-invalid", "true");
  for (const link of document.querySelectorAll(`a[data-fault][href="#${editor.id}"]`)) link.href = `#${box.id}`;
}

if (table) {
  for (const editor of table.querySelectorAll("[data-attributes]")) {
    tell(editor);
    if (editor.closest("details").open) unfold(editor);
    showFault(editor);
  }
  table.addEventListener("toggle", ({ target }) => unfold(target.querySelector("[data-attributes]")), true);
  table.addEventListener("click", pressed);
  table.addEventListener("keydown", typed);
  table.addEventListener("paste", pasted);
  table.addEventListener("input", written);
  table.addEventListener("tandem:rows", () => table.querySelectorAll("[data-attributes]").forEach(tell)); // of a list
}
