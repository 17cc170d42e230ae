/**
 * The instructions in the reader's language, and under them examples: what of the project's course this person may see
 * with its right answers. Whatever becomes of the examples, the instructions are there.
 */
import { byId, element, wear } from "./elements.js";
import { say } from "./words.js";

/** @param {{id: string, instructions_html: string, instructions_language: string}} project */
export async function showInstructions({ id, instructions_html: html, instructions_language: language }) {
  const parsed = new DOMParser().parseFromString(html, "text/html"); // safe HTML of the server, as it came
  const none = element("p", { class: "muted" }, say("This project has no instructions. Ask a manager where something is unclear."));
  byId("instructions").replaceChildren(...(html ? parsed.body.childNodes : [none]));
  byId("instructions").lang = (html && language) || document.documentElement.lang;
  byId("examples").replaceChildren();
  byId("instructions-dialog").showModal();
  const told = await examplesOf(id).catch(() => null);
  if (told?.lessons.examples.length) await showExamples(byId("examples"), told);
}

async function examplesOf(project) {
  const answer = await fetch(`/studio/${project}/examples`, { headers: { Accept: "application/json" } });
  return answer.ok ? answer.json() : null;
}

async function showExamples(host, { lessons: { examples }, labels, fields }) {
  wear(document.querySelector("[data-lesson]").dataset.lesson);
  const { exampleItem, namesOf } = await import("./lesson.js");
  const names = namesOf(labels, fields);
  host.replaceChildren(element("h2", {}, say("Examples")), ...examples.map((one) => exampleItem(one, names)));
}
