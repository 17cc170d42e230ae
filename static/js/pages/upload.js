/** How much of a file is sent, shown while it is. */

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = /** @type {any} */ (event.target).querySelector?.("[data-sent]");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});
