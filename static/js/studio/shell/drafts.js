import { changesBetween, same } from "./draft_changes.js";

const FEW = 4;

/**
 * Keeps unsent work safe: at once on this machine, within a second on the server, and again whenever the
 * network returns. The server gets what has changed since it last said what it has; the whole where that isn't known.
 * Never throws: what it knows is told through onState.
 * States: "saved" | "unsaved" | "saving" | "offline" | "conflict" | "rejected".
 */

/**
 * @param {object} options
 * @param {import("./local_store.js").LocalStore} options.localStore
 * @param {(version: number, work: any, changes: any|null) => Promise<{version: number}>} options.save sends one
 *   draft: what has changed since that version, or all of it where `changes` is null
 * @param {string} options.key where it lies on this machine
 * @param {number} [options.version] the version the server has
 * @param {any|null} [options.base] the answer of that version
 * @param {any[]|null} [options.sent] answers that were on their way to the server when this page's forerunners ended
 * @param {(state: string, detail?: any) => void} [options.onState]
 * @param {number} [options.wait] ms from a change to its sending, and that this machine's disk may take before it
 * @param {number} [options.again] ms until a failed sending is tried again
 */
export function createDrafts({ localStore, save, key, version = 0, base = null, sent, onState = () => {}, wait = 800, again = 4000 }) {
  let known = version;
  let held = base; // what the server has, as far as this page knows
  let tried = sent ?? []; // what was sent and has had no answer: the server may have any of it
  let work = null;
  let dirty = false;
  let sending = null;
  let timer;
  let state = "saved";
  let closed = false;
  let quiet = false; // what is kept here is being handed in

  function tell(next, detail) {
    state = next;
    if (!quiet) onState(next, detail);
  }

  function storeNow(unsent = dirty) {
    return localStore.write(key, { version: known, dirty: unsent, sent: remembered(tried), ...work }).catch(() => {
      // This machine has no room left; the server's copy is then the only one, a second later.
    });
  }

  function plan(delay) {
    // A plan stands: work that never pauses is sent all the same.
    if (timer || closed || quiet || state === "conflict") return;
    timer = setTimeout(() => flush(), delay);
  }

  async function send() {
    const mine = work;
    dirty = false;
    tell("saving");
    try {
      const changes = held && changesBetween(held, mine.answer);
      if (!held || changes) {
        tried = [...tried, mine.answer];
        // Here before it is there: the page that comes after a crash must know it for its own, until the server's word.
        await Promise.race([storeNow(true), new Promise((done) => setTimeout(done, wait))]);
        if (closed || quiet) return (dirty = true);
        ({ version: known } = await save(known, mine, changes));
        [held, tried] = [mine.answer, []];
      }
      if (closed) return;
      await storeNow();
      if (!dirty) tell("saved");
    } catch (problem) {
      dirty = true;
      if (!closed && !quiet) failed(problem);
    }
  }

  function failed(problem) {
    if (problem.code === "stale-draft") return stale(problem.body?.draft ?? null);
    if (problem.code === "wrong-changes" && held) return afresh(null);
    if (problem.passing || problem.signedOut) {
      tell("offline", problem);
      return plan(again);
    }
    return tell("rejected", problem);
  }

  /** The server has another version than was thought: ours, whose answer was lost on the way, or another page's. */
  function stale(theirs) {
    const ours = theirs && tried.find((answer) => same(theirs.answer, answer));
    if (!ours) return tell("conflict", theirs);
    known = theirs.version;
    return afresh(ours);
  }

  function afresh(base) {
    [held, tried] = [base, []];
    plan(0);
  }

  /** Send what is unsent now; resolves when the server has it or the attempt failed. */
  async function flush() {
    timer = clearTimeout(timer);
    await sending;
    if (!dirty || closed || quiet || state === "conflict") return;
    sending = send();
    await sending;
    sending = null;
    if (dirty && state === "saving") plan(wait);
  }

  return {
    get state() {
      return state;
    },
    /** The work has changed. @param {{answer: any, rejected?: any[], active_ms?: number}} next */
    change(next) {
      work = { at: Date.now(), ...next };
      dirty = true;
      storeNow();
      if (state !== "saving" && state !== "conflict") tell(state === "offline" ? "offline" : "unsaved");
      plan(wait);
    },
    flush,
    /** The work is being handed in: a draft of it would come too late. It is still kept on this machine. */
    hush() {
      quiet = true;
      timer = clearTimeout(timer);
    },
    /** It wasn't taken: go on as before. */
    resume() {
      quiet = false;
      tell(dirty ? "unsaved" : state);
      plan(wait);
    },
    /** After a conflict: mine replaces the server's copy of that version. */
    keepMine(serverVersion) {
      known = serverVersion;
      held = null;
      dirty = true;
      tell("unsaved");
      return flush();
    },
    /** After a conflict: the server's copy was taken over. */
    takeTheirs(serverVersion, answer = null) {
      known = serverVersion;
      held = answer;
      dirty = false;
      tell("saved");
    },
    /** No more sending; the copy on this machine stays unless `forget`. */
    async close({ forget = false } = {}) {
      closed = true;
      timer = clearTimeout(timer);
      await sending?.catch(() => {});
      if (forget) await localStore.remove(key).catch(() => {});
    },
  };
}

/** The first few and the last of what was tried: a server that takes only the first that reaches it has one of these. */
function remembered(tried) {
  return tried.length > 2 * FEW ? [...tried.slice(0, FEW), ...tried.slice(-FEW)] : tried;
}

/**
 * Which copy of the work to go on with: the one on this machine when it holds something the server has not.
 * `version` is the one that copy builds on; where the server has gone further meanwhile, the first sending meets
 * a conflict, and the person chooses.
 * @param {{version: number, answer: any}|null} server
 * @param {{version: number, dirty: boolean, answer: any, sent?: any[]|null, rejected?: any[], unfinished?: any, at?: number}|null} local
 * @returns {{answer: any|null, rejected: any[], unfinished: any|null, at?: number, unsent: boolean, version: number, sent?: any[]|null}}
 *   unfinished: what was being drawn, which no server knows of; at: when this machine's copy was last changed
 */
export function newestWork(server, local) {
  const rest = { rejected: local?.rejected ?? [], unfinished: local?.unfinished ?? null, at: local?.at };
  if (local?.dirty) return { answer: local.answer, ...rest, unsent: true, version: local.version, sent: local.sent };
  return { answer: null, version: 0, ...server, ...rest, unsent: false };
}
