/** The studio's page: joins the session, the room of the task at hand, the keys and the dialogs. */
import { createClock } from "./clock.js";
import { joinCopilot } from "./copilot.js";
import * as dialogs from "./dialogs.js";
import { byId } from "./elements.js";
import { belongsToField } from "./fields.js";
import { createMarks } from "./marks.js";
import { createNotes } from "./notes.js";
import { ROOMS } from "./rooms.js";
import { createSession } from "./session.js";
import { openStash } from "./stash.js";
import { studioBindings } from "./studio_bindings.js";
import { csrfToken, renewToken } from "./token.js";
import { createWire } from "./wire.js";
import { say } from "./words.js";

const studio = byId("studio");
const clock = createClock({ now: () => performance.now() });
const marks = createMarks({ clock, announce });
const notes = createNotes(byId("notes"));
const hosts = { stage: byId("stage"), tools: byId("tools"), panel: byId("panel") };
let room = null;
let kept = []; // the parts of the work that were last handed to the session
let warned = false; // of suggestions that wait for a word
let retry = null;

const session = createSession({
  wire: createWire({ fetch: (...request) => fetch(...request), csrf: csrfToken, renew: renewToken }),
  stash: await openStash(),
  view: { showTask, showNothing, showPhase, showSaved, showProblem, showSignIn, showExpired, showLost, showLeaseSoon, showSent },
  project: studio.dataset.project,
  trial: studio.dataset.trial === "yes",
  clock,
});

// --- what the session shows -------------------------------------------------------------------------------------

function showTask(assignment, work) {
  closeRoom();
  notes.clearAll();
  const { project, task } = assignment;
  byId("task-name").textContent = task.external_id;
  byId("pay").textContent = assignment.pay ?? "";
  byId("workbench").hidden = false;
  byId("rest").hidden = true;
  byId("workbench").dataset.type = project.task_type;
  room = ROOMS[project.task_type](hosts, {
    task,
    labels: project.labels.filter((label) => !label.retired),
    answer: work.answer,
    refused: work.refused,
    bindings: studioBindings(),
    announce,
    onChange: changed,
    join: (hear) => joinCopilot(assignment, { onAnswer: hear.onAnswer, onState: (state) => copilotIs(state, hear) }),
  });
  kept = partsOf(room);
  markHistory();
  room.ready().then(() => prefetch(assignment.next_media ?? []), () => imageFailed());
  if (!dialogs.dialogOpen()) room.focus();
  announce(say("Next task: {name}.", { name: task.external_id }));
}

function copilotIs(state, hear) {
  marks.showCopilot(state);
  hear.onAvailable(["connecting", "ready", "slow"].includes(state.phase));
}

function imageFailed() {
  const text = say("The image could not be loaded. Look again, or report the task.");
  notes.show("image", { kind: "bad", text, verb: say("Report"), onVerb: () => run("report") });
}

function prefetch(urls) {
  for (const url of urls) new Image().src = url;
}

/** No room is open while the next one is built: what it says of itself must not be taken for the old one's work. */
function closeRoom() {
  room?.close();
  room = null;
  warned = false;
  clearTimeout(retry);
}

function showNothing(nothing) {
  closeRoom();
  notes.clearAll();
  byId("task-name").textContent = "";
  rest({ text: nothing.text, waits: Boolean(nothing.retry_seconds) });
  if (nothing.retry_seconds) retry = setTimeout(() => session.claim(), nothing.retry_seconds * 1000);
}

/** The page without a task on it: why, and what can be done. */
function rest({ title, text, waits = false }) {
  const part = byId("rest-template").content.cloneNode(true);
  if (title) part.querySelector("[data-title]").textContent = title;
  part.querySelector("[data-text]").textContent = text;
  part.querySelector("[data-again]").addEventListener("click", () => session.claim());
  part.querySelector("[data-waiting]").hidden = !waits;
  byId("workbench").hidden = true;
  byId("rest").hidden = false;
  byId("rest").replaceChildren(part);
  announce(text);
}

function showPhase(phase) {
  studio.dataset.phase = phase;
  byId("submit").toggleAttribute("disabled", phase === "sending" || phase === "waiting");
  if (phase !== "waiting") return notes.clear("waiting");
  const text = say("Waiting for the network. Your work is kept on this machine and will be sent.");
  notes.show("waiting", { kind: "warn", text });
}

function showSaved(state, detail) {
  marks.showSaved(state);
  if (state === "conflict") resolveConflict(detail);
  if (state === "refused") showProblem(detail, null);
}

async function resolveConflict(theirs) {
  const { answer } = await dialogs.ask("conflict-dialog");
  if (answer !== "theirs" || !theirs) return session.keepMine(theirs?.version ?? 0);
  session.takeTheirs(theirs.version);
  showTask(session.assignment, { answer: theirs.answer, refused: [] });
}

function showProblem(problem, again) {
  if (!room) return rest({ title: say("No task could be fetched"), text: problem.message });
  const text = problem.place ? say("{text} (at {place})", { text: problem.message, place: problem.place }) : problem.message;
  notes.show("problem", { kind: "bad", text, verb: again ? say("Try again") : undefined, onVerb: again ?? undefined });
}

async function showSignIn() {
  const { answer } = await dialogs.ask("sign-in-dialog");
  if (answer) await renewToken();
  session.wake();
}

/** The time is over, but until somebody else takes the task a submit is still in time. */
function showExpired() {
  notes.clear("lease");
  const text = say("Your time for this task ran out. You can still submit it, unless somebody else has begun it.");
  notes.show("expired", { kind: "warn", text, verb: say("Next task"), onVerb: () => session.abandon() });
}

async function showLost(problem) {
  byId("lost-text").textContent = problem.message;
  await dialogs.ask("lost-dialog");
  session.abandon();
}

function showLeaseSoon(soon) {
  if (!soon) return notes.clear("lease");
  notes.show("lease", { kind: "warn", text: say("This task is kept for you for two more minutes: the server has not heard from this page.") });
}

function showSent(sent) {
  if (sent.checked) notes.show("sent", { kind: "good", text: say("The answer to the last task would be taken. Nothing was kept.") });
}

// --- what the person does ---------------------------------------------------------------------------------------

/** Screen readers hear it; nobody sees it. */
function announce(text) {
  byId("said").textContent = text;
}

function changed() {
  if (!room) return;
  markHistory();
  if (!room.pending()) notes.clear("pending");
  const parts = partsOf(room);
  if (parts.every((part, i) => part === kept[i])) return;
  kept = parts;
  session.change({ answer: room.answer(), refused: room.refused() });
}

/** Lists are never changed in place, so the same list is the same work. */
function partsOf(one) {
  return [...Object.values(one.answer()), one.refused()];
}

function markHistory() {
  const { canUndo, canRedo, undoName, redoName } = room.history;
  const [undo, redo] = ["undo", "redo"].map((name) => studio.querySelector(`.studio__submit [data-action=${name}]`));
  undo.disabled = !canUndo;
  redo.disabled = !canRedo;
  undo.title = canUndo ? say("Undo: {step}", { step: undoName }) : say("Undo");
  redo.title = canRedo ? say("Redo: {step}", { step: redoName }) : say("Redo");
}

async function submit() {
  if (!room || studio.dataset.phase !== "working") return;
  if (room.enter()) return;
  if (room.pending() && !warned) {
    warned = true;
    const text = say("Suggestions are waiting: accept (A) or refuse (X) them. Enter again submits without them.");
    return notes.show("pending", { kind: "info", text });
  }
  if (room.isEmpty() && (await dialogs.ask("empty-dialog")).answer !== "go") return;
  session.submit({ answer: room.answer(), refused: room.refused() });
}

async function skip() {
  const { answer, fields } = await dialogs.ask("skip-dialog");
  if (answer === "go") session.skip(fields.reason, fields.note);
}

async function report() {
  const { answer, fields } = await dialogs.ask("report-dialog");
  if (answer === "go") session.report(fields.note);
}

/** Leaving gives an untouched task back at once; one with work in it stays ours until its time runs out. */
async function leave(event) {
  event.preventDefault();
  if (room?.isEmpty()) await session.release();
  else await session.flush();
  location.assign(event.target.closest("a").href);
}

const ACTIONS = {
  submit,
  skip,
  report,
  escape: () => room?.escape(),
  instructions: () => session.assignment && dialogs.showInstructions(session.assignment.project.instructions_html),
  keys: () => dialogs.showKeys(room?.keymap.bindings ?? studioBindings()),
};

/** @returns {boolean} whether something was done */
function run(action, event) {
  if (ACTIONS[action]) return ACTIONS[action](event), true;
  return room?.act(action, event) ?? false;
}

document.addEventListener("keydown", (event) => {
  if (!room || event.defaultPrevented || event.isComposing || dialogs.dialogOpen() || belongsToField(event)) return;
  const action = room.keymap.find(event);
  if (action && run(action, event)) event.preventDefault();
});

for (const link of document.querySelectorAll("#leave, [data-leave]")) link.addEventListener("click", leave);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button && studio.contains(button)) {
    button.closest("details")?.removeAttribute("open");
    run(button.dataset.action, event);
  }
  // After a press with the mouse the keys belong to the work again.
  const pressed = event.detail > 0 && event.target.closest(".studio__body button, .studio__actions button");
  if (pressed && !dialogs.dialogOpen()) room?.focus();
});

document.addEventListener("visibilitychange", () => {
  clock.show(!document.hidden);
  if (document.hidden) session.flush();
  else session.wake();
});
for (const kind of ["pointerdown", "keydown", "wheel"]) {
  document.addEventListener(kind, () => clock.touch(), { passive: true, capture: true });
}
addEventListener("online", () => session.wake());
addEventListener("pagehide", () => session.flush());

session.claim();
