/** A tasker's own tries of a course, to be read again; and its items with the right answers alone, as its manager sees them. */
import { pageData, element } from "../studio/shared/elements.js";
import { exampleItem, lessonItem, namesOf } from "../studio/shell/lesson.js";
import { say } from "../studio/shared/words.js";

const { lessons, labels, fields } = pageData("lessons-view");
const names = namesOf(labels, fields);

for (const list of document.querySelectorAll("[data-lessons]")) {
  const items = lessons[list.dataset.lessons];
  list.replaceChildren(...items.map((item) => ("answer" in item ? lessonItem(item, names, true) : exampleItem(item, names))));
  if (!items.length) list.append(element("p", { class: "muted" }, say("The right answers are shown at the end of the try.")));
}
