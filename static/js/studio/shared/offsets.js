/**
 * Answers count Unicode code points; the DOM counts UTF-16 units. This converts, for one text, both ways.
 * Text without characters beyond the basic plane needs no table at all.
 */

/** @param {string} text */
export function createOffsets(text) {
  const pairs = pairsOf(text);
  const length = text.length - pairs.length;

  return {
    /** Code points in the text. */
    length,
    /** @param {number} point code point offset, 0..length @returns {number} UTF-16 offset */
    toUtf16(point) {
      return point + countBefore(pairs, (unit, index) => unit - index < point);
    },
    /** A unit in the middle of a pair belongs to the character it is in. @param {number} unit */
    toCodePoint(unit) {
      return unit - countBefore(pairs, (start) => start + 1 < unit) - insidePair(pairs, unit);
    },
    /** @returns {string} the text between two code point offsets */
    slice(start, end) {
      return text.slice(this.toUtf16(start), this.toUtf16(end));
    },
  };
}

/** UTF-16 offsets at which a surrogate pair starts. */
function pairsOf(text) {
  const found = [];
  for (let i = 0; i + 1 < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      found.push(i);
      i += 1;
    }
  }
  return found;
}

/** How many of the sorted pairs, from the front, satisfy `before` (binary search). */
function countBefore(pairs, before) {
  let low = 0;
  let high = pairs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(pairs[middle], middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insidePair(pairs, unit) {
  const index = countBefore(pairs, (start) => start + 1 < unit);
  return pairs[index] === unit - 1 ? 1 : 0;
}
