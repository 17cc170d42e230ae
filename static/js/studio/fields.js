/** Which keys are the page's own business rather than the work's. */

/** Typing stays in fields, and Enter and Space on a button press that button. @param {KeyboardEvent} event */
export function belongsToField(event) {
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (field?.type === "range") return event.key.startsWith("Arrow");
  if (field) return !(event.key === "Enter" && (event.ctrlKey || event.metaKey));
  const presses = [" ", "Enter"].includes(event.key) && !event.ctrlKey;
  return presses && Boolean(event.target.closest?.("button, a, summary"));
}
