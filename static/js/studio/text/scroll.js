/** Scroll a text so far that a place of it stands clear of the edges, and of what floats over them. */

/** @param {HTMLElement} frame what scrolls @param {DOMRect|undefined} rect the place on screen */
export function keepInSight(frame, rect) {
  if (!rect) return;
  const edges = frame.getBoundingClientRect();
  if (rect.top < edges.top + 40) frame.scrollBy(0, rect.top - edges.top - 80);
  if (rect.bottom > edges.bottom - 60) frame.scrollBy(0, rect.bottom - edges.bottom + 100);
}
