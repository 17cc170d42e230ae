/** Going through a list by keyboard: pure. */

/**
 * Which row comes next.
 * @param {number} at the row with the focus, -1 for none
 * @param {number} rows how many there are
 * @param {string} key
 */
export function nextRow(at, rows, key) {
  if (key === "j") return Math.min(rows - 1, at + 1);
  if (key === "k") return Math.max(0, at - 1);
  return at;
}
