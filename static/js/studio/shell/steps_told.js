/** Each step of the history by its name, and that all is saved: told to screen readers once things are quiet. */
import { say } from "../shared/words.js";

const QUIET = 600; // ms; letters, strokes and arrow keys that follow each other are told of once
const SAVED = 3000;

/**
 * @param {{said: HTMLElement, later?: (run: () => void, ms: number) => any, never?: (timer: any) => void}} terms
 *   `said` is the live region; what somebody else says there in the meantime is as good
 */
export function createStepsTold({ said, later = (run, ms) => setTimeout(run, ms), never = (timer) => clearTimeout(timer) }) {
  let step = null;
  let rest = null;
  let unsaved = false;

  return {
    /** Something was done, undone or redone. @param {any} history of the editor at hand */
    stepped({ did, undoName, redoName }) {
      const before = said.textContent;
      const words = { push: undoName, undo: say("Undone: {step}", { step: redoName }), redo: say("Redone: {step}", { step: undoName }) }[did];
      never(step);
      step = later(() => words && said.textContent === before && (said.textContent = words), QUIET);
    },
    /** @param {string} state see drafts.js */
    saved(state) {
      never(rest);
      if (state === "saved" && unsaved) rest = later(() => ((said.textContent = say("Saved")), (unsaved = false)), SAVED);
      else if (state !== "saved") unsaved = true;
    },
  };
}
