/** Which answers are in sight while comparing, and which one is chosen. Pure. */
import { bestOf, colourOf, letterOf, nextOf } from "./answers.js";

/** @param {any[]} answers @param {boolean} blind choose none to begin with */
export function createInSight(answers, blind) {
  const hidden = new Set();
  const earlier = new Set(); // answers that are shown as they were before they were mended
  let chosen = blind ? -1 : bestOf(answers);
  let before = -1; // the one that was chosen before

  const inSight = {
    get chosen() {
      return chosen;
    },
    /** The answers as they are shown, in their order. */
    rows: () => answers.map((one, index) => ({
      ...one,
      index,
      letter: letterOf(one.name),
      colour: colourOf(index),
      chosen: index === chosen,
      hidden: hidden.has(index),
      shownEarlier: earlier.has(index),
      ...(earlier.has(index) && { answer: one.earlier }),
    })),
    /** Those that are drawn: the chosen one last, over the others. */
    drawn: () => inSight.rows().filter((one) => !one.hidden && !one.changed).sort((a, b) => a.chosen - b.chosen),
    /** @returns {boolean} whether it can be chosen */
    choose(index) {
      if (!answers[index] || answers[index].changed) return false;
      if (index !== chosen) before = chosen;
      chosen = index;
      hidden.delete(index);
      return true;
    },
    hide(index = chosen) {
      if (!hidden.delete(index)) hidden.add(index);
    },
    /** Only the chosen one, or all again. */
    solo() {
      const others = answers.map((_, i) => i).filter((i) => i !== chosen);
      const alone = others.every((i) => hidden.has(i));
      for (const i of others) alone ? hidden.delete(i) : hidden.add(i);
    },
    /** Only one of two, in turn: what differs jumps to the eye. */
    blink() {
      inSight.choose(before >= 0 && !answers[before].changed ? before : nextOf(answers, chosen, 1));
      answers.forEach((_, i) => (i === chosen ? hidden.delete(i) : hidden.add(i)));
    },
    /** One as it was before its tasker mended it, or as it is. */
    turnEarlier(index = chosen) {
      if (answers[index]?.earlier && !earlier.delete(index)) earlier.add(index);
    },
  };
  return inSight;
}
