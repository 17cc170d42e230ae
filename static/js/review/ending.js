/** Requests that end a review: one at a time, and what failed is what can be tried again. */
import { say } from "../studio/shared/words.js";

/**
 * @param {{notes: any, signIn: () => Promise<boolean>, onSending: (sending: boolean) => void, onEnd: (reply: any) => unknown}} page
 */
export function createEnding({ notes, signIn, onSending, onEnd }) {
  let sending = false;

  function turn(busy) {
    sending = busy;
    onSending(busy);
  }

  /** @param {() => Promise<any>} request @param {() => unknown} [again] what "Try again" does: the same, unless the work may have changed */
  async function end(request, again = () => end(request)) {
    if (sending) return;
    turn(true);
    try {
      await onEnd(await request());
    } catch (problem) {
      turn(false);
      if (problem.signedOut) {
        if (await signIn()) await end(request, again);
        return;
      }
      const text = problem.passing ? say("The server did not answer. Nothing is lost; try again.") : problem.message;
      notes.show("problem", { kind: "bad", text, verb: say("Try again"), onVerb: again });
    }
  }

  return {
    end,
    get sending() {
      return sending;
    },
  };
}
