/** The reviewer's page: compare the answers, take one, combine several, edit, decide, go on to the next. */
import { joinCopilot } from "../studio/shell/copilot.js";
import * as dialogs from "../studio/shell/dialogs.js";
import { createDrafts, newestWork } from "../studio/shell/drafts.js";
import { byId, pageData } from "../studio/shared/elements.js";
import { belongsToField, onlyHeld } from "../studio/shared/fields.js";
import { createKeymap } from "../studio/shared/keys.js";
import { createLease } from "../studio/shell/lease.js";
import { createNotes } from "../studio/shell/notes.js";
import { ownKeys } from "../studio/shell/own_keys.js";
import { loadEditors } from "../studio/shell/editors.js";
import { signInAgain } from "../studio/shell/sign_in.js";
import { renewToken, csrfToken } from "../studio/shared/token.js";
import { openLocalStore } from "../studio/shell/local_store.js";
import { createApi } from "../studio/shell/api.js";
import { say, sayCount } from "../studio/shared/words.js";
import { createAnswerList } from "./answer_list.js";
import { marksOf, nextOf } from "./answers.js";
import { combiningBindings, comparingBindings, decidingBindings } from "./bindings.js";
import { createCombining } from "./combining.js";
import { createComments } from "./comments.js";
import { loadComparison } from "./comparisons.js";
import { createCopies } from "./copies.js";
import { createPreview } from "./copy_preview.js";
import { createEnding } from "./ending.js";
import { createInSight } from "./in_sight.js";
import { keptWork } from "./kept_work.js";
import { createLeftEdits } from "./left_edits.js";
import { createSendBack } from "./send_back.js";
import { createSideBySide } from "./side_by_side.js";

const { task, project, answers, matches, review, urls, draft, comments } = pageData("review-data");
const [editors, { createComparison }] = await Promise.all([loadEditors([project.task_type]), loadComparison(project.task_type)]);
const page = byId("review");
const hosts = { stage: byId("stage"), tools: byId("tools"), panel: byId("panel") };
const api = createApi({ fetch: (address, options) => fetch(address, options), csrf: csrfToken, renew: renewToken });
const notes = createNotes(byId("notes"));
const localStore = await openLocalStore(page.dataset.person);
const own = ownKeys(pageData("choices").keys);
const comparing = createKeymap(own("review", [...decidingBindings(), ...comparingBindings(answers, matches.length > 0)]));
const combiningKeys = createKeymap(own("review", [...decidingBindings(), ...combiningBindings(answers)]));
const inSight = createInSight(answers, review.blind);
let view = null; // the comparison, while there is one
let beside = false; // whether it shows the answers side by side
let editor = null; // the editor, while editing
let [base, start] = [null, null]; // the answer that the edited one began with: its id, itself
let resumed = false; // whether the edited one was left before
let left = createLeftEdits();
let drafts = null;
let instructions = null; // once somebody has asked for them

const nameOf = (key) => project.labels.find((label) => label.key === key)?.name ?? key;
const said = createComments({ comments, answers, nameOf, onShow: showMark, send: (url, body) => api.send("POST", url, body) });
const answerList = createAnswerList(byId("answers"), project.labels, { onChoose: choose, onHide: (index) => (inSight.hide(index), refresh()), onEarlier: (index) => (inSight.turnEarlier(index), refresh()), act: run, keyOf: comparing.shown, combines: matches.length > 0 });
said.showIn(byId("answers"));
const combining = createCombining({
  matches, answers, blind: review.blind, task, fields: project.fields, panel: hosts.panel, nameOf, keyOf: combiningKeys.shown, act: run, onChange: combined,
});

// --- comparing --------------------------------------------------------------------------------------------------

const sendBack = createSendBack({
  answers, urls, token: review.token, chosen: () => inSight.chosen, send: (url, body) => api.send("POST", url, body), onBack: (request) => ending.end(request),
  onNoted: () => announce(say("Noted.")), onProblem: ({ message }) => notes.show("problem", { kind: "bad", text: message }),
});

function compare() {
  const left = Boolean(editor) || isCombining();
  toAnswers("compare");
  hosts.panel.replaceChildren();
  look(inSight.drawn);
  printKeys(comparing);
  refresh();
  if (left) keep();
}

/** From the editor, or another way of looking, to the answers. @param {"compare"|"combine"} mode */
function toAnswers(mode) {
  if (editor && (resumed || editor.history.canUndo)) left.keep({ base, start, answer: editor.answer() });
  closeEditor();
  page.dataset.mode = mode;
  byId("editing").hidden = true;
  byId("saved-mark").hidden = true;
  hosts.tools.replaceChildren();
}

/** @param {() => any[]} shown */
function look(shown) {
  view?.close();
  const work = { task, nameOf, shown, fields: project.fields, said: said.count };
  view = beside ? createSideBySide(hosts.stage, work, createComparison) : createComparison(hosts.stage, work);
  view.ready().catch(imageFailed);
  view.focus();
}

function refresh() {
  answerList.show(inSight.rows());
  if (isCombining()) combining.refresh();
  view?.redraw();
  byId("decide").disabled = ending.sending || (!editor && !isCombining() && inSight.chosen < 0);
}

function choose(index) {
  if (!inSight.choose(index)) return;
  notes.clear("choose");
  refresh();
  announce(say("{name} is chosen", { name: answers[inSight.chosen].name }));
}

function turnBeside() {
  beside = !beside;
  if (isCombining()) combine();
  else compare();
}

// --- combining --------------------------------------------------------------------------------------------------

const isCombining = () => page.dataset.mode === "combine";

/** @param {(number|null)[]} [picks] what was taken before */
function combine(picks) {
  if (!combining.possible) return;
  toAnswers("combine");
  byId("editing").hidden = false;
  combining.begin(picks);
  look(combining.shown);
  printKeys(combiningKeys);
  combined();
}

/** Another part is in sight, or one was decided. */
function combined() {
  if (!isCombining()) return;
  refresh();
  markHistory(combining.history);
  const part = combining.part();
  if (part) view.reveal?.(part);
  announce(combining.told());
  keep();
}

// --- editing ----------------------------------------------------------------------------------------------------

function closeEditor() {
  editor?.close();
  editor = base = start = null;
  notes.clear("left");
}

/** @param {any|null} answer where to begin @param {string|null} from the answer's id @param {any} found what it is already */
function edit(answer, from, found = left.of(from, answer)) {
  view?.close();
  view = null;
  [base, start, resumed] = [from, answer, Boolean(found)];
  page.dataset.mode = "edit";
  byId("editing").hidden = false;
  editor = editors[project.task_type](hosts, {
    task,
    labels: project.labels.filter((label) => !label.retired),
    fields: project.fields,
    answer: found?.answer ?? answer,
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
  markHistory(editor.history);
  if (found?.start !== undefined) notes.show("left", { kind: "info", text: say("You go on with what you changed before."), verb: say("Begin anew"), onVerb: anew });
}

function anew() {
  const [answer, from] = [start, base];
  left.drop(from, answer);
  closeEditor();
  edit(answer, from);
  keep();
}

/** A copy of what is combined, or chosen. */
function editAny() {
  const [answer, from] = isCombining() || inSight.chosen >= 0 ? decision() : [];
  const open = isCombining() ? combining.open : 0;
  if (answer) edit(answer, from);
  if (open) notes.show("left", { kind: "warn", text: sayCount(open, "{count} part that is still open isn’t in it.", "{count} parts that are still open aren’t in it."), verb: say("Back to them"), onVerb: () => combine() });
}

function changed() {
  if (!editor) return;
  markHistory(editor.history);
  keep();
}

function work() {
  const edited = editor && { ...editor.answer(), base };
  return keptWork({ note: byId("note").value, edited, combining, inSight: isCombining(), left: left.all });
}

const keep = () => drafts?.change({ answer: work() });

function printKeys(keymap) {
  for (const node of page.querySelectorAll("[data-key-of]")) node.textContent = keymap.shown(node.dataset.keyOf);
}

/** Go to what a tasker's comment is about. */
function showMark(index, mark) {
  if (editor || isCombining()) return announce(say("Go back to the answers first."));
  choose(index);
  const found = marksOf(answers[index].answer).find((one) => one.id === mark);
  if (found) view.reveal?.(found);
}

function markHistory(history) {
  for (const name of ["undo", "redo"]) {
    const able = name === "undo" ? history.canUndo : history.canRedo;
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
  if (state === "conflict") copies.conflict(detail);
  if (detail?.signedOut) askToSignIn();
}

const preview = createPreview({ host: byId("copies"), about: { task, project }, answers, answerOf: combining.answerOf });
const copies = createCopies({ ask: dialogs.ask, preview, notes, localStore, key: review.id, drafts: () => drafts, work, open });

/** What was kept: a note, and an answer if one was being edited. */
function open({ base: from, note = "", picks, combined, left: edits, ...answer }) {
  closeEditor();
  byId("note").value = note;
  left = createLeftEdits(edits);
  combining.recall(combined);
  if (picks) combine(picks);
  else if (from === undefined) compare();
  else edit(answers.find(({ id }) => id === from)?.answer ?? null, from, { answer });
}

/** @returns {Promise<boolean>} whether somebody is signed in again */
async function askToSignIn() {
  const signedIn = await signInAgain();
  drafts.flush();
  return signedIn;
}

async function decide() {
  if (ending.sending || editor?.enter() || editor?.incomplete?.()) return;
  if (byId("saved-mark").dataset.state === "conflict") return copies.conflict();
  if (isCombining() && combining.onward()) return;
  if (!editor && !isCombining() && inSight.chosen < 0) return notes.show("choose", { kind: "info", text: say("Choose an answer first, or combine or edit them.") });
  if (editor?.isEmpty() && (await dialogs.ask("empty-dialog")).answer !== "go") return;
  const [answer, from] = decision();
  const body = { token: review.token, answer, base: from, note: byId("note").value.trim() };
  await ending.end(() => api.send("POST", urls.decide, body), decide);
}

/** What becomes the verdict, and the answer that it began with, if any. */
function decision() {
  if (editor) return [editor.answer(), base];
  return isCombining() ? [combining.answer(), combining.from()] : [answers[inSight.chosen].answer, answers[inSight.chosen].id];
}

const ending = createEnding({
  notes,
  signIn: askToSignIn,
  onSending(sending) {
    page.dataset.phase = sending ? "sending" : "working";
    refresh();
  },
  async onEnd({ next }) {
    lease.stop();
    await drafts.close({ forget: true });
    location.assign(next ?? urls.list);
  },
});

// --- keys and buttons -------------------------------------------------------------------------------------------

/** Screen readers hear it, the same words twice as well; nobody sees it. */
function announce(text) {
  const said = byId("said");
  said.textContent = said.textContent === text ? `${text}\u00a0` : text;
}

function escape() {
  if (isCombining()) compare();
  else if (editor && !editor.escape() && !editor.history.canUndo) back();
}

/** From the editor to where it was begun. */
function back() {
  if (editor && combining.begun && !base) combine();
  else compare();
}

const ACTIONS = {
  submit: decide,
  escape,
  back,
  combine: () => combine(),
  beside: turnBeside,
  edit: editAny,
  fresh: () => edit(null, null),
  back_to_tasker: () => void sendBack(),
  release: () => ending.end(() => api.send("POST", urls.release, { token: review.token })),
  next: () => choose(nextOf(answers, inSight.chosen, 1)),
  previous: () => choose(nextOf(answers, inSight.chosen, -1)),
  fit: () => view.fit(),
  closer: () => view.zoom(1.3),
  further: () => view.zoom(1 / 1.3),
  instructions: () => void turnInstructions(),
  keys: () => import("../studio/shell/shortcuts.js").then(({ showKeys }) => showKeys(keymap().bindings)),
};
const LOOKS = { hide: () => inSight.hide(), solo: inSight.solo, blink: inSight.blink, earlier: () => inSight.turnEarlier() };
const ALWAYS = ["submit", "escape", "back", "back_to_tasker", "release", "instructions", "keys"];

async function turnInstructions() {
  const { createInstructions } = await import("../studio/shell/instructions.js");
  instructions ??= createInstructions({ project: () => project, onMove: () => (editor ?? view).focus() });
  instructions.turn(project);
}

const keymap = () => editor?.keymap ?? (isCombining() ? combiningKeys : comparing);

/** @returns {boolean} whether something was done */
function run(action, event) {
  if (editor && !ALWAYS.includes(action)) return editor.act(action, event);
  if (isCombining() && combining.run(action)) return true;
  if (LOOKS[action]) {
    LOOKS[action]();
    refresh();
  } else if (action.startsWith("choose:")) choose(Number(action.slice(7)));
  else ACTIONS[action]?.(event);
  return true;
}

// Before anything on the page hears of it.
document.addEventListener("keydown", (event) => onlyHeld(event, keymap()) && (event.preventDefault(), event.stopPropagation()), true);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || dialogs.dialogOpen() || belongsToField(event)) return;
  const action = keymap().find(event);
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
  sent: kept.sent,
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
void copies.recall();
