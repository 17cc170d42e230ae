/** Which keys are the page's own business rather than the work's. */

/** Typing stays in fields until Escape leaves them, and Enter and Space on a button press that button. @param {KeyboardEvent} event */
export function belongsToField(event) {
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (field?.type === "range") return event.key.startsWith("Arrow");
  // A letter or digit means nothing to these, so it may mean a choice; a radio button's arrows are its own.
  if (field?.type === "radio") return event.key === " " || event.key.startsWith("Arrow");
  if (field?.type === "checkbox") return event.key === " ";
  if (field) return event.key !== "Escape" && !(event.key === "Enter" && (event.ctrlKey || event.metaKey));
  const presses = [" ", "Enter"].includes(event.key) && !event.ctrlKey && !event.shiftKey;
  return presses && Boolean(event.target.closest?.("button, a, summary"));
}

const CHOSEN = ["radio", "checkbox", "range"]; // inputs in which nothing is typed

/**
 * Whether a key is only held down, and mustn't do again what it did: it would answer, decide or press what nobody has seen.
 * @param {KeyboardEvent} event @param {{repeats: (event: KeyboardEvent) => boolean}} keymap
 */
export function onlyHeld(event, keymap) {
  if (!event.repeat) return false;
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "Enter") return field?.tagName !== "TEXTAREA" || event.ctrlKey || event.metaKey;
  if (field && !CHOSEN.includes(field.type)) return false;
  return event.key === " " || !keymap.repeats(event);
}
