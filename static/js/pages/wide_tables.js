/** A table wider than its place scrolls, and what scrolls must be reached by keyboard: only then is it a stop of Tab. */

const watch = new ResizeObserver((seen) => {
  for (const { target } of /** @type {{target: any}[]} */ (seen)) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

function watchAll() {
  for (const wrap of document.querySelectorAll(".table-wrap")) watch.observe(wrap);
}

watchAll();
document.addEventListener("htmx:afterSettle", watchAll);
