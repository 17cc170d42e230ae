/** Which way a text runs at a place: each paragraph by its first strong letter, a stretch in it by its own. */

const STRONG = /\p{L}/u;
const RIGHT_TO_LEFT = /[\p{sc=Arabic}\p{sc=Hebrew}\p{sc=Syriac}\p{sc=Thaana}\p{sc=Nko}\p{sc=Adlam}]/u;

const NEAR = 400; // UTF-16 units: a span may be as long as its text

/** @returns {boolean|null} null without a letter */
function runsLeft(piece) {
  const letter = STRONG.exec(piece);
  return letter ? RIGHT_TO_LEFT.test(letter[0]) : null;
}

/** Whether anything in a text runs from right to left. */
export function runsBothWays(text) {
  return RIGHT_TO_LEFT.test(text);
}

/** Whether the paragraph around an offset runs from right to left, as `unicode-bidi: plaintext` has it. */
export function paragraphRunsLeft(text, offset) {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", start);
  return runsLeft(text.slice(start, end < 0 ? undefined : end)) ?? false;
}

/** Whether the words of a stretch run from right to left, at its start or at its end. @param {"start"|"end"} edge */
export function edgeRunsLeft(text, { start, end }, edge) {
  const words = edge === "start" ? text.slice(start, Math.min(end, start + NEAR)) : [...text.slice(Math.max(start, end - NEAR), end)].reverse().join("");
  const own = runsLeft(words);
  return own ?? paragraphRunsLeft(text, start);
}
