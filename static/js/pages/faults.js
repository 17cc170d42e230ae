/** The list of what is wrong with a form: the focus goes to it, and its links go to the fields, wherever they lie. */

/** Bring a field into sight: whatever it lies in is opened. @param {any} box */
function show(box) {
  for (let part = box.closest("[hidden]"); part; part = box.closest("[hidden]")) part.hidden = false;
  for (let part = box.closest("details:not([open])"); part; part = box.closest("details:not([open])")) part.open = true;
  box.focus();
  box.scrollIntoView({ block: "center" });
}

/** @param {any} part */
function lead(part) {
  part.querySelector?.("[data-faults]")?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-fault]");
  const box = link && document.getElementById(link.hash.slice(1));
  if (!box) return;
  event.preventDefault();
  show(box);
});
document.addEventListener("htmx:afterSettle", (event) => lead(event.target));
lead(document);
