/** What is in hand on an image, whatever the task: the tool, the label, the brush's width, and what a click does. */
import { clamp } from "../shared/geometry.js";
import { BY_COPILOT, toolInHand, toolsFor } from "./kit.js";

const KEPT = { tool: "box", before: "brush", label: "", radius: 14, snapping: true }; // from task to task; before: the tool that the eraser took the place of; radius for an image of 1000 pixels

/**
 * @param {{key: string, shapes?: string[]}[]} labels of the project
 * @param {{width: number, height: number}} size of the image
 */
export function createHand(labels, { width, height }) {
  const kit = toolsFor(labels);
  const on = { removing: false, bare: false };
  // On a new image there is nothing to rub out: what was in hand before it is again.
  if (KEPT.tool === "eraser") KEPT.tool = KEPT.before;
  let listens = true;
  const tool = (label) => toolInHand(KEPT.tool, kit, listens, label);

  return {
    /** The tools that the labels call for. */
    kit,
    /** removing: clicks take away; bare: marks are left out. */
    on,
    /** Places go to the marks near by. */
    get snaps() {
      return KEPT.snapping;
    },
    /** The tool that is really in hand under a label. @param {any|undefined} label */
    tool,
    /** Whether there is a copilot. */
    get listens() {
      return listens;
    },
    hears(is) {
      listens = is;
    },
    /** The label that was in hand last, in whatever project. */
    get label() {
      return KEPT.label;
    },
    keepLabel(key) {
      KEPT.label = key;
    },
    /** @param {string} name of a tool @returns {boolean} whether the copilot that it asks is there */
    take(name) {
      if (name === "eraser" && KEPT.tool !== "eraser") KEPT.before = KEPT.tool;
      KEPT.tool = name;
      return listens || !BY_COPILOT.includes(name);
    },
    /** The first label that the chosen tool is of use for. @returns {any|undefined} */
    labelOfTool: () => labels.find((label) => tool(label) === KEPT.tool),
    /** The brush as its slider has it. */
    get radius() {
      return KEPT.radius;
    },
    resize(radius) {
      KEPT.radius = clamp(Math.round(radius), 1, 100);
    },
    /** The brush's radius in image pixels. */
    reach: () => KEPT.radius * (Math.max(width, height) / 1000),
    /** @param {"removing"|"bare"|"snapping"} what @returns {boolean} how it is now */
    turn(what) {
      const where = what === "snapping" ? KEPT : on;
      where[what] = !where[what];
      return where[what];
    },
  };
}
