/**
 * The instructions in the reader's language, and under them examples: what of the project's course this person may see
 * with its right answers. Whatever becomes of the examples, the instructions are there. In a dialog, or kept open beside
 * the work, from task to task, where somebody on this machine chose so.
 */
import { dialogOpen } from "./dialogs.js";
import { isUnread, markRead } from "./first_visit.js";
import { byId, element, wear } from "../shared/elements.js";
import { say } from "../shared/words.js";

const KEPT = "tandem.instructions";

/**
 * @param {{project: () => any|null, onMove: () => void}} page project: of the task at hand, or of the last one;
 *   onMove: the instructions came beside the work, or went
 * @returns {{turn: (project: any) => void, recall: () => void, greet: () => void}} greet: open on a first visit; turn: open the dialog, or close what stands beside
 */
export function createInstructions({ project, onMove }) {
  const dialog = byId("instructions-dialog");
  const inDialog = dialog.querySelector(".dialog__body");
  const parts = [byId("instructions"), byId("examples")];
  const close = element("button", { class: "button button--small", type: "button", onclick: () => put(false) }, say("Close"));
  const text = element("div", { class: "beside__text stack", tabindex: "0", role: "region", "aria-label": say("Instructions") });
  const pane = element("aside", { class: "beside", hidden: true, "aria-labelledby": "beside-title" },
    element("header", { class: "beside__head" }, element("h2", { id: "beside-title", class: "panel-part__title" }, say("Instructions")), close), text);
  let shown = null; // the project whose instructions are filled in
  byId("main").append(pane);
  byId("pin-instructions").addEventListener("click", () => (dialog.close(), put(true)));
  const name = document.getElementById("task-name"); // where one page shows task after task
  if (name) new MutationObserver(follow).observe(name, { childList: true });

  /** Beside the work, or back into the dialog; kept. */
  function put(beside) {
    (beside ? text : inDialog).append(...parts);
    pane.hidden = !beside;
    pane.removeAttribute("data-first");
    keep(beside);
    follow();
    onMove();
  }

  /** On a first visit to a project, and once its instructions have changed, they open beside the work by themselves. */
  function greet() {
    const now = project();
    if (!isUnread(now)) return;
    markRead(now);
    if (!pane.hidden) return;
    (wide() ? text : inDialog).append(...parts);
    pane.hidden = !wide();
    pane.toggleAttribute("data-first", true);
    shown = now.id;
    fill(now);
    if (!wide() && !dialogOpen()) dialog.showModal();
    onMove();
  }

  /** Another task may be of another project. */
  function follow() {
    greet();
    const now = project();
    if (pane.hidden || !now || now.id === shown) return;
    shown = now.id;
    fill(now);
  }

  return {
    turn(now) {
      const inSight = pane.checkVisibility(); // without a task there is no work that it could stand beside
      if (!pane.hidden) put(false);
      if (inSight) return;
      shown = now.id;
      fill(now);
      dialog.showModal();
    },
    recall: () => wasKept() && put(true),
    greet,
  };
}

/** Where no task has come yet nothing but the project's id is known: then its instructions come with the examples. */
async function fill(project) {
  const here = "instructions_html" in project;
  if (here) write(project);
  byId("examples").replaceChildren();
  const told = await examplesOf(project.id).catch(() => null);
  if (!here && told) write(told);
  else if (!here) byId("instructions").textContent = say("The instructions could not be fetched. Try again in a moment.");
  if (told?.lessons.examples.length) await showExamples(byId("examples"), told);
}

function write({ instructions_html: html, instructions_language: language }) {
  const parsed = new DOMParser().parseFromString(html, "text/html"); // safe HTML of the server, as it came
  const none = element("p", { class: "muted" }, say("This project has no instructions. Ask a manager where something is unclear."));
  byId("instructions").replaceChildren(...(html ? parsed.body.childNodes : [none]));
  byId("instructions").lang = (html && language) || document.documentElement.lang;
}

/** Where there is room beside the work. */
const wide = () => matchMedia("(min-width: 60rem)").matches;

/** Without leave to keep anything they stand there until the page is left. */
function wasKept() {
  try {
    return localStorage.getItem(KEPT) === "beside";
  } catch {
    return false;
  }
}

function keep(beside) {
  try {
    localStorage.setItem(KEPT, beside ? "beside" : "");
  } catch {
    // as said
  }
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
