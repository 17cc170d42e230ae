/** Words of a text, for snapping a selection and for moving about by keyboard. Offsets are UTF-16 units. */

// Letters with their marks; joiners (in Persian, Indic scripts) and apostrophes hold a word together. Signs stand alone, an
// emoji with all that is joined to it.
const WORD = String.raw`[\p{L}\p{N}\p{M}_]+(?:['’.\-\u200c\u00ad\u200d][\p{L}\p{N}\p{M}_]+)*`;
const SIGN = String.raw`\p{RI}{2}|[^\s\p{L}\p{N}\p{M}_](?:[\p{M}\p{EMod}\u200d]|(?<=\u200d)[^\s\p{L}\p{N}_])*`;
const TOKEN = new RegExp(`${WORD}|${SIGN}`, "gu");
const WITHOUT_BLANKS = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/**
 * @param {string} text
 * @returns {{start: number, end: number}[]} words and single signs, in order, without the blanks between; where a script
 *   leaves no blanks between its words, as the browser's dictionary cuts them
 */
export function tokensOf(text) {
  const found = [];
  for (const { 0: word, index } of text.matchAll(TOKEN)) {
    if (!WITHOUT_BLANKS.test(word)) found.push({ start: index, end: index + word.length });
    else for (const part of segmentsOf(word, "word")) found.push({ start: index + part.start, end: index + part.end });
  }
  return found;
}

/** The characters as a reader counts them (a letter with its accents, an emoji with its joiners), without blanks. */
export function charactersOf(text) {
  return segmentsOf(text, "grapheme").filter(({ start, end }) => /\S/.test(text.slice(start, end)));
}

const PIECE = 1000; // UTF-16 units at a time: what the browser's segmenter takes for long texts grows with their square

function segmentsOf(text, granularity) {
  const segmenter = new Intl.Segmenter(undefined, { granularity });
  const found = [];
  for (let from = 0; from < text.length; ) {
    let end = Math.min(from + PIECE, text.length);
    if (/[\ud800-\udbff]/.test(text[end - 1]) && end < text.length) end += 1; // not between the two halves of a sign
    const parts = Array.from(segmenter.segment(text.slice(from, end)), ({ segment, index }) => ({ start: from + index, end: from + index + segment.length }));
    // The last one may go on beyond the piece: the next piece begins with it, unless it's all there is.
    if (end < text.length && parts.length > 1) parts.pop();
    for (const part of parts) found.push(part);
    from = found.at(-1).end;
  }
  return found;
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
  const first = tokens[tokenAt(tokens, start)];
  if (!first || first.end <= start || first.start >= end) return null;
  const last = tokens[tokenAt(tokens, end - 1)];
  const inside = last.start < end ? last : tokens[tokenAt(tokens, end - 1) - 1];
  return { start: first.start, end: inside.end };
}
