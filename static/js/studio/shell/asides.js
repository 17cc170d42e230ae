/**
 * What the first edit doesn't need: dialogs, mishaps, lessons, thread. Fetched behind the first task, so that it is there
 * when the network isn't.
 */
import { createCopies } from "./copies.js";
import * as dialogs from "./dialogs.js";
import { byId } from "../shared/elements.js";
import { createInstructions } from "./instructions.js";
import { worded } from "../image/key_words.js";
import { showKeys, wordsOfLost } from "./shortcuts.js";
import { signInAgain } from "./sign_in.js";
import { createRest } from "./rest.js";
import { createStepsTold } from "./steps_told.js";
import { openComments } from "./comments.js";
import { untouched } from "./untouched.js";
import { say, sayCount } from "../shared/words.js";

/**
 * @param {object} page of main.js
 * @param {any} page.session @param {any} page.notes @param {any} page.api
 * @param {import("./local_store.js").LocalStore} page.localStore
 * @param {() => any|null} page.project the project at hand, or the last one
 * @param {() => any|null} page.editor the editor at hand
 * @param {(count: number) => void} page.showCommentCount
 * @param {(text: string) => void} page.announce
 */
export function createAsides({ session, notes, api, localStore, project, editor, showCommentCount, announce }) {
  const told = createStepsTold({ said: byId("said") });
  const undo = byId("undo-submit");
  let submitted = null; // the annotation that may still be taken back
  let ending = null; // the timer of its end
  const working = () => byId("studio").dataset.phase === "working";
  const instructions = createInstructions({ project, onMove: () => editor()?.focus() });
  const rest = createRest({ host: byId("rest"), template: byId("rest-template"), onAgain: () => session.claim(), announce });
  const copies = createCopies({ session, notes, localStore, editor });

  /** Until what was handed in is answered, nothing else can be said of a task. @returns {boolean} whether that was told */
  function tooSoon() {
    if (!session.sending) return false;
    notes.show("waiting", { kind: "info", text: say("What you handed in has had no answer yet. Try again in a moment.") });
    return true;
  }

  /** For so many seconds what was submitted can be taken back; for none it can't. */
  function offerUndo({ id = null, seconds = 0 } = {}) {
    clearTimeout(ending);
    submitted = id && seconds > 0 ? id : null;
    undo.hidden = !submitted;
    if (!submitted) return;
    ending = setTimeout(offerUndo, seconds * 1000);
    const key = undo.querySelector("kbd").textContent;
    const name = session.assignment?.task.name;
    announce([say("Submitted. {key} takes it back.", { key }), name && say("Next task: {name}.", { name })].filter(Boolean).join(" "));
  }

  function speak(to) {
    const { id, task, project } = session.assignment ?? {};
    if (!editor() || tooSoon() || !id) return;
    openComments({ api, id: task.at ?? id, to, mark: editor().selected?.() ?? null, answer: editor().answer(), labels: project.labels, onCount: showCommentCount });
  }

  /** What another tab submitted comes back, to be corrected by what is seen here. */
  async function correctWithThis(annotation) {
    if (tooSoon() || !editor()) return;
    if (await session.reopen(annotation, { answer: editor().answer(), rejected: editor().rejected() })) offerUndo();
  }

  return {
    told,
    instructions: instructions.turn,
    greet: instructions.greet,
    keys: (bindings) => showKeys(bindings),
    /** Which label had to give way to a key of this person's. */
    lost: (bindings) => notes.show("keys", { kind: "info", text: wordsOfLost(worded(bindings).find((one) => one.lost)) }),
    answered: () => notes.show("answered", { kind: "info", text: say("What you asked was answered."), verb: say("Read"), onVerb: () => open("/my-work/questions/", "_blank") }),

    comment: () => speak("reviewer"),
    question: () => speak("manager"),
    comments: () => speak(""),

    conflict: copies.conflict,
    recall() {
      instructions.recall();
      return copies.recall();
    },

    async signIn() {
      await signInAgain();
      session.wake();
    },

    /** The time is over, but until somebody else takes the task a submit is still in time. */
    expired() {
      notes.clear("lease");
      const text = say("Your time for this task ran out. You can still submit it, unless somebody else has begun it.");
      notes.show("expired", { kind: "warn", text, verb: say("Next task"), onVerb: () => tooSoon() || session.abandon() });
    },

    /** Another tab has ended this task; what was typed here is still to be seen. @param {import("./session.js").Ended} ended */
    ended({ how, differs, submitted }) {
      notes.clear("lease");
      notes.clear("expired");
      const next = { verb: say("Next task"), onVerb: () => tooSoon() || session.abandon() };
      if (how === "returned") {
        const text = say("You gave this task back in another tab. What is here is no longer sent.");
        return notes.show("ended", { kind: "warn", text, ...next });
      }
      if (!differs) return notes.show("ended", { kind: "info", text: say("You submitted this task in another tab."), ...next });
      const text = say("You submitted this task in another tab. What you changed only here was not submitted.");
      const correct = { otherVerb: say("Correct it with this"), onOtherVerb: () => correctWithThis(submitted.id) };
      notes.show("ended", { kind: "warn", text, ...next, ...(submitted?.seconds > 0 && correct) });
    },

    async gone(problem) {
      byId("lost-text").textContent = problem.message;
      await dialogs.ask("lost-dialog");
      session.abandon();
    },

    leaseSoon(soon) {
      if (!soon) return notes.clear("lease");
      notes.show("lease", { kind: "warn", text: say("This task is kept for you for two more minutes: the server has not heard from this page.") });
    },

    moved() {
      notes.show("moved", { kind: "info", text: say("The task that was shown went to somebody else. This one is yours.") });
    },

    sent(sent) {
      offerUndo(sent.submitted);
      const moved = (sent.submitted?.results ?? []).filter((one) => one.code);
      if (moved.length) notes.show("sent", { kind: "warn", text: sayCount(moved.length, "One was not taken: {text}", "{count} were not taken: {text}", { text: moved[0].text }) });
      if (sent.kept) notes.show("sent", { kind: "good", text: sent.kept });
      if (sent.checked) notes.show("sent", { kind: "good", text: say("The answer to the last task would be taken. Nothing was kept.") });
    },

    /** What was just submitted comes back. */
    async reopen() {
      if (!submitted) return announce(say("Nothing was submitted that can still be taken back."));
      if (tooSoon() || !(await session.reopen(submitted))) return;
      offerUndo();
      notes.show("reopened", { kind: "info", text: say("This is what you submitted. Change it and submit it again, or skip to leave it as it was.") });
    },

    /** The page without a task on it: why, and what can be done. */
    rest(words) {
      if (editor()) return; // one has come meanwhile
      byId("task-name").textContent = "";
      byId("workbench").hidden = true;
      rest(words);
    },

    /** Handing in was asked for while suggestions wait for a word. */
    pending() {
      if (!editor()?.pending()) return;
      const keys = Object.fromEntries(["accept", "reject", "submit"].map((action) => [action, editor().keymap.shown(action)]));
      const text = say("Suggestions are waiting: accept ({accept}) or reject ({reject}) them. {submit} again submits without them.", keys);
      notes.show("pending", { kind: "info", text });
    },

    /** A task that came back stays as it was submitted: nobody is asked why. */
    async skip() {
      if (tooSoon()) return;
      if (session.assignment?.id?.endsWith("/correct")) return void session.skip("", "");
      const { answer, fields } = await dialogs.ask("skip-dialog");
      if (answer === "go") session.skip(fields.reason, fields.note);
    },

    /** In a trial: what is marked now becomes the right answer of this task. */
    async keep() {
      if (!editor() || !working()) return;
      const answer = editor().answer();
      const { answer: verb, fields } = await dialogs.ask("keep-dialog");
      if (verb !== "go") return;
      session.keep(answer, { course: fields.pool === "course", explanation: fields.explanation, shown: fields.shown === "now" });
    },

    /** An untouched task is given back at once; one with work in it stays ours until its time runs out. */
    async leave(href) {
      for (let waited = 0; session.sending && waited < 60; waited += 1) await new Promise((resolve) => setTimeout(resolve, 50));
      if (editor() && untouched(editor())) await session.release();
      else await session.flush();
      location.assign(href);
    },

    async report() {
      if (tooSoon()) return;
      const { answer, fields } = await dialogs.ask("report-dialog");
      if (answer === "go") session.report(fields.note);
    },
  };
}
