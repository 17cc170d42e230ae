/** Edited answers that were left for another look at the others: editing the same again goes on with them. Pure. */
import { same } from "../studio/shell/draft_changes.js";

/**
 * @typedef {{base: string|null, start: any|null, answer: any}} LeftEdit base: the id of the answer it began with;
 *   start: that answer, or what was combined; null for a fresh one
 * @param {LeftEdit[]} [kept] as they lie in the draft
 */
export function createLeftEdits(kept = []) {
  let all = kept;
  const others = ({ base, start }) => all.filter((one) => one.base !== base || !same(one.start, start));
  return {
    get all() {
      return all;
    },
    /** @param {LeftEdit} edit it takes the place of an earlier one that began the same way */
    keep: (edit) => void (all = [...others(edit), edit]),
    /** @returns {LeftEdit|null} what was begun with this */
    of: (base, start) => all.find((one) => one.base === base && same(one.start, start)) ?? null,
    drop: (base, start) => void (all = others({ base, start })),
  };
}
