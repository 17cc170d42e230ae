/** What was changed in a long form isn't lost by a press elsewhere: the browser asks before such a page is left. */

/** What a form would send. @param {HTMLFormElement} form */
const sent = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value : value.name]));

const before = new Map(); // what each form would have sent before anybody touched it
let sending = null; // the form that is being sent, which is what the page is left for

function touched({ target }) {
  const form = target.closest?.("form[data-unsaved]");
  if (form && !before.has(form)) before.set(form, sent(form));
}

/** One that came back to be mended holds what isn't saved even untouched. @param {HTMLFormElement} form */
const isUnsaved = (form) => form !== sending && (form.dataset.unsaved === "now" || (before.has(form) && before.get(form) !== sent(form)));

for (const kind of ["focusin", "pointerdown"]) document.addEventListener(kind, touched);
document.addEventListener("submit", ({ target }) => (sending = target));
window.addEventListener("beforeunload", (event) => {
  if ([...document.querySelectorAll("form[data-unsaved]")].some(isUnsaved)) event.preventDefault();
  sending = null;
});
