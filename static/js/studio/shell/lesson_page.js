/** A lesson in the task's place, until its reader goes on. */
import { byId } from "../shared/elements.js";
import { showLesson } from "./lesson.js";

/** The heading is where reading begins. @param {any} lesson @param {() => void} onNext */
export function openLesson(lesson, onNext) {
  const { labels, fields, name } = lesson.project;
  byId("project-name").textContent = name;
  byId("task-name").textContent = "";
  byId("pay").textContent = "";
  const { node, heading } = showLesson(lesson, { labels, fields, onNext });
  byId("workbench").hidden = true;
  byId("rest").hidden = false;
  byId("rest").replaceChildren(node);
  heading.focus();
}
