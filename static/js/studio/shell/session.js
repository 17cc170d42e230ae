/**
 * One sitting in the studio: claim → work → submit → next, without a page load. Knows no DOM: what it has to
 * show goes to the view it is given.
 *
 * @typedef {object} View
 * @property {(assignment: object, work: {answer: object|null, refused: object[], unfinished: object|null}) => void} showTask
 * @property {(nothing: {code: string, text: string, retry_seconds: number|null}) => void} showNothing
 * @property {(lesson: object, go: () => void) => void} showLesson of a course, to be read before the next task
 * @property {(phase: "loading"|"working"|"sending"|"ahead"|"waiting"|"idle") => void} showPhase "ahead": the last task is
 *   on its way, and what was foreseen is shown already
 * @property {(assignment: object) => void} showHeld what was shown ahead is ours now
 * @property {() => void} showMoved what was shown ahead went to somebody else
 * @property {(foreseen: object) => Promise<void>} prepare what probably comes next; unless that is done, it isn't shown ahead
 * @property {(state: string, detail?: object) => void} showSaved
 * @property {(problem: Error, again: (() => void)|null) => void} showProblem
 * @property {() => void} showSignIn
 * @property {(problem: Error) => void} showExpired the lease is over; a submit may still be in time
 * @property {(problem: Error) => void} showLost the task is somebody else's now
 * @property {(soon: boolean) => void} showLeaseSoon
 * @property {() => void} openAnew the page is to be loaded again: what comes next is of another kind
 * @property {(sent: object) => void} showSent
 */
import { createDrafts, newestWork } from "./drafts.js";
import { createLease } from "./lease.js";

/** Problems after which this assignment can't be handed in any more. */
const LOST = ["lease-lost", "already-submitted", "not-found"];

/**
 * @param {{wire: object, stash: import("./local_store.js").Stash, view: View, project: string, trial?: boolean,
 *   clock: object, pause?: (ms: number) => Promise<void>}} options
 */
export function createSession({ wire, stash, view, project, trial = false, clock, pause = sleep }) {
  let assignment = null;
  let drafts = null;
  let lease = null;
  let work = { answer: null, refused: [] };
  let busy = false;
  let ahead = null; // what will probably come next; nobody holds it

  /** Do one request; a lost network is waited out, anything else is shown. @returns {object|null} the reply */
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

  const next = (read) => (trial ? wire.trial(project, assignment?.task.after ?? 0) : wire.claim(project, read));

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
    ahead = null;
    if (reply.anew) return view.openAnew();
    if (reply.lesson) {
      view.showPhase("idle");
      return view.showLesson(reply.lesson, () => claim(reply.lesson.id));
    }
    if (!assignment) {
      view.showPhase("idle");
      return view.showNothing(reply.nothing);
    }
    const mine = assignment;
    const local = trial ? null : await stashed(mine);
    const found = newestWork(mine.draft, local);
    const { answer, refused, unfinished, at } = found;
    work = { answer, refused, unfinished, at };
    clock.restart(local?.active_ms ?? 0);
    if (!trial) hold(mine, found);
    view.showTask(mine, found);
    view.showPhase("working");
    if (found.unsent) drafts?.change({ ...work, active_ms: clock.read() });
    else view.showSaved("saved");
  }

  /** What lies on this machine of a piece of work, begun before it was ours or since. */
  async function stashed(mine) {
    const read = (key) => stash.read(key).catch(() => null);
    return (await read(mine.id)) ?? (await read(early(mine)));
  }

  function hold(mine, { version, sent }) {
    drafts = createDrafts({
      stash,
      key: mine.id,
      version,
      sent,
      base: mine.draft?.version === version ? mine.draft.answer : null,
      save: (version, { answer }, changes) => wire.draft(mine, version, answer, changes),
      onState: (state, detail) => {
        if (detail?.signedOut) view.showSignIn();
        view.showSaved(state, detail);
      },
    });
    lease = createLease({
      beat: () => wire.heartbeat(mine),
      seconds: mine.lease_seconds,
      onLost: view.showExpired,
      onSoon: view.showLeaseSoon,
    });
  }

  async function letGo({ forget }) {
    lease?.stop();
    lease = null;
    await drafts?.close({ forget });
    drafts = null;
  }

  /**
   * Hand in and go on at once with what was foreseen: the server's answer confirms it, or brings something else. A
   * refusal brings the task back as it was handed in.
   */
  async function goOn(request, final) {
    if (busy || !assignment) return false;
    busy = true;
    const [mine, next, at] = [{ assignment, drafts, lease }, ahead, clock.read()];
    [assignment, drafts, lease, ahead, work] = [next, null, null, null, { answer: null, refused: [] }];
    hush(mine);
    clock.restart();
    view.showTask(next, work);
    try {
      const reply = await through(() => request({ task: next.task.id, seal: next.seal }), "ahead");
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
      return refused(problem);
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
    Object.assign(next, got, { seal: null });
    hold(next, { version: 0, sent: null });
    view.showHeld(next);
    view.showPhase("working");
    if (work.answer) drafts.change({ ...work, active_ms: clock.read() });
    else view.showSaved("saved");
    stash.remove(early(next)).catch(() => {});
  }

  /** Hand something in and go on to what comes back; on a refusal the task stays as it is. */
  async function finish(request) {
    if (busy || !assignment) return false;
    busy = true;
    hush({ drafts, lease });
    try {
      const reply = await through(request, "sending");
      // A group comes back with what is left of it, and so does the work in it.
      await letGo({ forget: reply.assignment?.id !== assignment.id || trial });
      await open(reply);
      if (reply.submitted ?? reply.checked ?? reply.kept) view.showSent(reply);
      return true;
    } catch (problem) {
      return refused(problem);
    } finally {
      busy = false;
    }
  }

  /** The server may have taken it before it says so: a draft or a beat after that would be told that it isn't ours. */
  function hush(mine) {
    mine.drafts?.hush();
    mine.lease?.hush();
  }

  function refused(problem) {
    view.showPhase("working");
    if (LOST.includes(problem.code)) view.showLost(problem);
    else {
      drafts?.resume();
      lease?.resume();
      view.showProblem(problem, null);
    }
    return false;
  }

  /** @param {{answer: object, refused: object[]}} final as it is now, changed since the task was shown or not */
  function submit(final) {
    work = final;
    const { answer, refused } = work;
    const one = assignment;
    const body = { answer, active_ms: clock.read(), refused: refused.map((offer) => offer.suggestion) };
    if (ahead) return goOn((wish) => wire.submit(one, body, wish), work);
    if (!trial) return finish(() => wire.submit(one, body));
    return finish(async () => ({ ...(await wire.check(project, one.task.id, answer)), ...(await next()) }));
  }

  /** Keep a tried answer as a known one. @param {{course: boolean, explanation: string, shown: boolean}} terms */
  function keep(answer, terms) {
    const one = assignment;
    return finish(async () => ({ ...(await wire.keep(project, one.task.id, answer, terms)), ...(await next()) }));
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
      if (!mine?.id || !wire.ahead) return;
      try {
        const found = (await wire.ahead(mine)).ahead;
        if (found) await view.prepare(found);
        if (assignment === mine && !busy) ahead = found;
      } catch {
        // Then the next one comes with the answer.
      }
    },
    submit,
    keep,
    /** The work has changed: keep it safe. @param {{answer: object, refused: object[]}} next */
    change(next) {
      work = next;
      clock.touch();
      const kept = { ...next, active_ms: clock.read() };
      if (assignment?.seal && !assignment.id) stash.write(early(assignment), { version: 0, dirty: true, sent: null, ...kept }).catch(() => {});
      drafts?.change(kept);
    },
    /** @param {string} reason @param {string} note; a task that is only tried is passed over */
    skip: (reason, note) => finish(() => (trial ? next() : wire.skip(assignment, reason, note))),
    report: (note) => finish(() => wire.report(assignment, note)),
    async release() {
      if (assignment?.id && !trial) await wire.release(assignment).catch(() => {});
      await letGo({ forget: true });
    },
    /** The lease was lost: leave the copy on this machine and go on. */
    async abandon() {
      await letGo({ forget: false });
      assignment = null;
      return claim();
    },
    /** The network or the person is back. */
    wake() {
      lease?.beat();
      return drafts?.flush();
    },
    flush: () => drafts?.flush(),
    keepMine: (version) => drafts?.keepMine(version),
    takeTheirs: (version, answer) => drafts?.takeTheirs(version, answer),
  };
}

/** Where work lies that was begun before it was ours. */
const early = ({ task }) => `task:${task.id}`;

/** The same labels, fields and rules: what was shown ahead needn't be shown anew. */
const alike = (one, other) => JSON.stringify({ ...one, copilot: 0 }) === JSON.stringify({ ...other, copilot: 0 });

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
