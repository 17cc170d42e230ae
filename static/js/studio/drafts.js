/**
 * Keeps unsent work safe: at once on this machine, within a second on the server, and again whenever the
 * network returns. Never throws: what it knows is told through onState.
 * States: "saved" | "unsaved" | "saving" | "offline" | "conflict" | "refused".
 */

/**
 * @param {object} options
 * @param {import("./stash.js").Stash} options.stash
 * @param {(version: number, work: object) => Promise<{version: number}>} options.save sends one draft
 * @param {string} options.key where it lies on this machine
 * @param {number} [options.version] the version the server has
 * @param {(state: string, detail?: object) => void} [options.onState]
 * @param {number} [options.wait] ms from a change to its sending
 * @param {number} [options.again] ms until a failed sending is tried again
 */
export function createDrafts({ stash, save, key, version = 0, onState = () => {}, wait = 800, again = 4000 }) {
  let known = version;
  let work = null;
  let dirty = false;
  let sending = null;
  let timer = null;
  let state = "saved";
  let closed = false;

  function tell(next, detail) {
    state = next;
    onState(next, detail);
  }

  function stashNow() {
    return stash.write(key, { version: known, dirty, ...work }).catch(() => {
      // This machine has no room left; the server's copy is then the only one, a second later.
    });
  }

  function plan(delay) {
    clearTimeout(timer);
    if (!closed && state !== "conflict") timer = setTimeout(() => flush(), delay);
  }

  async function send() {
    const mine = work;
    dirty = false;
    tell("saving");
    try {
      ({ version: known } = await save(known, mine));
      if (closed) return;
      await stashNow();
      if (!dirty) tell("saved");
    } catch (problem) {
      dirty = true;
      if (!closed) failed(problem);
    }
  }

  function failed(problem) {
    if (problem.code === "stale-draft") return tell("conflict", problem.body?.draft ?? null);
    if (problem.passing || problem.signedOut) {
      tell("offline", problem);
      return plan(again);
    }
    return tell("refused", problem);
  }

  /** Send what is unsent now; resolves when the server has it or the attempt failed. */
  async function flush() {
    clearTimeout(timer);
    if (sending) await sending;
    if (!dirty || closed || state === "conflict") return;
    sending = send();
    await sending;
    sending = null;
    if (dirty && state === "saving") plan(wait);
  }

  return {
    get state() {
      return state;
    },
    /** The work has changed. @param {{answer: object, refused?: object[], active_ms?: number}} next */
    change(next) {
      work = next;
      dirty = true;
      stashNow();
      if (state !== "saving" && state !== "conflict") tell(state === "offline" ? "offline" : "unsaved");
      plan(wait);
    },
    flush,
    /** After a conflict: mine replaces the server's copy of that version. */
    keepMine(serverVersion) {
      known = serverVersion;
      dirty = true;
      tell("unsaved");
      return flush();
    },
    /** After a conflict: the server's copy was taken over. */
    takeTheirs(serverVersion) {
      known = serverVersion;
      dirty = false;
      tell("saved");
    },
    /** No more sending; the copy on this machine stays unless `forget`. */
    async close({ forget = false } = {}) {
      closed = true;
      clearTimeout(timer);
      if (sending) await sending.catch(() => {});
      if (forget) await stash.remove(key).catch(() => {});
    },
  };
}

/**
 * Which copy of the work to go on with: the one on this machine when it holds something the server has not.
 * `version` is the one that copy builds on; where the server has gone further meanwhile, the first sending meets
 * a conflict, and the person chooses.
 * @param {{version: number, answer: object}|null} server
 * @param {{version: number, dirty: boolean, answer: object}|null} local
 * @returns {{answer: object|null, refused: object[], unsent: boolean, version: number}}
 */
export function newestWork(server, local) {
  const refused = local?.refused ?? [];
  if (local?.dirty) return { answer: local.answer, refused, unsent: true, version: local.version };
  return { answer: server?.answer ?? null, refused, unsent: false, version: server?.version ?? 0 };
}
