/** Which tools a project's labels call for, and which of them stand by just now. Pure. */

/** The shapes that each tool makes; the copilot's masks turn into what the label takes. */
const MAKES = {
  box: ["mask", "polygon", "box"],
  click: ["mask", "polygon", "box"],
  brush: ["mask"],
  eraser: ["mask"],
  lasso: ["mask"],
  fill: ["mask"],
  rectangle: ["box"],
  polygon: ["polygon"],
  polyline: ["polyline"],
  point: ["point"],
};
/** The tools that ask the copilot. */
export const BY_COPILOT = ["box", "click"];
/** What the hand begins with where the copilot is not there, or makes nothing of use. */
const FIRST = ["lasso", "rectangle", "polygon", "polyline", "point"];

/** @param {{shapes?: string[]}} label */
export const shapesOf = (label) => label.shapes ?? ["mask"];

/** @param {{shapes?: string[]}[]} labels @returns {string[]} in the order of the toolbar */
export function toolsFor(labels) {
  const wanted = new Set(labels.flatMap(shapesOf));
  return [...Object.keys(MAKES).filter((tool) => MAKES[tool].some((shape) => wanted.has(shape))), "select"];
}

/** @param {string} tool @param {{shapes?: string[]}|undefined} label @returns {boolean} whether the tool is of use for a label */
export function serves(tool, label) {
  return !MAKES[tool] || !label || shapesOf(label).some((shape) => MAKES[tool].includes(shape));
}

/**
 * The tool that is really in hand: the chosen one, or what stands in for it.
 * @param {string} chosen @param {string[]} tools @param {boolean} listens whether there is a copilot
 * @param {{shapes?: string[]}|undefined} label
 */
export function toolInHand(chosen, tools, listens, label) {
  const usable = (tool) => tools.includes(tool) && (listens || !BY_COPILOT.includes(tool));
  if (usable(chosen) && serves(chosen, label)) return chosen;
  const standIns = listens ? ["box", ...FIRST] : FIRST;
  return standIns.find((tool) => usable(tool) && serves(tool, label)) ?? (usable(chosen) ? chosen : "select");
}
