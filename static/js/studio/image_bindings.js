/** The image studio's keys. Arrows and Enter belong to the keyboard's pointer, or to the shape in hand. */
import { say } from "./words.js";

const TOOLS = [
  ["box", "b", say("Box: the copilot finds what is in it; a click adds, right click takes away")],
  ["click", "c", say("Click: the copilot finds what is under it; right click or Alt takes away")],
  ["brush", "d", say("Brush: draw on the selected region, or a new one")],
  ["eraser", "e", say("Eraser: take away from the selected region")],
  ["lasso", "l", say("Outline: fill what you draw around; right click or Alt takes away")],
  ["fill", "g", say("Fill: the unmarked ground up to the masks around it")],
  ["rectangle", "n", say("Box by hand: drag it, or set two corners")],
  ["polygon", "p", say("Polygon: a click for each corner; the first one again or Enter closes")],
  ["polyline", "y", say("Line: a click for each place; Enter ends it")],
  ["point", "o", say("Point: click where it is")],
  ["select", "v", say("Select, move and change; drag elsewhere to move the view")],
];

/**
 * @param {string[]} tools those that the project's labels need
 * @param {{masks: boolean, outlines: boolean, attributes: boolean}} has what else there is to do
 * @returns {import("./keys.js").Binding[]}
 */
export function imageBindings(tools, has) {
  const rows = (group, list) => list.filter(Boolean).map(([action, keys, text]) => ({ action, keys, text, group }));
  return [
    ...rows(say("Tools"), [
      ...TOOLS.filter(([name]) => tools.includes(name)).map(([name, key, text]) => [`tool:${name}`, [key], text]),
      has.masks && ["smaller", ["["], say("Smaller brush")],
      has.masks && ["larger", ["]"], say("Larger brush")],
      tools.includes("box") && ["removing", ["t"], say("Clicks take away instead of add, until pressed again")],
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
      ["delete", ["delete", "backspace"], say("Delete the selected region, or the corner in hand")],
      ["forward", ["shift+k"], say("Bring it forward")],
      ["backward", ["shift+j"], say("Send it backward")],
      ["hide", ["h"], say("Hide or show the selected region")],
      ["bare", ["shift+h"], say("Hide or show all marks")],
      ["lock", ["shift+l"], say("Lock or unlock the selected region")],
      has.attributes && ["describe", ["shift+e"], say("Edit its attributes")],
    ]),
    ...rows(say("Masks"), has.masks ? [
      ["under", ["u"], say("Take its pixels from every mask underneath")],
      ["fill-holes", ["shift+g"], say("Fill its holes")],
    ] : []),
    ...rows(say("Outlines"), has.outlines ? [
      ["next-corner", ["."], say("Next corner: arrows then move it alone")],
      ["previous-corner", [","], say("Corner before")],
      ["insert-corner", ["insert", "shift+n"], say("Add a corner behind it (or double click on a line)")],
      ["visible", ["shift+o"], say("Point: in sight, or hidden behind something")],
      ["convert", ["q"], say("From mask to polygon to box, as the label takes them")],
      ["snapping", ["z"], say("Snapping to neighbours on or off (Ctrl leaves it out once)")],
    ] : []),
    ...rows(say("View"), [
      ["fit", ["f"], say("Fit the image")],
      ["closer", ["+", "="], say("Closer (or the wheel)")],
      ["further", ["-"], say("Further away")],
      ["view", ["w"], say("Brightness, contrast, opacity, crosshair")],
    ]),
    ...rows(say("Keyboard pointer"), [
      ["left", ["left", "shift+left"], say("Move left; with Shift in small steps. A selected outline moves instead, and Shift sizes a box")],
      ["right", ["right", "shift+right"], say("Move right")],
      ["up", ["up", "shift+up"], say("Move up")],
      ["down", ["down", "shift+down"], say("Move down")],
      has.masks && ["pen", ["space"], say("Brush and eraser: pen down or up; arrows draw in between. Enter paints a dot")],
      tools.includes("box") && ["press-away", ["alt+enter"], say("Take away at the pointer (Enter adds, or sets a corner of a box)")],
    ]),
  ];
}
