/** The image studio's keys. Arrows and Enter belong to the keyboard's pointer. */
import { say } from "./words.js";

/** @returns {import("./keys.js").Binding[]} */
export function imageBindings() {
  const rows = (group, list) => list.map(([action, keys, text]) => ({ action, keys, text, group }));
  return [
    ...rows(say("Tools"), [
      ["tool:box", ["b"], say("Box: the copilot finds what is in it; a click adds, right click takes away")],
      ["tool:click", ["c"], say("Click: the copilot finds what is under it; right click or Alt takes away")],
      ["tool:brush", ["d"], say("Brush: draw on the selected region, or a new one")],
      ["tool:eraser", ["e"], say("Eraser: take away from the selected region")],
      ["tool:lasso", ["l"], say("Outline: fill what you draw around")],
      ["tool:select", ["v"], say("Select and move the view")],
      ["smaller", ["["], say("Smaller brush")],
      ["larger", ["]"], say("Larger brush")],
      ["removing", ["t"], say("Clicks take away instead of add, until pressed again")],
    ]),
    ...rows(say("Copilot"), [
      ["accept", ["a"], say("Accept the mask (Enter does too)")],
      ["refuse", ["x"], say("Refuse the mask")],
      ["next-mask", ["m"], say("Next of the copilot's three masks")],
      ["previous-mask", ["shift+m"], say("The one before")],
    ]),
    ...rows(say("Regions"), [
      ["next", ["k"], say("Next region")],
      ["previous", ["j"], say("Region before")],
      ["delete", ["delete", "backspace"], say("Delete the selected region")],
      ["hide", ["h"], say("Hide or show the selected region")],
      ["bare", ["shift+h"], say("Hide or show all masks")],
    ]),
    ...rows(say("View"), [
      ["fit", ["f"], say("Fit the image")],
      ["closer", ["+", "="], say("Closer (or the wheel)")],
      ["further", ["-"], say("Further away")],
    ]),
    ...rows(say("Keyboard pointer"), [
      ["left", ["left", "shift+left"], say("Move left; with Shift in small steps")],
      ["right", ["right", "shift+right"], say("Move right")],
      ["up", ["up", "shift+up"], say("Move up")],
      ["down", ["down", "shift+down"], say("Move down")],
      ["press-away", ["alt+enter"], say("Take away at the pointer (Enter adds, or sets a corner of a box)")],
    ]),
  ];
}
