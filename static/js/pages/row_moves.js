/** Rows of a list that people move, take away and go through, whatever they hold. */

/** Swap a row with the one before (-1) or behind it (1). @param {Element} row @param {number} step @returns {boolean} whether there is one */
export function swap(row, step) {
  const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return false;
  if (step < 0) other.before(row);
  else other.after(row);
  return true;
}

/** Take a row away. @param {Element} row @returns {Element|null} the one to go on with */
export function takeAway(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  return next;
}

/** Which row it is, from 1, and of how many. @param {Element} row */
export function placeOf(row) {
  const rows = [...row.parentElement.children];
  return { place: rows.indexOf(row) + 1, count: rows.length };
}
