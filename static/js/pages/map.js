/** The map of tasks by keyboard: one stop of the tab key, arrows from point to point, and what a point is in words. */

/** @typedef {{x: number, y: number}} Place */

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ASIDE = 2; // how much farther it is to the side than ahead

/**
 * The nearest place from one that lies a way, more ahead than aside; none where there is nothing that way.
 * @param {Place[]} places @param {number} at @param {number[]} way @returns {number} -1: none
 */
export function nextThatWay(places, at, [right, down]) {
  let best = -1;
  let least = Infinity;
  const from = places[at];
  for (const [index, place] of places.entries()) {
    const [x, y] = [place.x - from.x, place.y - from.y];
    const ahead = x * right + y * down;
    const aside = Math.abs(x * down) + Math.abs(y * right);
    if (index === at || ahead <= 0 || aside > ahead * ASIDE) continue;
    const far = ahead + aside * ASIDE;
    if (far < least) [best, least] = [index, far];
  }
  return best;
}

/** @param {EventTarget|null} target @returns {SVGAElement|null} */
const pointOf = (target) => /** @type {Element|null} */ (target)?.closest?.("[data-map] a") ?? null;

/** @param {EventTarget|null} target */
function say(target) {
  const point = pointOf(target);
  const said = document.querySelector("[data-map-said]");
  if (point && said) said.textContent = point.getAttribute("aria-label");
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const [point, way] = [pointOf(event.target), WAYS[event.key]];
  if (!point || !way || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const all = /** @type {SVGAElement[]} */ ([...document.querySelectorAll("[data-map] a")]);
  const places = all.map((one) => ({ x: Number(one.dataset.x), y: Number(one.dataset.y) }));
  const next = all[nextThatWay(places, all.indexOf(point), way)];
  if (!next) return;
  point.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

if (typeof document !== "undefined") {
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusin", (event) => say(event.target));
  document.addEventListener("mouseover", (event) => say(event.target));
}
