/** What is kept of a review until the decision. Pure. */

/**
 * The note that is being written, and what is or was edited or combined, in sight or not.
 * @param {{note: string, edited: any|null, combining: {begun: boolean, picks: (number|null)[]}, inSight: boolean,
 *   left: any[]}} review edited: the answer in the editor, with its base; inSight: whether combining is; left: see
 *   left_edits.js
 */
export function keptWork({ note, edited, combining, inSight, left }) {
  const shown = inSight ? { picks: combining.picks } : { ...edited, ...(combining.begun && { combined: combining.picks }) };
  return { note, ...shown, ...(left.length && { left }) };
}
