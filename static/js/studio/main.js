/** The studio's page: joins the session, the editor of the task at hand, the keys and the dialogs. */
import { createClock } from "./shell/clock.js";
import { joinCopilot } from "./shell/copilot.js";
import * as dialogs from "./shell/dialogs.js";
import { byId, pageData, wear } from "./shared/elements.js";
import { belongsToField, onlyHeld } from "./shared/fields.js";
import { createKeymap } from "./shared/keys.js";
import { createEarlySubmit } from "./shell/early_submit.js";
import { isUnread } from "./shell/first_visit.js";
import { createMarks } from "./shell/marks.js";
import { createNotes } from "./shell/notes.js";
import { ownKeys } from "./shell/own_keys.js";
import { loadEditors } from "./shell/editors.js";
import { createSession } from "./shell/session.js";
import { openLocalStore } from "./shell/local_store.js";
import { studioBindings } from "./shell/studio_bindings.js";
import { csrfToken, renewToken } from "./shared/token.js";
import { createApi } from "./shell/api.js";
import { say } from "./shared/words.js";

const studio = byId("studio");
const any = studio.dataset.project === "any";
const editors = any ? {} : await loadEditors(studio.dataset.types.split(" "));
const choices = pageData("choices"); // of the person: their keys, and whether a choice hands in
const clock = createClock({ now: () => performance.now() });
const marks = createMarks({ clock, announce });
const notes = createNotes(byId("notes"));
const hosts = { stage: byId("stage"), tools: byId("tools"), panel: byId("panel") };
let editor = null;
let known = any ? null : { id: studio.dataset.project }; // the project at hand, or the last one
let madeAsides = null; // what asides.js made, once it is here
let kept = []; // the parts of the work that were last handed to the session
let lookahead = null; // prefetch.js, once something was prefetched
let coming = null; // the copilot of a task that is shown before it is ours
const soon = createEarlySubmit(() => run("submit"));
let warned = false; // of suggestions that wait for a word
let retry = null;
let opening = false; // a dialog was asked for that isn't here yet: keys are meant for it
const told = new Set(); // what was said once and needn't be again

const api = createApi({ fetch: (address, options) => firstClaim(address) ?? fetch(address, options), csrf: csrfToken, renew: renewToken, any });

const localStore = await openLocalStore(studio.dataset.person);
const tabs = new BroadcastChannel(`tandem.studio.${studio.dataset.person}`); // other tabs of this person
const session = createSession({
  api: any ? (await import("./any_api.js")).createAnyApi(api, editors) : Number(studio.dataset.grid) > 1 ? (await import("./shell/grid_api.js")).createGridApi(api) : api,
  localStore,
  view: {
    greet, showTask, showNothing, showLesson, showPhase, showSaved, showProblem, showHeld, prepare,
    openAnew: () => location.reload(),
    showSignIn: aside("signIn"), showExpired: aside("expired"), showLost: aside("gone"), showLeaseSoon: aside("leaseSoon"), showEnded: aside("ended"), showMoved: aside("moved"), showSent: aside("sent"),
  },
  project: studio.dataset.project,
  trial: studio.dataset.trial === "yes",
  clock,
  tabs,
});
tabs.addEventListener("message", ({ data }) => session.hear(data));

/** What the page asked for while its scripts were on their way (first_claim.js): once. */
function firstClaim(address) {
  const first = globalThis.firstClaim;
  if (first?.address !== address) return null;
  globalThis.firstClaim = null;
  return first.answer;
}

// --- what the session shows -------------------------------------------------------------------------------------

/** Instructions that open on a first visit stand there before the task: nothing moves under somebody's hands. */
async function greet(project) {
  if (!isUnread(project)) return;
  known = project;
  await aside("greet")().catch(() => {}); // without a network the work goes on without
}

function showTask(assignment, work) {
  closeEditor();
  notes.clearAll();
  const { project, task } = assignment;
  known = project;
  byId("project-name").textContent = project.name;
  byId("task-name").textContent = task.name;
  byId("pay").textContent = assignment.pay ?? "";
  courseIs(assignment.course ?? null);
  byId("workbench").hidden = false;
  byId("rest").hidden = true;
  byId("workbench").dataset.type = project.task_type;
  byId("workbench").toggleAttribute("data-grid", Boolean(task.tiles));
  editor = editors[task.tiles ? "grid" : project.task_type](hosts, {
    task,
    labels: project.labels.filter((label) => !label.retired),
    fields: project.fields,
    suggest: project.suggest,
    confidence: project.confidence,
    copilot: project.copilot,
    submit: () => run("submit"),
    answer: work.answer,
    rejected: work.rejected,
    unfinished: work.unfinished,
    bindings: studioBindings(),
    own: ownKeys(choices.keys),
    choices,
    choose,
    announce,
    alike: () => api.send("POST", "/studio/grid/groups", { token: assignment.token }),
    onChange: changed,
    join(hear) {
      const join = () => joinCopilot(assignment, { onAnswer: hear.onAnswer, onState: (state) => copilotIs(state, hear) });
      return assignment.signature && project.copilot ? (coming = lookahead.copilotToCome(join, hear.onAnswer)) : join();
    },
  });
  kept = partsOf(editor);
  printKeys(project);
  showCommentCount(assignment.comments);
  if (assignment.answered) once("answered", aside("answered"));
  markHistory();
  editor.ready().then(() => (prefetch(assignment.next_media ?? []), once("asides", fetchAsides), session.lookAhead()), () => imageFailed());
  if (!dialogs.dialogOpen()) editor.focus();
  announce(say("Next task: {name}.", { name: task.name }));
}

/** What the first edit doesn't need comes behind it, so that it is there when the network isn't. */
function fetchAsides() {
  // What is the studio's own comes after what all forms look like.
  wear(studio.dataset.forms, document.querySelector("link[rel=stylesheet][href*='/studio.']"));
  (globalThis.requestIdleCallback ?? setTimeout)(() => aside("recall")().catch(() => told.delete("asides")));
}

async function asides() {
  if (madeAsides) return madeAsides; // a second import would answer a moment later, and keys pressed until then would be lost
  wear(studio.dataset.later);
  const { createAsides } = await import("./shell/asides.js");
  return (madeAsides ??= createAsides({ session, notes, api, localStore, project: () => known, editor: () => editor, showCommentCount, announce }));
}

/** Something of asides.js, to be done once it is here. */
function aside(name) {
  return (...given) => asides().then((all) => all[name](...given));
}

/** A dialog of asides.js that somebody asked for. */
function opens(name) {
  return (...given) => {
    opening = true;
    return asides().finally(() => (opening = false)).then((all) => all[name](...given));
  };
}

function once(what, act) {
  if (!told.has(what)) act();
  told.add(what);
}

/** The keys on the page's own buttons; and, once a project, which label had to give way to a key of this person's. */
function printKeys(project) {
  for (const node of studio.querySelectorAll("[data-key-of]")) node.textContent = editor.keymap.shown(node.dataset.keyOf);
  const lost = Object.keys(choices.keys).length && editor.keymap.bindings.some((one) => one.lost);
  if (lost) once(`keys ${project.id}`, () => aside("lost")(editor.keymap.bindings));
}

/** How much was said about the task at hand. */
function showCommentCount(count) {
  byId("comments-mark").hidden = !count;
  byId("comments-count").textContent = count || "";
}

/** A choice of the person's, kept with them. */
function choose(name, on) {
  choices[name] = on;
  api.send("POST", "/profile/submit-on-choice/", { on }).catch(() => {}); // as good as kept: it holds for this sitting
}

function copilotIs(state, hear) {
  marks.showCopilot(state);
  hear.onAvailable(["connecting", "ready", "slow"].includes(state.phase), state);
}

function imageFailed() {
  const text = say("The image could not be loaded. Look again, or report the task.");
  notes.show("image", { kind: "bad", text, verb: say("Report"), onVerb: () => run("report") });
}

function prefetch(urls) {
  for (const url of urls) new Image().src = url;
}

/** No editor is open while the next one is built: what it says of itself must not be taken for the old one's work. */
function closeEditor() {
  editor?.close();
  editor = coming = null;
  soon.forget();
  warned = false;
  clearTimeout(retry);
}

/** What was shown early is ours now. */
function showHeld(assignment) {
  coming?.come();
  showCommentCount(assignment.comments);
  byId("pay").textContent = assignment.pay ?? "";
  session.lookAhead();
}

/** Without what it needs a task isn't shown early. */
async function prepare({ task }) {
  lookahead = await import("./shell/prefetch.js");
  lookahead.prepare(task);
}

function showNothing(nothing) {
  closeEditor();
  notes.clearAll();
  aside("rest")({ text: nothing.text, waits: Boolean(nothing.retry_seconds) });
  if (nothing.retry_seconds) retry = setTimeout(() => session.claim(), nothing.retry_seconds * 1000);
}

/** A course's answers, to be read before the next task. */
async function showLesson(lesson, go) {
  closeEditor();
  notes.clearAll();
  courseIs(null);
  wear(studio.dataset.lesson);
  (await import("./shell/lesson_page.js")).openLesson(lesson, go);
}

/** Whether the task at hand belongs to a course, and how far that has come. */
function courseIs(course) {
  const words = course ? say("Course: item {done} of {of}", { done: course.done + 1, of: course.of }) : "";
  byId("course-mark").textContent = words;
  byId("course-mark").hidden = !course;
  studio.toggleAttribute("data-course", Boolean(course));
  if (course) wear(studio.dataset.lesson);
}

function showPhase(phase) {
  studio.dataset.phase = phase;
  byId("submit").toggleAttribute("disabled", phase === "sending" || (phase === "waiting" && !session.assignment?.signature));
  soon.phase(phase);
  if (phase !== "waiting") return notes.clear("waiting");
  const text = say("Waiting for the network. Your work is kept on this machine and will be sent.");
  notes.show("waiting", { kind: "warn", text });
  marks.showSaved("offline", { told: true }); // what is marked meanwhile in a task that is shown early is kept here alone
}

function showSaved(state, detail) {
  marks.showSaved(state, { told: detail?.signedOut });
  madeAsides?.told.saved(state);
  if (state === "conflict") aside("conflict")(detail);
  if (state === "rejected") showProblem(detail, null);
}

function showProblem(problem, again) {
  if (!editor) return aside("rest")({ title: say("No task could be fetched"), text: problem.message });
  const text = problem.place ? say("{text} (at {place})", { text: problem.message, place: problem.place }) : problem.message;
  notes.show("problem", { kind: "bad", text, verb: again ? say("Try again") : undefined, onVerb: again ?? undefined });
}

// --- what the person does ---------------------------------------------------------------------------------------

/** Screen readers hear it, the same words twice as well; nobody sees it. */
function announce(text) {
  const said = byId("said");
  said.textContent = said.textContent === text ? `${text}\u00a0` : text;
}

function changed() {
  if (!editor) return;
  markHistory();
  if (!editor.pending()) notes.clear("pending");
  const parts = partsOf(editor);
  if (parts.every((part, i) => part === kept[i])) return;
  kept = parts;
  madeAsides?.told.stepped(editor.history);
  session.change({ answer: editor.answer(), rejected: editor.rejected(), unfinished: editor.unfinished?.() ?? null });
}

/** Lists are never changed in place, so the same list is the same work. */
function partsOf(one) {
  return [...Object.values(one.answer()), one.rejected(), one.unfinished?.() ?? null];
}

function markHistory() {
  const { canUndo, canRedo, undoName, redoName } = editor.history;
  const [undo, redo] = ["undo", "redo"].map((name) => studio.querySelector(`.studio__submit [data-action=${name}]`));
  undo.disabled = !canUndo;
  redo.disabled = !canRedo;
  undo.title = canUndo ? say("Undo: {step}", { step: undoName }) : say("Undo");
  redo.title = canRedo ? say("Redo: {step}", { step: redoName }) : say("Redo");
}

/** Enter first finishes what is in hand; Ctrl+Enter and the button always mean submit. */
async function submit(event) {
  if (!editor) return;
  const early = session.assignment?.signature;
  if (!early && studio.dataset.phase !== "working") return;
  const direct = event?.type === "click" || event?.ctrlKey || event?.metaKey;
  if (!direct && editor.enter()) return;
  if (byId("saved-mark").dataset.state === "conflict") return aside("conflict")();
  if (!early && editor.incomplete?.()) return;
  if (early) return soon.ask(editor.history.canUndo);
  if (editor.pending() && !warned) {
    warned = true;
    return aside("pending")();
  }
  if (editor.isEmpty() && !session.assignment.project.empty_usual && (await dialogs.ask("empty-dialog")).answer !== "go") return;
  session.submit({ answer: editor.answer(), rejected: editor.rejected() });
}

function leave(event) {
  event.preventDefault();
  const { href } = event.target.closest("a");
  aside("leave")(href).catch(() => location.assign(href));
}

const ACTIONS = {
  submit,
  skip: opens("skip"),
  reopen: aside("reopen"),
  report: () => session.assignment && opens("report")(),
  keep: opens("keep"),
  escape: () => editor?.escape(),
  instructions: () => known && opens("instructions")(known),
  keys: () => opens("keys")(keymap().bindings),
  comment: opens("comment"),
  question: opens("question"),
  comments: opens("comments"),
};

/** What is there without a task, too. */
const IDLE = ["instructions", "keys", "reopen"];

function keymap() {
  return editor?.keymap ?? createKeymap(ownKeys(choices.keys)("studio", studioBindings()));
}

/** @returns {boolean} whether something was done */
function run(action, event) {
  if (ACTIONS[action]) return ACTIONS[action](event), true;
  return editor?.act(action, event) ?? false;
}

// Before anything on the page hears of it.
document.addEventListener("keydown", (event) => {
  if (!onlyHeld(event, keymap())) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || opening || dialogs.dialogOpen() || belongsToField(event)) return;
  const action = keymap().find(event);
  if (action && (editor || IDLE.includes(action)) && run(action, event)) event.preventDefault();
});

for (const link of document.querySelectorAll("#leave, [data-leave]")) link.addEventListener("click", leave);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button && studio.contains(button)) {
    button.closest("details")?.removeAttribute("open");
    run(button.dataset.action, event);
  }
  // After a press with the mouse the keys belong to the work again, or to what keeps it from being handed in.
  const pressed = event.detail > 0 && event.target.closest(".studio__body button, .studio__actions button");
  const asked = button?.dataset.action === "submit" && document.activeElement?.closest(".attributes");
  if (pressed && !asked && !dialogs.dialogOpen()) editor?.focus();
});

document.addEventListener("visibilitychange", () => {
  clock.show(!document.hidden);
  if (document.hidden) session.flush();
  else session.wake();
});
for (const kind of ["pointerdown", "keydown", "wheel"]) {
  document.addEventListener(kind, () => clock.touch(), { passive: true, capture: true });
}
new BroadcastChannel("tandem.keys").addEventListener("message", ({ data }) => (choices.keys = data));
addEventListener("online", () => session.wake());
addEventListener("pagehide", () => session.flush());

session.claim();
