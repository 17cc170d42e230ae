/** Labels as a list: searched in the table, loaded from a file, and put into the table once the server has read it. */

import { filled, holds } from "./label_rows.js";

const MAX_FILE_BYTES = 1024 * 1024;
const table = document.querySelector("[data-labels]");
const form = document.querySelector("[data-label-list]");
const search = table.querySelector("[data-filter]");
const status = table.querySelector("[data-filtered]");

/** Show the rows whose name or key holds the words that are searched, and say how many. */
function filterRows() {
  const words = search.value.trim();
  const rows = [...table.querySelectorAll("[data-rows] > [data-row]")];
  for (const row of rows) {
    const texts = [...row.querySelectorAll("[name$=-name], [name$=-key]:not([name$=-present_key])")].map(({ value }) => value);
    row.hidden = !holds(texts, words);
  }
  const count = rows.filter((row) => !row.hidden).length;
  if (!words) status.textContent = "";
  else status.textContent = filled(count ? search.dataset.some : search.dataset.none, { words, count, all: rows.length });
}

/** Put a file's text where lists are pasted. @param {HTMLInputElement} box */
async function loadFile(box) {
  const [file] = box.files;
  const fault = form.querySelector("[data-file-fault]");
  fault.textContent = "";
  if (!file) return;
  if (file.size > MAX_FILE_BYTES) {
    fault.textContent = box.dataset.large;
    return;
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    form.querySelector("[name=list_text]").value = text;
    const project = form.querySelector("[name=list_project]");
    if (project) project.value = "";
  } catch {
    fault.textContent = box.dataset.encoded;
  }
}

/** Put the rows of a preview into the table; nothing is saved. @param {HTMLButtonElement} button */
function apply(button) {
  const preview = button.closest("#label-list-preview");
  const rows = preview.querySelector("template[data-list-rows]").content.cloneNode(true);
  table.querySelector("[data-rows]").replaceChildren(rows);
  table.dispatchEvent(new Event("tandem:rows"));
  search.value = "";
  filterRows();
  preview.textContent = button.dataset.apply;
  for (const box of form.querySelectorAll("textarea, select, [type=file]")) box.value = "";
  for (const kind of ["input", "change"]) table.dispatchEvent(new Event(kind, { bubbles: true }));
  search.focus();
}

search.addEventListener("input", filterRows);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault(); // it would save the form
});
form.addEventListener("change", ({ target }) => {
  if (target.matches("[data-list-file]")) loadFile(target);
});
form.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-apply]");
  if (button) apply(button);
});
