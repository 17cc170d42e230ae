/** The task browser: what each task is about with its marks, marking rows, and going through them by keyboard. */

import { drawAnswer } from "./answers.js";
import { nextRow } from "./row_keys.js";

/** @typedef {{text?: string|null, picture?: string|null, second?: string|null, size?: any, answer: any}} Look */

/** @param {ParentNode} page @param {{tasks: Record<string, Look>, labels: any, fields: any}} view */
export function drawLooks(page, { tasks, labels, fields }) {
  for (const stage of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-look]"))) {
    const look = tasks[stage.dataset.look ?? ""];
    if (!look || stage.childElementCount) continue;
    const { answer, ...task } = look;
    drawAnswer(stage, task, answer, labels, fields);
  }
}

const marks = (list) => /** @type {HTMLInputElement[]} */ ([...list.querySelectorAll('input[name="task"]')]);

/** How many are marked, and which fields the chosen verb asks for. @param {ParentNode} page */
export function renew(page) {
  const list = page.querySelector("[data-tasks]");
  if (!list) return;
  const all = marks(list);
  const marked = all.filter((one) => one.checked).length;
  const said = page.querySelector("[data-marked]");
  if (said) said.textContent = String(marked);
  const whole = /** @type {HTMLInputElement|null} */ (list.querySelector("[data-mark-all]"));
  if (whole) {
    whole.checked = marked > 0 && marked === all.length;
    whole.indeterminate = marked > 0 && marked < all.length;
  }
  const verb = /** @type {HTMLSelectElement|null} */ (page.querySelector("#bulk-verb"))?.value ?? "";
  for (const field of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-verbs]"))) {
    field.hidden = !(field.dataset.verbs ?? "").split(" ").includes(verb);
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const list = target.closest?.("[data-tasks]");
  if (!list || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = marks(list);
  const at = all.findIndex((one) => one.closest("tr") === target.closest("tr"));
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") all[nextRow(at, all.length, key)]?.focus();
  else if (key === "x" && at >= 0) all[at].click();
  else if (key === "o" && at >= 0) all[at].closest("tr")?.querySelector("a")?.click();
  else return;
  event.preventDefault();
}

/** @param {Event} event */
function onChange(event) {
  const target = /** @type {HTMLInputElement} */ (event.target);
  const list = target.closest?.("[data-tasks]");
  if (list && target.matches("[data-mark-all]")) for (const one of marks(list)) one.checked = target.checked;
  if (target.closest?.("#bulk-form")) renew(document);
}

function begin() {
  const told = document.getElementById("tasks-view");
  if (told) drawLooks(document, JSON.parse(told.textContent ?? ""));
  renew(document);
}

/** What is kept is what the form asks now. @param {Event} event */
function onKeep(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const filters = /** @type {HTMLFormElement|null} */ (document.getElementById("filters"));
  if (!form.matches?.("[data-keep-view]") || !filters) return;
  for (const one of form.querySelectorAll('input[type="hidden"]:not([name="csrfmiddlewaretoken"])')) one.remove();
  for (const [name, value] of new FormData(filters)) {
    const kept = document.createElement("input");
    kept.type = "hidden";
    kept.name = name;
    kept.value = String(value);
    form.append(kept);
  }
}

if (document.getElementById("found")) {
  begin();
  document.addEventListener("keydown", onKey);
  document.addEventListener("change", onChange);
  document.addEventListener("submit", onKeep);
  document.addEventListener("htmx:afterSwap", begin);
}
