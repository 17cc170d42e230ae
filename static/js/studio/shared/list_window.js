/** Which rows of a long list stand in the page, by arithmetic alone: every row is as high as the others. Lengths in pixels. */

/**
 * @typedef {{count: number, row: number, top: number, height: number}} Sight
 *   count rows of a height `row`; `top` of them is scrolled away above a frame of `height`
 */

/**
 * The rows in sight, half as many again above and below (so that scrolling and a screen reader's own cursor find the next
 * ones there), and one that is kept wherever it is: the one that has the focus, or would get it.
 * @param {Sight} sight
 * @param {number} [kept] index, -1 for none
 * @returns {number[]} indices in order
 */
export function rowsInPage({ count, row, top, height }, kept = -1) {
  const spare = Math.max(height / 2, 4 * row);
  const last = Math.min(count, Math.ceil((top + height + spare) / row));
  const first = Math.max(0, Math.min(Math.floor((top - spare) / row), last));
  const found = Array.from({ length: last - first }, (_, i) => first + i);
  if (kept >= 0 && kept < first && kept < count) return [kept, ...found];
  if (kept >= last && kept < count) return [...found, kept];
  return found;
}

/**
 * How far to scroll so that a row is wholly in sight: not at all if it is.
 * @param {Sight} sight @param {number} index
 */
export function topFor({ row, top, height }, index) {
  const start = index * row;
  if (start < top || row >= height) return start;
  return Math.max(top, start + row - height);
}

const PAGE = 10; // rows

/**
 * Where a key leads from a row; null for a key that leads nowhere in a list.
 * @param {string} key as in KeyboardEvent @param {number} index @param {number} count
 */
export function rowAfter(key, index, count) {
  const to = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + PAGE, PageUp: index - PAGE, Home: 0, End: count - 1 }[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), count - 1);
}
