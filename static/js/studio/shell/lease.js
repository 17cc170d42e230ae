/** Holds on to an assignment while somebody is at work on it, by a heartbeat that survives a lost network and a server's slip. */

/** Problems after which an assignment can't be handed in any more. */
export const LOST = ["lease-lost", "wrong-token", "already-submitted", "not-found"];
const OVER = [...LOST, "correction-over"];

/**
 * @param {object} options
 * @param {() => Promise<any>} options.beat one heartbeat; rejects with a ApiProblem
 * @param {number} options.seconds the lease
 * @param {(problem: Error) => void} options.onLost the server says the assignment is no longer ours
 * @param {(soon: boolean) => void} [options.onSoon] true: unless a beat gets through, it ends within two minutes
 * @param {() => number} [options.now] milliseconds
 */
export function createLease({ beat, seconds, onLost, onSoon = () => {}, now = () => Date.now() }) {
  const every = Math.max(5, Math.min(60, seconds / 4)) * 1000;
  const warning = Math.min(120, seconds / 4) * 1000;
  let until = now() + seconds * 1000;
  let warned = false;
  let quiet = false; // what it is for is being handed in
  let timer = setInterval(tick, every);

  function warn(soon) {
    if (soon !== warned) onSoon(soon);
    warned = soon;
  }

  async function tick() {
    if (quiet) return;
    try {
      await beat();
      until = now() + seconds * 1000;
      warn(false);
    } catch (problem) {
      if (quiet) return;
      if (!OVER.includes(problem.code)) return warn(until - now() < warning);
      stop();
      onLost(problem);
    }
  }

  function stop() {
    clearInterval(timer);
    timer = null;
  }

  return {
    /** Beat now, out of turn: the network or the person came back. */
    beat: () => (timer === null ? Promise.resolve() : tick()),
    stop,
    /** No more beats, and no word of one that is on its way: the server may have what this is for. */
    hush() {
      quiet = true;
    },
    /** It hasn't. */
    resume() {
      quiet = false;
    },
  };
}
