/** Every place where a text says the same words again. Offsets are UTF-16 units. */
import { tokenAt } from "./tokens.js";

const MOST = 5000; // spans in an answer

/**
 * @param {string} text
 * @param {string} words as they are written: capitals count
 * @param {{start: number, end: number}[]|null} tokens when given, whole words only: "art" isn't in "party"
 * @returns {{start: number, end: number}[]} in order, none overlapping another
 */
export function occurrencesOf(text, words, tokens) {
  const found = [];
  if (!words.trim()) return found;
  let at = text.indexOf(words);
  while (at >= 0 && found.length < MOST) {
    const end = at + words.length;
    const whole = !tokens || (tokens[tokenAt(tokens, at)].start === at && tokens[tokenAt(tokens, end - 1)].end === end);
    if (whole) found.push({ start: at, end });
    at = text.indexOf(words, whole ? end : at + 1);
  }
  return found;
}
