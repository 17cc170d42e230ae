/** Words of a text, for snapping a selection and for moving about by keyboard. Offsets are UTF-16 units. */

const TOKEN = /[\p{L}\p{N}\p{M}_]+(?:['’.\-][\p{L}\p{N}\p{M}_]+)*|[^\s\p{L}\p{N}\p{M}_]/gu;

/**
 * @param {string} text
 * @returns {{start: number, end: number}[]} words and single signs, in order, without the blanks between
 */
export function tokensOf(text) {
  return Array.from(text.matchAll(TOKEN), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** Index of the token that holds an offset, or else the next one after it (the last one at the end); -1 for none. */
export function tokenAt(tokens, offset) {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle].end <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, tokens.length - 1);
}

/** A selection widened to whole words and cut free of blanks at its ends; null when it holds no word. */
export function snap(tokens, start, end) {
  const touched = tokens.filter((token) => token.end > start && token.start < end);
  if (!touched.length) return null;
  return { start: touched[0].start, end: touched[touched.length - 1].end };
}
