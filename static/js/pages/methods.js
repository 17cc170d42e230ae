/** Which ways of deciding are offered: those that the task type and the fields it asks for allow. */
import { readLines } from "./field_lines.js";

const form = document.querySelector("[data-task-type], [data-of-type]");

/** Whether what is asked is one choice. @param {string} lines of fields @returns {boolean} */
function asksOneChoice(lines) {
  const rows = readLines(lines);
  return rows !== null && (rows.length === 0 || (rows.length === 1 && rows[0].kind === "choice"));
}

function offer() {
  const type = form.dataset.ofType ?? form.querySelector("[name=task_type]:checked")?.value ?? "";
  const lines = form.querySelector("[name=fields_asked]");
  const one = type !== "classification" || !lines || asksOneChoice(lines.value);
  for (const part of form.querySelectorAll("[data-fits]")) {
    part.hidden = !part.dataset.fits.split(" ").includes(type) || ("one" in part.dataset && !one);
    if (part.matches("option")) part.disabled = part.hidden;
    if (part.hidden && part.selected) part.closest("select").value = part.closest("select").options[0].value;
  }
}

if (form) {
  for (const kind of ["change", "input", "tandem:asked"]) form.addEventListener(kind, offer);
  offer();
}
