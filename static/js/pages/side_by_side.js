/** From one task to the next by the arrow keys: what the page's own links do. */

const TAKES_KEYS = "input, select, textarea, [contenteditable]";

/** The link that a key follows, if any. @param {string} key @param {ParentNode} page @returns {HTMLAnchorElement|null} */
export function linkOf(key, page) {
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[key];
  return rel ? page.querySelector(`[data-steps] a[rel="${rel}"]`) : null;
}

if (typeof document !== "undefined") document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || target.closest?.(TAKES_KEYS)) return;
  const link = linkOf(event.key, document);
  if (!link) return;
  event.preventDefault();
  link.click();
});
