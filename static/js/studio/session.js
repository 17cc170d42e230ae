/**
 * One sitting in the studio: claim → work → submit → next, without a page load. Knows no DOM: what it has to
 * show goes to the view it is given.
 *
 * @typedef {object} View
 * @property {(assignment: object, work: {answer: object|null, refused: object[]}) => void} showTask
 * @property {(nothing: {code: string, text: string, retry_seconds: number|null}) => void} showNothing
 * @property {(phase: "loading"|"working"|"sending"|"waiting"|"idle") => void} showPhase
 * @property {(state: string, detail?: object) => void} showSaved
 * @property {(problem: Error, again: (() => void)|null) => void} showProblem
 * @property {() => void} showSignIn
 * @property {(problem: Error) => void} showExpired the lease is over; a submit may still be in time
 * @property {(problem: Error) => void} showLost the task is somebody else's now
 * @property {(soon: boolean) => void} showLeaseSoon
 * @property {(sent: object) => void} showSent
 */
import { createDrafts, newestWork } from "./drafts.js";
import { createLease } from "./lease.js";

/** Problems after which this assignment can't be handed in any more. */
const LOST = ["lease-lost", "already-submitted", "not-found"];

/**
 * @param {{wire: object, stash: import("./stash.js").Stash, view: View, project: string, trial?: boolean,
 *   clock: object, pause?: (ms: number) => Promise<void>}} options
 */
export function createSession({ wire, stash, view, project, trial = false, clock, pause = sleep }) {
  let assignment = null;
  let drafts = null;
  let lease = null;
  let work = { answer: null, refused: [] };
  let busy = false;

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

  const next = () => (trial ? wire.trial(project, assignment?.task.after ?? 0) : wire.claim(project));

  async function claim() {
    if (busy) return;
    busy = true;
    try {
      await open(await through(next, "loading"));
    } catch (problem) {
      view.showPhase("idle");
      view.showProblem(problem, claim);
    } finally {
      busy = false;
    }
  }

  async function open(reply) {
    assignment = reply.assignment ?? null;
    if (!assignment) {
      view.showPhase("idle");
      return view.showNothing(reply.nothing);
    }
    const mine = assignment;
    const local = trial ? null : await stash.read(mine.id).catch(() => null);
    const found = newestWork(mine.draft, local);
    work = { answer: found.answer, refused: found.refused };
    clock.restart(local?.active_ms ?? 0);
    if (!trial) hold(mine, found.version);
    view.showTask(mine, found);
    view.showPhase("working");
    if (found.unsent) drafts?.change({ ...work, active_ms: clock.read() });
    else view.showSaved("saved");
  }

  function hold(mine, version) {
    drafts = createDrafts({
      stash,
      key: mine.id,
      version,
      save: (version, { answer }) => wire.draft(mine, version, answer),
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

  /** Hand something in and go on to what comes back; on a refusal the task stays as it is. */
  async function finish(request) {
    if (busy || !assignment) return false;
    busy = true;
    try {
      const reply = await through(request, "sending");
      await letGo({ forget: true });
      await open(reply);
      if (reply.submitted ?? reply.checked) view.showSent(reply);
      return true;
    } catch (problem) {
      view.showPhase("working");
      if (LOST.includes(problem.code)) view.showLost(problem);
      else view.showProblem(problem, null);
      return false;
    } finally {
      busy = false;
    }
  }

  /** @param {{answer: object, refused: object[]}} final as it is now, changed since the task was shown or not */
  function submit(final) {
    work = final;
    const { answer, refused } = work;
    const one = assignment;
    const body = { answer, active_ms: clock.read(), refused: refused.map((offer) => offer.suggestion) };
    if (!trial) return finish(() => wire.submit(one, body));
    return finish(async () => ({ ...(await wire.check(project, one.task.id, answer)), ...(await next()) }));
  }

  return {
    get assignment() {
      return assignment;
    },
    claim,
    submit,
    /** The work has changed: keep it safe. @param {{answer: object, refused: object[]}} next */
    change(next) {
      work = next;
      clock.touch();
      drafts?.change({ ...next, active_ms: clock.read() });
    },
    /** @param {string} reason @param {string} note; a task that is only tried is passed over */
    skip: (reason, note) => finish(() => (trial ? next() : wire.skip(assignment, reason, note))),
    report: (note) => finish(() => wire.report(assignment, note)),
    async release() {
      if (assignment && !trial) await wire.release(assignment).catch(() => {});
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
    takeTheirs: (version) => drafts?.takeTheirs(version),
  };
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
