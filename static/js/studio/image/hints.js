/** What the stage says at its foot: what the tool in hand does, what a label's key does, and why something was not done. */
import { say } from "../shared/words.js";

const TOOLS = {
  box: say("Drag a box around an object; the copilot outlines it."),
  click: say("Click on an object; the copilot outlines it."),
  brush: say("Paint over an object."),
  eraser: say("Select a region, then rub out what is too much."),
  lasso: say("Draw around an object."),
  fill: say("Click on unmarked ground that masks or the edges close in."),
  rectangle: say("Drag from corner to corner."),
  polygon: say("Click corner by corner; the first one again or Enter closes."),
  polyline: say("Click along a line; Enter ends it."),
  point: say("Click where the point is."),
  select: say("Click on a region to select it; drag to move the view. Alt takes what lies beneath."),
};

const REGRETS = {
  nothing: say("Select a mask first: this works on one."),
  marked: say("This place is marked already."),
  few: say("More corners are needed: three for a polygon, two for a line."),
  crossing: say("The outline would cross itself."),
  hollow: say("This outline encloses nothing."),
  label: say("No label of this project takes such a shape."),
  taken: say("{label} doesn't take this shape."),
  none: say("Select a region first."),
  own: say("This is no suggestion. {key} deletes it."),
  convert: say("This label takes no other shape that this one could become."),
  copilot: say("The copilot is not there. The tools of the hand work without it."),
  locked: say("This region is locked. Shift L unlocks it."),
};
/** What would have changed the selected region, and can't where that is locked. */
const OF_SELECTED = ["nothing", "moving", "convert", "taken", "locked"];

/** @param {string} what was not done @param {{locked: boolean, label?: string, key?: string}} state of the selected region; the label it was about; the key that deletes */
export function regretFor(what, { locked, label, key }) {
  if (locked && OF_SELECTED.includes(what)) return REGRETS.locked;
  return say(REGRETS[what === "moving" ? "crossing" : what], { label, key });
}

/** Keys of labels as they are said: "1–9", or the first ones. @param {string[]} keys */
export function keysInWords(keys) {
  const digits = keys.length > 2 && keys.every((key, i) => key === String(i + 1));
  if (digits) return `${keys[0]}–${keys.at(-1)}`;
  return keys.length > 4 ? `${keys.slice(0, 3).join(", ")}…` : keys.join(", ");
}

/**
 * @param {{offered: boolean, selected: boolean, empty: boolean, tool: string, keys: string[], escape: string}} state
 *   offered: a mask is; selected: a region is; empty: nothing is marked; keys: the labels'; escape: the key that deselects
 * @returns {string}
 */
export function hintFor({ offered, selected, empty, tool, keys, escape }) {
  const digits = keysInWords(keys);
  if (offered) return digits && say("{keys}: label of this mask", { keys: digits });
  if (digits && selected) return say("{keys}: changes the label of what is selected; {escape} first: label of the next one", { keys: digits, escape });
  return empty ? TOOLS[tool] : "";
}
