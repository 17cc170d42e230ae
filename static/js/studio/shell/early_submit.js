/** What is shown before it is ours is handed in as soon as it is, if that was asked for while it was shown. */

const WAITS = ["prefetched", "waiting"]; // phases in which nothing is ours yet

/** @param {() => void} submit */
export function createEarlySubmit(submit) {
  let asked = false;
  return {
    /** @param {boolean} touched a second press for the last task mustn't hand in what nobody looked at */
    ask: (touched) => void (asked = touched),
    /** What was shown is shown no longer: what comes instead was never looked at. */
    forget: () => void (asked = false),
    /** @param {string} phase see session.js */
    phase(phase) {
      if (phase === "working" && asked) setTimeout(submit);
      asked = asked && WAITS.includes(phase);
    },
  };
}
