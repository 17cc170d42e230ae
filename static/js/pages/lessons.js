/** A tasker's own tries of a course, to be read again. */
import { pageData, element } from "../studio/shared/elements.js";
import { lessonItem, namesOf } from "../studio/shell/lesson.js";
import { say } from "../studio/shared/words.js";

const { lessons, labels, fields } = pageData("lessons-view");
const names = namesOf(labels, fields);

for (const list of document.querySelectorAll("[data-lessons]")) {
  const items = lessons[list.dataset.lessons];
  list.replaceChildren(...items.map((item) => lessonItem(item, names, true)));
  if (!items.length) list.append(element("p", { class: "muted" }, say("The right answers are shown at the end of the try.")));
}
