/** The reviewer's page: compare the answers, take one, edit it or make another, decide, go on to the next. */
import { joinCopilot } from "../studio/shell/copilot.js";
import * as dialogs from "../studio/shell/dialogs.js";
import { createDrafts, newestWork } from "../studio/shell/drafts.js";
import { byId, pageData } from "../studio/shared/elements.js";
import { belongsToField } from "../studio/shared/fields.js";
import { createKeymap } from "../studio/shared/keys.js";
import { createLease } from "../studio/shell/lease.js";
import { createNotes } from "../studio/shell/notes.js";
import { ownKeys } from "../studio/shell/own_keys.js";
import { loadEditors } from "../studio/shell/editors.js";
import { signInAgain } from "../studio/shell/sign_in.js";
import { renewToken, csrfToken } from "../studio/shared/token.js";
import { openLocalStore } from "../studio/shell/local_store.js";
import { createApi } from "../studio/shell/api.js";
import { say } from "../studio/shared/words.js";
import { createAnswerList } from "./answer_list.js";
import { bestOf, colourOf, letterOf, marksOf, nextOf } from "./answers.js";
import { comparingBindings, decidingBindings } from "./bindings.js";
import { createComments } from "./comments.js";

const COMPARISONS = {
  classification: () => import("./compare_fields.js"),
  image_regions: () => import("./compare_image.js"),
  preference: () => import("./compare_pair.js"),
  text_spans: () => import("./compare_text.js"),
};
const { task, project, answers, review, urls, draft, comments } = pageData("review-data");
const [editors, { createComparison }] = await Promise.all([loadEditors([project.task_type]), COMPARISONS[project.task_type]()]);
const page = byId("review");
const hosts = { stage: byId("stage"), tools: byId("tools"), panel: byId("panel") };
const api = createApi({ fetch: (address, options) => fetch(address, options), csrf: csrfToken, renew: renewToken });
const notes = createNotes(byId("notes"));
const localStore = await openLocalStore();
const own = ownKeys(pageData("choices").keys);
const comparing = createKeymap(own("review", [...decidingBindings(), ...comparingBindings(answers)]));
const hidden = new Set();
let chosen = review.blind ? -1 : bestOf(answers);
let view = null; // the comparison, while there is one
let editor = null; // the editor, while editing
let base = null; // the answer that the edited one began with
let drafts = null;
let sending = false;
let instructions = null; // once somebody has asked for them

function rows() {
  return answers.map((one, index) => ({
    ...one, index, letter: letterOf(one.name), colour: colourOf(index), chosen: index === chosen, hidden: hidden.has(index),
  }));
}

const nameOf = (key) => project.labels.find((label) => label.key === key)?.name ?? key;
const said = createComments({ comments, answers, nameOf, onShow: showMark, send: (url, body) => api.send("POST", url, body) });
const list = createAnswerList(byId("answers"), project.labels, { onChoose: choose, onHide: hide, act: run, keyOf: comparing.shown });
said.showIn(byId("answers"));

// --- comparing --------------------------------------------------------------------------------------------------

function compare() {
  editor?.close();
  editor = null;
  base = null;
  page.dataset.mode = "compare";
  byId("editing").hidden = true;
  byId("saved-mark").hidden = true;
  hosts.tools.replaceChildren();
  hosts.panel.replaceChildren();
  // The chosen answer is drawn last, over the others.
  const shown = () => rows().filter((one) => !one.hidden && !one.changed).sort((a, b) => a.chosen - b.chosen);
  view = createComparison(hosts.stage, { task, nameOf, shown, fields: project.fields, said: said.count });
  printKeys(comparing);
  view.ready().catch(imageFailed);
  view.focus();
  refresh();
}

function refresh() {
  list.show(rows());
  view?.redraw();
  byId("decide").disabled = sending || (!editor && chosen < 0);
}

function choose(index) {
  if (!answers[index] || answers[index].changed) return;
  chosen = index;
  hidden.delete(index);
  refresh();
  announce(say("{name} is chosen", { name: answers[index].name }));
}

function hide(index = chosen) {
  if (!hidden.delete(index)) hidden.add(index);
  refresh();
}

function solo() {
  const others = answers.map((_, i) => i).filter((i) => i !== chosen);
  const alone = others.every((i) => hidden.has(i));
  for (const i of others) alone ? hidden.delete(i) : hidden.add(i);
  refresh();
}

// --- editing ----------------------------------------------------------------------------------------------------

/** @param {any|null} answer where to begin @param {string|null} from the answer's id */
function edit(answer, from) {
  view?.close();
  view = null;
  base = from;
  page.dataset.mode = "edit";
  byId("editing").hidden = false;
  editor = editors[project.task_type](hosts, {
    task,
    labels: project.labels.filter((label) => !label.retired),
    fields: project.fields,
    answer,
    bindings: decidingBindings(),
    own,
    announce,
    onChange: changed,
    join: (hear) => joinCopilot({ id: null, token: null, project: { copilot: false } }, { onAnswer: hear.onAnswer, onState: () => hear.onAvailable(false) }),
  });
  editor.ready().catch(imageFailed);
  editor.focus();
  printKeys(editor.keymap);
  refresh();
  markHistory();
}

function changed() {
  if (!editor) return;
  markHistory();
  keep();
}

/** What is kept until the decision: the note that is being written, and the answer that is being edited. */
function keep() {
  drafts.change({ answer: { note: byId("note").value, ...(editor && { ...editor.answer(), base }) } });
}

function printKeys(keymap) {
  for (const node of page.querySelectorAll("[data-key-of]")) node.textContent = keymap.shown(node.dataset.keyOf);
}

/** Go to what a tasker's comment is about. */
function showMark(index, mark) {
  if (editor) return announce(say("Go back to the answers first."));
  choose(index);
  const found = marksOf(answers[index].answer).find((one) => one.id === mark);
  if (found) view.reveal?.(found);
}

function markHistory() {
  for (const name of ["undo", "redo"]) {
    const able = name === "undo" ? editor.history.canUndo : editor.history.canRedo;
    page.querySelector(`[data-action=${name}]`).disabled = !able;
  }
}

function imageFailed() {
  notes.show("image", { kind: "bad", text: say("The image could not be loaded. Reload the page, or come back later.") });
}

// --- keeping and deciding ---------------------------------------------------------------------------------------

function showSaved(state, detail) {
  const mark = byId("saved-mark");
  mark.hidden = !editor && !byId("note").value;
  mark.dataset.state = state;
  const words = { saved: say("Saved"), offline: say("Offline, kept here"), rejected: say("Not saved"), conflict: say("Two copies") };
  mark.textContent = words[state] ?? say("Saving…");
  if (state === "conflict") dialogs.ask("conflict-dialog").then(({ answer }) => settle(answer, detail));
  if (detail?.signedOut) askToSignIn();
}

function settle(answer, theirs) {
  if (answer !== "theirs" || !theirs) return drafts.keepMine(theirs?.version ?? 0);
  drafts.takeTheirs(theirs.version);
  editor?.close();
  open(theirs.answer);
}

/** What was kept: a note, and an answer if one was being edited. */
function open({ base: from, note = "", ...answer }) {
  byId("note").value = note;
  if (from === undefined) compare();
  else edit(answer, from);
}

/** @returns {Promise<boolean>} whether somebody is signed in again */
async function askToSignIn() {
  const signedIn = await signInAgain();
  drafts.flush();
  return signedIn;
}

async function decide() {
  if (sending || editor?.enter()) return;
  if (!editor && chosen < 0) return;
  if (editor?.isEmpty() && (await dialogs.ask("empty-dialog")).answer !== "go") return;
  const answer = editor ? editor.answer() : answers[chosen].answer;
  const from = editor ? base : answers[chosen].id;
  await send(() => api.send("POST", urls.decide, { token: review.token, answer, base: from, note: byId("note").value.trim() }));
}

async function send(request) {
  sending = true;
  page.dataset.phase = "sending";
  refresh();
  try {
    const { next } = await request();
    lease.stop();
    await drafts.close({ forget: true });
    location.assign(next ?? urls.list);
  } catch (problem) {
    sending = false;
    page.dataset.phase = "working";
    refresh();
    if (problem.signedOut) return (await askToSignIn()) && send(request);
    const text = problem.passing ? say("The server did not answer. Nothing is lost; try again.") : problem.message;
    notes.show("problem", { kind: "bad", text, verb: say("Try again"), onVerb: decide });
  }
}

// --- keys and buttons -------------------------------------------------------------------------------------------

/** Screen readers hear it, the same words twice as well; nobody sees it. */
function announce(text) {
  const said = byId("said");
  said.textContent = said.textContent === text ? `${text}\u00a0` : text;
}

function escape() {
  if (editor && !editor.escape() && !editor.history.canUndo) compare();
}

const ACTIONS = {
  submit: decide,
  escape,
  back: compare,
  edit: () => chosen >= 0 && edit(answers[chosen].answer, answers[chosen].id),
  fresh: () => edit(null, null),
  release: () => send(() => api.send("POST", urls.release, { token: review.token })),
  next: () => choose(nextOf(answers, chosen, 1)),
  previous: () => choose(nextOf(answers, chosen, -1)),
  hide: () => hide(),
  solo,
  fit: () => view.fit(),
  closer: () => view.zoom(1.3),
  further: () => view.zoom(1 / 1.3),
  instructions: () => void turnInstructions(),
  keys: () => import("../studio/shell/shortcuts.js").then(({ showKeys }) => showKeys((editor?.keymap ?? comparing).bindings)),
};
const ALWAYS = ["submit", "escape", "back", "release", "instructions", "keys"];

async function turnInstructions() {
  const { createInstructions } = await import("../studio/shell/instructions.js");
  instructions ??= createInstructions({ project: () => project, onMove: () => (editor ?? view).focus() });
  instructions.turn(project);
}

/** @returns {boolean} whether something was done */
function run(action, event) {
  if (editor && !ALWAYS.includes(action)) return editor.act(action, event);
  if (action.startsWith("choose:")) choose(Number(action.slice(7)));
  else ACTIONS[action]?.(event);
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || dialogs.dialogOpen() || belongsToField(event)) return;
  const action = (editor?.keymap ?? comparing).find(event);
  if (action && run(action, event)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button) {
    button.closest("details")?.removeAttribute("open");
    run(button.dataset.action, event);
  }
  const pressed = event.detail > 0 && event.target.closest(".studio__body button");
  if (pressed && !dialogs.dialogOpen()) (editor ?? view)?.focus();
});

// --- start ------------------------------------------------------------------------------------------------------

const kept = newestWork(draft, await localStore.read(review.id).catch(() => null));
drafts = createDrafts({
  localStore,
  key: review.id,
  version: kept.version,
  save: (version, work) => api.send("PUT", urls.draft, { token: review.token, version, answer: work.answer }),
  onState: showSaved,
});
const lease = createLease({
  beat: () => api.send("POST", urls.heartbeat, { token: review.token }),
  seconds: review.lease_seconds ?? 900,
  onLost: async (problem) => {
    byId("lost-text").textContent = problem.message;
    await dialogs.ask("lost-dialog");
    location.assign(urls.list);
  },
});
byId("note").addEventListener("input", keep);
addEventListener("online", () => (lease.beat(), drafts.flush()));
addEventListener("pagehide", () => drafts.flush());

if (kept.answer) open(kept.answer);
else compare();
if (kept.unsent) drafts.change({ answer: kept.answer });
