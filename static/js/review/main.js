/** The reviewer's page: compare the answers, take one, edit it or make another, decide, go on to the next. */
import { joinCopilot } from "../studio/copilot.js";
import * as dialogs from "../studio/dialogs.js";
import { createDrafts, newestWork } from "../studio/drafts.js";
import { byId, pageData } from "../studio/elements.js";
import { belongsToField } from "../studio/fields.js";
import { createKeymap } from "../studio/keys.js";
import { createLease } from "../studio/lease.js";
import { createNotes } from "../studio/notes.js";
import { ROOMS } from "../studio/rooms.js";
import { renewToken, csrfToken } from "../studio/token.js";
import { openStash } from "../studio/stash.js";
import { createWire } from "../studio/wire.js";
import { say } from "../studio/words.js";
import { createAnswerList } from "./answer_list.js";
import { colourOf, letterOf } from "./answers.js";
import { comparingBindings, decidingBindings } from "./bindings.js";
import { createComparison as imageRegions } from "./compare_image.js";
import { createComparison as textSpans } from "./compare_text.js";

const COMPARISONS = { image_regions: imageRegions, text_spans: textSpans };
const { task, project, answers, review, urls, draft } = pageData("review-data");
const page = byId("review");
const hosts = { stage: byId("stage"), tools: byId("tools"), panel: byId("panel") };
const wire = createWire({ fetch: (...request) => fetch(...request), csrf: csrfToken, renew: renewToken });
const notes = createNotes(byId("notes"));
const stash = await openStash();
const comparing = createKeymap([...decidingBindings(), ...comparingBindings(answers)]);
const hidden = new Set();
let chosen = answers.length ? bestOf(answers) : -1;
let view = null; // the comparison, while there is one
let room = null; // the room, while editing
let base = null; // the answer that the edited one began with
let drafts = null;
let sending = false;

/** The answer that the others agree with most is chosen to begin with. */
function bestOf(all) {
  return all.reduce((best, one, i) => ((one.agreement ?? 0) > (all[best].agreement ?? 0) ? i : best), 0);
}

function rows() {
  return answers.map((one, index) => ({
    ...one, index, letter: letterOf(one.name), colour: colourOf(index), chosen: index === chosen, hidden: hidden.has(index),
  }));
}

const nameOf = (key) => project.labels.find((label) => label.key === key)?.name ?? key;
const list = createAnswerList(byId("answers"), project.labels, { onChoose: choose, onHide: hide, act: run });

// --- comparing --------------------------------------------------------------------------------------------------

function compare() {
  room?.close();
  room = null;
  base = null;
  page.dataset.mode = "compare";
  byId("editing").hidden = true;
  byId("saved-mark").hidden = true;
  hosts.tools.replaceChildren();
  hosts.panel.replaceChildren();
  // The chosen answer is drawn last, over the others.
  const shown = () => rows().filter((one) => !one.hidden).sort((a, b) => a.chosen - b.chosen);
  view = COMPARISONS[project.task_type](hosts.stage, { task, nameOf, shown });
  view.ready().catch(imageFailed);
  view.focus();
  refresh();
}

function refresh() {
  list.show(rows());
  view?.redraw();
  byId("decide").disabled = sending || (!room && chosen < 0);
}

function choose(index) {
  if (!answers[index]) return;
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

/** @param {object|null} answer where to begin @param {string|null} from the answer's id */
function edit(answer, from) {
  view?.close();
  view = null;
  base = from;
  page.dataset.mode = "edit";
  byId("editing").hidden = false;
  room = ROOMS[project.task_type](hosts, {
    task,
    labels: project.labels.filter((label) => !label.retired),
    answer,
    bindings: decidingBindings(),
    announce,
    onChange: changed,
    join: (hear) => joinCopilot({ id: null, token: null, project: { copilot: false } }, { onAnswer: hear.onAnswer, onState: () => hear.onAvailable(false) }),
  });
  room.ready().catch(imageFailed);
  room.focus();
  refresh();
  markHistory();
}

function changed() {
  if (!room) return;
  markHistory();
  drafts.change({ answer: { ...room.answer(), base } });
}

function markHistory() {
  for (const name of ["undo", "redo"]) {
    const able = name === "undo" ? room.history.canUndo : room.history.canRedo;
    page.querySelector(`[data-action=${name}]`).disabled = !able;
  }
}

function imageFailed() {
  notes.show("image", { kind: "bad", text: say("The image could not be loaded. Reload the page, or come back later.") });
}

// --- keeping and deciding ---------------------------------------------------------------------------------------

function showSaved(state, detail) {
  const mark = byId("saved-mark");
  mark.hidden = !room;
  mark.dataset.state = state;
  const words = { saved: say("Saved"), offline: say("Offline, kept here"), refused: say("Not saved"), conflict: say("Two copies") };
  mark.textContent = words[state] ?? say("Saving…");
  if (state === "conflict") dialogs.ask("conflict-dialog").then(({ answer }) => settle(answer, detail));
  if (detail?.signedOut) askToSignIn();
}

function settle(answer, theirs) {
  if (answer !== "theirs" || !theirs) return drafts.keepMine(theirs?.version ?? 0);
  drafts.takeTheirs(theirs.version);
  room?.close();
  open(theirs.answer);
}

function open({ base: from = null, ...answer }) {
  edit(answer, from);
}

async function askToSignIn() {
  if ((await dialogs.ask("sign-in-dialog")).answer) await renewToken();
  drafts.flush();
}

async function decide() {
  if (sending || room?.enter()) return;
  if (!room && chosen < 0) return;
  if (room?.isEmpty() && (await dialogs.ask("empty-dialog")).answer !== "go") return;
  const answer = room ? room.answer() : answers[chosen].answer;
  const from = room ? base : answers[chosen].id;
  await send(() => wire.send("POST", urls.decide, { token: review.token, answer, base: from, note: byId("note").value.trim() }));
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
    if (problem.signedOut) return askToSignIn();
    const text = problem.passing ? say("The server did not answer. Nothing is lost; try again.") : problem.message;
    notes.show("problem", { kind: "bad", text, verb: say("Try again"), onVerb: decide });
  }
}

// --- keys and buttons -------------------------------------------------------------------------------------------

function announce(text) {
  byId("said").textContent = text;
}

function escape() {
  if (room && !room.escape() && !room.history.canUndo) compare();
}

const ACTIONS = {
  decide,
  escape,
  back: compare,
  edit: () => chosen >= 0 && edit(answers[chosen].answer, answers[chosen].id),
  fresh: () => edit(null, null),
  release: () => send(() => wire.send("POST", urls.release, { token: review.token })),
  next: () => choose((chosen + 1) % answers.length),
  previous: () => choose((chosen - 1 + answers.length) % answers.length),
  hide: () => hide(),
  solo,
  fit: () => view.fit(),
  closer: () => view.zoom(1.3),
  further: () => view.zoom(1 / 1.3),
  instructions: () => dialogs.showInstructions(project.instructions_html),
  keys: () => dialogs.showKeys((room?.keymap ?? comparing).bindings),
};
const ALWAYS = ["decide", "escape", "back", "release", "instructions", "keys"];

/** @returns {boolean} whether something was done */
function run(action, event) {
  if (room && !ALWAYS.includes(action)) return room.act(action, event);
  if (action.startsWith("choose:")) choose(Number(action.slice(7)));
  else ACTIONS[action]?.(event);
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || dialogs.dialogOpen() || belongsToField(event)) return;
  const action = (room?.keymap ?? comparing).find(event);
  if (action && run(action, event)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button) {
    button.closest("details")?.removeAttribute("open");
    run(button.dataset.action, event);
  }
  const pressed = event.detail > 0 && event.target.closest(".studio__body button");
  if (pressed && !dialogs.dialogOpen()) (room ?? view)?.focus();
});

// --- start ------------------------------------------------------------------------------------------------------

const kept = newestWork(draft, await stash.read(review.id).catch(() => null));
drafts = createDrafts({
  stash,
  key: review.id,
  version: kept.version,
  save: (version, work) => wire.send("PUT", urls.draft, { token: review.token, version, answer: work.answer }),
  onState: showSaved,
});
const lease = createLease({
  beat: () => wire.send("POST", urls.heartbeat, { token: review.token }),
  seconds: review.lease_seconds ?? 900,
  onLost: async (problem) => {
    byId("lost-text").textContent = problem.message;
    await dialogs.ask("lost-dialog");
    location.assign(urls.list);
  },
});
addEventListener("online", () => (lease.beat(), drafts.flush()));
addEventListener("pagehide", () => drafts.flush());

if (kept.answer) open(kept.answer);
else compare();
if (kept.unsent) drafts.change({ answer: kept.answer });
