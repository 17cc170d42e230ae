/**
 * What the pointer or the focus is on in the list is pointed out in the work, and the other way round: then the row comes
 * in sight too.
 */

/**
 * @param {{frame: HTMLElement, glow: (id: string|null) => void}} list
 * @param {HTMLElement} work where the marks themselves are
 * @param {{idAt: (event: PointerEvent) => string|null, show: (id: string|null) => void}} ways idAt: the mark under the
 *   pointer, asked for once a frame
 */
export function linkHover(list, work, { idAt, show }) {
  let seen = null;
  let newest = null;

  const rowOf = ({ target }) => target.closest?.("li[data-id]")?.dataset.id ?? null;
  const point = (id) => id !== seen && show((seen = id));

  function moved(event) {
    if (!newest) requestAnimationFrame(look);
    newest = event;
  }

  function look() {
    const event = newest;
    newest = null;
    if (!event.buttons) list.glow(event.type === "pointerleave" ? null : idAt(event));
  }

  for (const kind of ["pointerover", "focusin"]) list.frame.addEventListener(kind, (event) => point(rowOf(event)));
  for (const kind of ["pointerleave", "focusout"]) list.frame.addEventListener(kind, () => point(null));
  work.addEventListener("pointermove", moved, { passive: true });
  work.addEventListener("pointerleave", moved, { passive: true });
}
