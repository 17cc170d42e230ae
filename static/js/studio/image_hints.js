/** What the stage says at its foot: what the tool in hand does, and what a label's key does just now. */
import { say } from "./words.js";

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

/** Keys of labels as they are said: "1–9", or the first ones. @param {string[]} keys */
export function keysInWords(keys) {
  const digits = keys.length > 2 && keys.every((key, i) => key === String(i + 1));
  if (digits) return `${keys[0]}–${keys.at(-1)}`;
  return keys.length > 4 ? `${keys.slice(0, 3).join(", ")}…` : keys.join(", ");
}

/**
 * @param {{offered: boolean, chosen: boolean, made: boolean, empty: boolean, tool: string, keys: string[], next: string}} state
 *   offered: a mask is; chosen: a region, by hand; made: one was only just made; empty: nothing is marked; keys: the
 *   labels'; next: the key that selects a region
 * @returns {string}
 */
export function hintFor({ offered, chosen, made, empty, tool, keys, next }) {
  const digits = keysInWords(keys);
  if (offered) return digits && say("{keys}: label of this mask", { keys: digits });
  if (digits && chosen) return say("{keys}: changes the label of what is selected", { keys: digits });
  if (digits && made) return say("{keys}: label of the next one; {next} first: of this one", { keys: digits, next });
  return empty ? TOOLS[tool] : "";
}
