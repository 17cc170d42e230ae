/** When a selection made with a mouse, a pen or a finger has come to rest. */

const REST = 500; // ms after which a finger's selection counts as made

/**
 * @param {HTMLElement} host the text
 * @param {{onPress: () => void, onRelease: (event: PointerEvent) => void, onRest: () => void}} ways
 *   onRest: a finger selects by holding, without a release; the selection just comes to rest
 */
export function createPointer(host, { onPress, onRelease, onRest }) {
  let pressed = false;
  let resting = null;

  host.addEventListener("pointerdown", () => {
    pressed = true;
    onPress();
  });
  host.addEventListener("pointercancel", () => (pressed = false));

  // The button may be let go beside the text.
  function released(event) {
    if (pressed) setTimeout(() => onRelease(event), 0);
    pressed = false;
  }

  function moved() {
    clearTimeout(resting);
    if (pressed || !matchMedia("(pointer: coarse)").matches) return;
    resting = setTimeout(onRest, REST);
  }

  document.addEventListener("pointerup", released);
  document.addEventListener("selectionchange", moved);
  return {
    close() {
      clearTimeout(resting);
      document.removeEventListener("pointerup", released);
      document.removeEventListener("selectionchange", moved);
    },
  };
}
