/** A course's right answers drawn on the manager's page, and its order changed by keys. */
import { pageData } from "../studio/shared/elements.js";
import { drawAnswer } from "./answers.js";

const MOVES = { ArrowUp: "[data-up]", ArrowDown: "[data-down]" };

function draw() {
  const { labels, fields, items } = pageData("course-view");
  for (const stage of document.querySelectorAll("[data-known]")) {
    const item = items[stage.dataset.known];
    stage.replaceChildren();
    drawAnswer(stage, { text: item.text, size: item.size, picture: stage.dataset.picture, second: stage.dataset.second }, item.answer, labels, fields);
  }
}

/** Alt and an arrow move the item that the focus is in; the same button has the focus afterwards. */
document.addEventListener("keydown", (event) => {
  const item = event.target.closest?.("[data-item]");
  if (!item || !event.altKey || !MOVES[event.key] || event.target.closest("textarea, select")) return;
  event.preventDefault();
  const button = item.querySelector(MOVES[event.key]);
  if (button.disabled) return;
  button.focus();
  button.click();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "course-items") draw();
});
draw();
