/** What is said about a task: read it, comment to the reviewer, ask a manager. Fetched behind the first task. */
import { byId, element } from "../shared/elements.js";
import { say } from "../shared/words.js";

const TO = { reviewer: say("To the reviewer"), manager: say("To a manager"), taskers: say("To whoever does this task") };
const SIDE = { reviewer: say("The reviewer"), manager: say("A manager"), taskers: say("A manager") };

let asked = null; // what the dialog was opened for

/**
 * @param {object} asking
 * @param {object} asking.api see api.js
 * @param {string} asking.id the piece of work
 * @param {"reviewer"|"manager"|""} asking.to "": to read first
 * @param {string|null} asking.mark the region or span that is selected
 * @param {object} asking.answer @param {any[]} asking.labels to name marks by
 * @param {(count: number) => void} asking.onCount how much was said
 */
export function openComments(asking) {
  asked = { ...asking, key: crypto.randomUUID() };
  const form = byId("comments-form");
  const name = nameOfMark(asked.mark);
  if (form.dataset.about !== asking.id) form.reset();
  form.dataset.about = asking.id;
  form.elements.to.value = asking.to || form.elements.to.value || "reviewer";
  byId("comments-about").hidden = !name;
  byId("comments-about").lastElementChild.textContent = name ? say("About the selected one: {name}", { name }) : "";
  form.elements.about.checked = Boolean(name);
  fault("");
  form.onsubmit = send;
  byId("threads").replaceChildren(element("span", { class: "spinner", "aria-hidden": "true" }));
  byId("comments-dialog").showModal();
  if (asking.to) form.elements.words.focus();
  ask(`/studio/assignments/${asking.id}/comments`, {}).catch((problem) => byId("threads").replaceChildren(element("p", { class: "muted" }, problem.message)));
}

/** A mark by its label and place; "" for one that is no longer there. */
function nameOfMark(id) {
  const parts = asked.answer?.regions ?? asked.answer?.spans ?? [];
  const at = id ? parts.findIndex((part) => part.id === id) : -1;
  if (at < 0) return "";
  const label = asked.labels.find((one) => one.key === parts[at].label)?.name ?? parts[at].label;
  return say("{label}, {n} of {count}", { label, n: at + 1, count: parts.length });
}

async function ask(address, body) {
  const one = asked;
  const { threads } = await one.api.send("POST", address, body);
  if (one === asked) byId("threads").replaceChildren(...(threads.length ? threads.map(threadOf) : [element("p", { class: "muted" }, say("Nothing was said yet."))]));
  one.onCount(threads.length);
}

function threadOf({ to, mark, words, at, mine, answers }) {
  const name = nameOfMark(mark);
  const about = name || (mark ? say("a mark that is gone") : "");
  const head = [mine ? say("You") : SIDE[to], mine && TO[to], about, when(at)].filter(Boolean).join(" · ");
  return element("div", { class: "thread" }, said("thread__first", head, words), ...answers.map((one) => said("thread__answer", `${one.mine ? say("You") : SIDE[to]} · ${when(one.at)}`, one.words)));
}

function said(kind, head, words) {
  return element("div", { class: kind }, element("p", { class: "small muted" }, head), element("p", { class: "thread__words", dir: "auto" }, words));
}

const when = (at) => new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

/** What is typed stays where it is until the server has it. */
async function send(event) {
  event.preventDefault();
  const { to, about, words } = event.target.elements;
  const button = event.target.querySelector("[type=submit]");
  button.disabled = true;
  fault("");
  try {
    const mark = (about.checked && asked.mark) || "";
    await ask(`/studio/assignments/${asked.id}/comments/say`, { id: asked.key, to: to.value, words: words.value, mark });
    words.value = "";
    asked.key = crypto.randomUUID();
    byId("threads").lastElementChild?.scrollIntoView({ block: "nearest" });
    byId("threads").focus();
  } catch (problem) {
    fault(problem.passing ? say("The server did not answer. Your words are still here: send them again.") : problem.message);
  } finally {
    button.disabled = false;
  }
}

function fault(text) {
  byId("comments-fault").hidden = !text;
  byId("comments-fault").textContent = text;
}
