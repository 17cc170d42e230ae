/**
 * The cursor of the text studio, by words or by letters: arrows move it, Shift extends it. It is the browser's own selection, so that
 * whatever sees selections (screen readers, copying) sees it too. Offsets are UTF-16 units.
 */
import { tokenAt } from "./tokens.js";

/**
 * @param {any} page see text/page.js
 * @param {() => {start: number, end: number}[]} steps words or letters, as it goes just now
 * @param {() => void} onMove after each move
 */
export function createWordCursor(page, steps, onMove) {
  const within = (index) => Math.min(Math.max(index, 0), steps().length - 1);

  function go(index) {
    const { start, end } = steps()[within(index)];
    page.select(start, end);
    onMove();
    return true;
  }

  /** The token at the moving end of the selection. */
  function here({ anchor, focus }) {
    return tokenAt(steps(), focus < anchor ? focus : Math.max(0, focus - 1));
  }

  return {
    /** @param {number} by words, forward or back */
    move(by) {
      if (!steps().length) return false;
      const selection = page.selection();
      return go(selection ? here(selection) + by : 0);
    },
    extend(by) {
      if (!steps().length) return false;
      const selection = page.selection();
      if (!selection) return go(0);
      const { anchor, focus } = selection;
      const tokens = steps();
      const fixed = tokens[tokenAt(tokens, focus < anchor ? Math.max(0, anchor - 1) : anchor)];
      const moving = tokens[within(here(selection) + by)];
      if (moving.start < fixed.start) page.select(fixed.end, moving.start);
      else page.select(fixed.start, moving.end);
      onMove();
      return true;
    },
    /** To the nearest word on the line above (-1) or below (1). */
    line(by) {
      const selection = page.selection();
      if (!selection) return this.move(0);
      const [rect] = page.rectsOf(selection.start, selection.end);
      if (!rect) return false;
      const height = Number.parseFloat(getComputedStyle(page.host).lineHeight);
      const offset = page.offsetAt(rect.left + rect.width / 2, rect.top + rect.height / 2 + by * height);
      return offset === null ? false : go(tokenAt(steps(), offset));
    },
  };
}
