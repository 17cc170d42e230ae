/** Time at work on one task: runs while the page is in sight and something was done in the last half minute. */

/** @param {{now: () => number, rest?: number}} options now: milliseconds; rest: how long a pause still counts */
export function createClock({ now, rest = 30_000 }) {
  let total = 0;
  let last = now();
  let seen = true;

  return {
    /** Something was done: the time since the last thing counts, up to `rest`. */
    touch() {
      const at = now();
      if (seen) total += Math.min(at - last, rest);
      last = at;
    },
    /** The page went out of sight or came back. */
    show(visible) {
      if (visible === seen) return;
      if (!visible) this.touch();
      seen = visible;
      last = now();
    },
    /** Active milliseconds until now. */
    read() {
      return Math.round(total + (seen ? Math.min(now() - last, rest) : 0));
    },
    restart(from = 0) {
      total = from;
      last = now();
    },
  };
}

/** 75_000 → "1:15" */
export function asMinutes(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
