/** Combining on the reviewer's page: the combination, its list of differences, and what the keys do to both. */
import { createCombination } from "./combination.js";
import { createDifferences, drawnOf } from "./differences.js";

/**
 * @param {{matches: number[][][], answers: any[], blind: boolean, task: any, fields: any[], panel: HTMLElement,
 *   nameOf: (label: string) => string, keyOf: (action: string) => string, act: (action: string) => void,
 *   onChange: () => void}} work onChange: another part is in sight, or one was decided
 */
export function createCombining({ matches, answers, blind, panel, onChange, ...told }) {
  const list = ["regions", "spans", "fields"].find((one) => one in (answers[0]?.answer ?? {})) ?? "fields"; // of parts
  let combination = null;
  let differences = null;

  const made = (picks) => createCombination({ matches, answers, list, picks, blind, onChange });
  const verbs = {
    leave: () => combination.leave(),
    agree: () => combination.agree(),
    agreeAll: () => combination.agreeAll(),
    next: () => combination.step(1),
    previous: () => combination.step(-1),
    undo: () => combination.history.undo(),
    redo: () => combination.history.redo(),
  };

  return {
    possible: matches.length > 0,
    /** Whether it was begun, and can be gone back to. */
    get begun() {
      return combination !== null;
    },
    get history() {
      return combination.history;
    },
    get picks() {
      return combination.picks;
    },
    /** What was taken before is gone on with once combining is begun again. @param {(number|null)[]} [picks] */
    recall: (picks) => void (combination = picks ? made(picks) : null),
    /** @param {(number|null)[]} picks */
    answerOf: (picks) => made(picks).answer(),
    /** How many parts nobody has decided yet. */
    get open() {
      return combination.open.length;
    },
    /** Show the list. @param {(number|null)[]} [picks] what was taken before */
    begin(picks) {
      if (picks || !combination) combination = made(picks);
      differences = createDifferences(panel, { combination, answers, onGo: (place) => combination.go(place), ...told });
    },
    /** What is drawn. */
    shown: () => drawnOf(combination, answers, list),
    refresh: () => differences.show(),
    told: () => differences.told(),
    /** A part of what is in sight that can be pointed out, if there is one. */
    part() {
      const [first] = combination.places[combination.at]?.said.values() ?? [];
      return list === "fields" ? null : first;
    },
    /** @returns {boolean} whether it was one of its actions */
    run(action) {
      if (action.startsWith("take:")) combination.take(Number(action.slice(5)));
      else if (verbs[action]) verbs[action]();
      else return false;
      return true;
    },
    /** To the next that is open. @returns {boolean} false where all is decided */
    onward: () => combination.open.length > 0 && combination.onward(),
    answer: () => combination.answer(),
    /** The id of the answer that all was taken from, if there is such a one. */
    from: () => answers[combination.whole()]?.id ?? null,
  };
}
