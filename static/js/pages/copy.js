/** Buttons that copy: <button data-copies="id">; the text of the element, or the value of the field, with that id. */

/** @param {HTMLElement} source */
function textOf(source) {
  return source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement ? source.value : source.textContent.trim();
}

/** @param {HTMLElement} source Marks it, so that Ctrl+C works where a page may not write to the clipboard. */
function select(source) {
  if (source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement) {
    source.focus();
    source.select();
  } else {
    getSelection()?.selectAllChildren(source);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]");
  const source = button && document.getElementById(button.dataset.copies);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(textOf(source));
    const before = button.textContent;
    button.textContent = button.dataset.copied ?? before;
    setTimeout(() => (button.textContent = before), 2000);
  } catch {
    select(source);
  }
});
