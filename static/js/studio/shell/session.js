/**
 * One sitting in the studio: claim → work → submit → next, without a page load. Knows no DOM: what it has to
 * show goes to the view it is given.
 *
 * @typedef {object} View
 * @property {(project: any) => Promise<void>} greet on a first visit: what is to be seen before the task
 * @property {(assignment: any, work: {answer: any|null, rejected: any[], unfinished?: any|null}) => void} showTask
 * @property {(nothing: {code: string, text: string, retry_seconds: number|null}) => void} showNothing
 * @property {(lesson: any, go: () => void) => void} showLesson of a course, to be read before the next task
 * @property {(phase: "loading"|"working"|"sending"|"prefetched"|"waiting"|"idle") => void} showPhase "prefetched": the last task is
 *   on its way, and what was prefetched is shown already
 * @property {(assignment: any) => void} showHeld what was shown early is ours now
 * @property {() => void} showMoved what was shown early went to somebody else
 * @property {(prefetched: any) => Promise<void>} prepare what probably comes next; unless that is done, it isn't shown early
 * @property {(state: string, detail?: any) => void} showSaved
 * @property {(problem: Error, again: (() => void)|null) => void} showProblem
 * @property {() => void} showSignIn
 * @property {(problem: Error) => void} showExpired the lease is over; a submit may still be in time
 * @property {(problem: Error) => void} showLost the task is somebody else's now
 * @property {(ended: Ended) => void} showEnded another tab has ended this task
 * @property {(soon: boolean) => void} showLeaseSoon
 * @property {() => void} openAnew the page is to be loaded again: what comes next is of another kind
 * @property {(sent: any) => void} showSent
 *
 * @typedef {object} Ended what another tab of the same person did with the task that is shown here
 * @property {"submitted"|"returned"} how returned: skipped, reported or given back
 * @property {boolean} differs whether this tab shows something else than was submitted, as far as it knows
 * @property {{id: string, seconds: number}|null} [submitted] the answer, and for how long it may still be corrected
 */
import { createDrafts, newestWork } from "./drafts.js";
import { createLease, LOST } from "./lease.js";
import { same } from "./draft_changes.js";
import { early } from "./local_store.js";

const SUBMITTED = "already-submitted";

/**
 * @param {{api: any, localStore: import("./local_store.js").LocalStore, view: View, project: string, trial?: boolean,
 *   clock: any, tabs?: {postMessage: (message: any) => void}|null, pause?: (ms: number) => Promise<void>}} options
 *   tabs: a channel to this person's other tabs
 */
export function createSession({ api, localStore, view, project, trial = false, clock, tabs = null, pause = sleep }) {
  let assignment = null;
  let drafts = null;
  let lease = null;
  let work = { answer: null, rejected: [] };
  let busy = false;
  let prefetched = null; // what will probably come next; nobody holds it

  /** Do one request; a lost network is waited out, anything else is shown. @returns {Promise<any>} the reply */
  async function through(request, phase) {
    view.showPhase(phase);
    for (let wait = 1000; ; wait = Math.min(wait * 2, 15_000)) {
      try {
        return await request();
      } catch (problem) {
        if (problem.signedOut) view.showSignIn();
        else if (!problem.passing) throw problem;
        view.showPhase("waiting");
        await pause(wait);
      }
    }
  }

  const next = (read) => (trial ? api.trial(project, assignment?.task.after ?? 0) : api.claim(project, read));

  /** @param {string} [read] the lesson that was read meanwhile: until the server hears of it, it comes again */
  async function claim(read) {
    if (busy) return;
    busy = true;
    try {
      await open(await through(() => next(read), "loading"));
    } catch (problem) {
      view.showPhase("idle");
      view.showProblem(problem, () => claim(read));
    } finally {
      busy = false;
    }
  }

  async function open(reply) {
    assignment = reply.assignment ?? null;
    prefetched = null;
    if (reply.anew) return view.openAnew();
    // What was taken back is corrected: the work that waits meanwhile comes next.
    if (reply.nothing?.code === "corrected" && !project.startsWith("corrections/")) return open(await through(() => next(), "loading"));
    if (reply.lesson) {
      view.showPhase("idle");
      return view.showLesson(reply.lesson, () => claim(reply.lesson.id));
    }
    if (!assignment) {
      view.showPhase("idle");
      return view.showNothing(reply.nothing);
    }
    const mine = assignment;
    const local = trial ? null : await storedHere(mine);
    const found = newestWork(mine.draft, local);
    const { answer, rejected, unfinished, at } = found;
    work = { answer, rejected, unfinished, at };
    clock.restart(local?.active_ms ?? 0);
    if (!trial) hold(mine, found);
    await view.greet(mine.project);
    view.showTask(mine, found);
    view.showPhase("working");
    if (found.unsent) drafts?.change({ ...work, active_ms: clock.read() });
    else view.showSaved("saved");
    if (!trial) localStore.remove(early(mine)).catch(() => {}); // it was taken over, or is older than what was
  }

  /** What lies on this machine of a piece of work, begun before it was ours or since. */
  async function storedHere(mine) {
    const read = (key) => localStore.read(key).catch(() => null);
    const corrects = mine.id.endsWith("/correct"); // of a task that was handed in since anything of it was begun early
    return (await read(mine.id)) ?? (corrects ? null : await read(early(mine)));
  }

  /** @param {any} mine @param {{version: number, sent?: any[]|null}} found */
  function hold(mine, { version, sent }) {
    drafts = createDrafts({
      localStore,
      key: mine.id,
      version,
      sent,
      base: mine.draft?.version === version ? mine.draft.answer : null,
      save: (version, { answer }, changes) => api.draft(mine, version, answer, changes),
      onState: (state, detail) => {
        if (detail?.signedOut) view.showSignIn();
        if (state === "rejected" && detail.code === SUBMITTED) return endedElsewhere(detail);
        view.showSaved(state, detail);
      },
    });
    lease = createLease({
      beat: () => api.heartbeat(mine),
      seconds: mine.lease_seconds,
      onLost: (/** @type {any} */ problem) => {
        if (problem.code === SUBMITTED) endedElsewhere(problem);
        else if (problem.code === "lease-lost") view.showExpired(problem);
        else view.showLost(problem);
      },
      onSoon: view.showLeaseSoon,
    });
  }

  /** Tell this person's other tabs that a piece of work is no longer in hand. */
  function announceEnd(ended, reply, answer) {
    if (trial || !ended?.id) return;
    if (reply.submitted) tabs?.postMessage({ ended: ended.id, how: "submitted", answer, submitted: reply.submitted });
    else tabs?.postMessage({ ended: ended.id, how: "returned" });
  }

  /** Another tab has ended this task. What is here stays in sight and on this machine; nothing more of it is sent. */
  function endedElsewhere(/** @type {any} */ { how = "submitted", answer = null, body = null, submitted = body?.submitted ?? null }) {
    hush({ drafts, lease });
    lease?.stop();
    view.showSaved(how);
    const differs = Boolean(work.answer) && !(answer && same(answer, work.answer));
    view.showEnded({ how, differs, submitted: submitted?.id ? submitted : null });
  }

  async function letGo({ forget }) {
    lease?.stop();
    lease = null;
    await drafts?.close({ forget });
    drafts = null;
  }

  /**
   * Hand in and go on at once with what was prefetched: the server's answer confirms it, or brings something else. A
   * rejection brings the task back as it was handed in.
   */
  async function goOn(request, final) {
    if (busy || !assignment) return false;
    busy = true;
    const [mine, next, at] = [{ assignment, drafts, lease }, prefetched, clock.read()];
    [assignment, drafts, lease, prefetched, work] = [next, null, null, null, { answer: null, rejected: [] }];
    hush(mine);
    clock.restart();
    view.showTask(next, work);
    try {
      const reply = await through(() => request({ task: next.task.id, signature: next.signature }), "prefetched");
      announceEnd(mine.assignment, reply, final.answer);
      mine.lease?.stop();
      await mine.drafts?.close({ forget: true });
      await confirm(next, reply);
      if (reply.submitted) view.showSent(reply);
      return true;
    } catch (problem) {
      ({ assignment, drafts, lease } = mine);
      work = final;
      clock.restart(at);
      view.showTask(assignment, { unfinished: null, ...final });
      return rejected(problem);
    } finally {
      busy = false;
    }
  }

  async function confirm(next, reply) {
    const got = reply.assignment;
    if (reply.lesson || got?.task.id !== next.task.id || got.draft || !alike(got.project, next.project)) {
      if (work.answer) view.showMoved();
      return open(reply);
    }
    Object.assign(next, got, { signature: null });
    hold(next, { version: 0, sent: null });
    view.showHeld(next);
    view.showPhase("working");
    if (work.answer) drafts.change({ ...work, active_ms: clock.read() });
    else view.showSaved("saved");
    localStore.remove(early(next)).catch(() => {});
  }

  /** Hand something in and go on to what comes back; on a rejection the task stays as it is. */
  async function finish(request) {
    if (busy || !assignment) return false;
    busy = true;
    hush({ drafts, lease });
    try {
      const reply = await through(request, "sending");
      // A group comes back with what is left of it, and so does the work in it.
      const ended = reply.assignment?.id !== assignment.id;
      if (ended) announceEnd(assignment, reply, work.answer);
      await letGo({ forget: ended || trial });
      await open(reply);
      if (reply.submitted ?? reply.checked ?? reply.kept) view.showSent(reply);
      return true;
    } catch (problem) {
      return rejected(problem);
    } finally {
      busy = false;
    }
  }

  /** The server may have taken it before it says so: a draft or a beat after that would be told that it isn't ours. */
  function hush(mine) {
    mine.drafts?.hush();
    mine.lease?.hush();
  }

  function rejected(problem) {
    view.showPhase("working");
    if (problem.code === SUBMITTED && !assignment.id.endsWith("/correct")) endedElsewhere(problem);
    else if (LOST.includes(problem.code)) view.showLost(problem);
    else {
      drafts?.resume();
      lease?.resume();
      view.showProblem(problem, null);
    }
    return false;
  }

  /** @param {{answer: any, rejected: any[]}} final as it is now, changed since the task was shown or not */
  function submit(final) {
    work = final;
    const { answer, rejected } = work;
    const one = assignment;
    const body = { answer, active_ms: clock.read(), rejected: rejected.map((offer) => offer.suggestion) };
    if (prefetched) return goOn((requested) => api.submit(one, body, requested), work);
    if (!trial) return finish(() => api.submit(one, body));
    return finish(async () => ({ ...(await api.check(project, one.task.id, answer)), ...(await next()) }));
  }

  /** Keep a tried answer as a known one. @param {{course: boolean, explanation: string, shown: boolean}} terms */
  function keep(answer, terms) {
    const one = assignment;
    return finish(async () => ({ ...(await api.keep(project, one.task.id, answer, terms)), ...(await next()) }));
  }

  return {
    get assignment() {
      return assignment;
    },
    /** Whether something that was handed in has had no answer yet. */
    get sending() {
      return busy;
    },
    claim: () => claim(),
    /** Ask what comes next, behind the task that is shown. */
    async lookAhead() {
      const mine = assignment;
      if (!mine?.id || !api.lookahead) return;
      try {
        const found = (await api.lookahead(mine)).lookahead;
        if (found) await view.prepare(found);
        if (assignment === mine && !busy) prefetched = found;
      } catch {
        // Then the next one comes with the answer.
      }
    },
    submit,
    keep,
    /**
     * What was handed in comes back, to be changed and handed in anew; the task at hand stays this person's meanwhile.
     * @param {string} annotation @param {{answer: any, rejected: any[]}} [begun] the correction as far as it has come, which
     *   is shown in the place of what was handed in
     * @returns {Promise<boolean>} whether it came
     */
    async reopen(annotation, begun) {
      if (busy) return false;
      busy = true;
      try {
        await drafts?.flush();
        // It builds on the first draft of the correction, which holds what was handed in; on a later one there are two copies.
        if (begun) await localStore.write(`${assignment.id}/correct`, { version: 1, dirty: true, sent: null, at: Date.now(), ...begun });
        const reply = await through(() => api.claim(`corrections/${annotation}`), "loading");
        await letGo({ forget: false });
        await open(reply);
        return true;
      } catch (problem) {
        view.showPhase(assignment ? "working" : "idle");
        view.showProblem(problem, null);
        return false;
      } finally {
        busy = false;
      }
    },
    /** The work has changed: keep it safe. @param {{answer: any, rejected: any[], unfinished?: any}} next */
    change(next) {
      work = next;
      clock.touch();
      const kept = { ...next, active_ms: clock.read() };
      if (assignment?.signature && !assignment.id) localStore.write(early(assignment), { version: 0, dirty: true, sent: null, at: Date.now(), ...kept }).catch(() => {});
      drafts?.change(kept);
    },
    /** @param {string} reason @param {string} note; a task that is only tried is passed over */
    skip: (reason, note) => finish(() => (trial ? next() : api.skip(assignment, reason, note))),
    report: (note) => finish(() => api.report(assignment, note)),
    async release() {
      if (assignment?.id && !trial) await api.release(assignment).then(() => announceEnd(assignment, {})).catch(() => {});
      await letGo({ forget: true });
    },
    /** The lease was lost: leave the copy on this machine and go on. */
    async abandon() {
      if (busy) return; // the answer to what is being handed in says what comes next
      await letGo({ forget: false });
      assignment = null;
      return claim();
    },
    /** The network or the person is back. */
    wake() {
      lease?.beat();
      return drafts?.flush();
    },
    /** Another tab of this person has ended a piece of work: see announceEnd. @param {any} message */
    hear(message) {
      if (assignment?.id && message.ended === assignment.id && !busy) endedElsewhere(message);
    },
    flush: () => drafts?.flush(),
    keepMine: (version) => drafts?.keepMine(version),
    takeTheirs: (version, answer) => drafts?.takeTheirs(version, answer),
  };
}

/** The same labels, fields and rules: what was shown early needn't be shown anew. */
const alike = (one, other) => JSON.stringify({ ...one, copilot: 0 }) === JSON.stringify({ ...other, copilot: 0 });

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
