/** Making DOM elements without markup in strings: text is always text, whatever is in it. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, any>} [attributes] on… are listeners; true sets a bare attribute; false and null leave it out
 * @param {...any} children nodes and words; null and false are left out
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== false && child !== undefined));
  return made;
}

/** An icon of templates/projects/shared/_icons.html by its name. @returns {SVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Lines over a swatch, by the pattern of its label; see projects/configuration/label_colours.py. */
const LINES = ["", "M-2 8 8-2M4 14 14 4", "M-2 4 8 14M4-2 14 8", "M0 3H12M0 9H12"];

/** A label's colour, with its pattern if it has one; its name must stand beside it. @returns {SVGElement} */
export function swatch(colour, pattern = 0) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("aria-hidden", "true");
  const square = document.createElementNS(SVG, "rect");
  square.setAttribute("width", "12");
  square.setAttribute("height", "12");
  square.setAttribute("fill", colour);
  svg.append(square);
  if (pattern) {
    const lines = document.createElementNS(SVG, "path");
    lines.setAttribute("d", LINES[pattern]);
    lines.setAttribute("stroke", "#fff");
    lines.setAttribute("stroke-width", "2");
    svg.append(lines);
  }
  return svg;
}

/** @param {string} id @returns {any} what kind of element is the template's matter @throws {Error} when the page lacks it */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element #${id}`);
  return found;
}

/** The JSON that the page carries in <script type="application/json" id="…">. */
export function pageData(id) {
  return JSON.parse(byId(id).textContent);
}

/** Looks that most tasks don't need come with the first that does. */
export function wear(hrefs, before = null) {
  for (const href of hrefs.split(" ")) {
    if (!document.querySelector(`link[rel][href="${href}"]`)) document.head.insertBefore(element("link", { rel: "stylesheet", href }), before);
  }
}
