/** What the image studio's keys do, in words for the list of shortcuts and for the page on which a person changes them. */
import { say } from "../shared/words.js";

const GROUPS = [
  [say("Tools"), {
    "tool:box": say("Box: the copilot finds what is in it; a click adds, right click takes away"),
    "tool:click": say("Click: the copilot finds what is under it; right click or Alt takes away"),
    "tool:brush": say("Brush: draw on the selected region, or a new one"),
    "tool:eraser": say("Eraser: take away from the selected region"),
    "tool:lasso": say("Freehand: fill what you draw around; right click or Alt takes away"),
    "tool:fill": say("Fill: the unmarked ground up to the masks around it"),
    "tool:rectangle": say("Box by hand: drag it, or set two corners"),
    "tool:polygon": say("Polygon: a click for each corner; the first one again or Enter closes"),
    "tool:polyline": say("Line: a click for each place; Enter ends it"),
    "tool:point": say("Point: click where it is"),
    "tool:select": say("Select, move and change; Alt takes what lies beneath; drag elsewhere to move the view"),
    smaller: say("Smaller brush"),
    larger: say("Larger brush"),
    removing: say("Clicks take away instead of add, until pressed again"),
  }],
  [say("Copilot"), {
    accept: say("Accept the mask or what was found (Enter does too)"),
    reject: say("Reject the mask or what was found"),
    "accept-all": say("Accept all suggestions"),
    "accept-sure": say("Accept the suggestions that the copilot is sure of"),
    ask: say("Show suggestions, where they wait to be asked for"),
    everything: say("Find everything in the image: each thing takes the label in hand"),
    "next-mask": say("Next of the copilot's three masks"),
    "previous-mask": say("The one before"),
    "tab-mask": say("Next of the three masks, while they are on offer"),
  }],
  [say("Regions"), {
    next: say("Next region, down in the list"),
    previous: say("Region before, up in the list"),
    delete: say("Delete the selected region, or the corner in hand"),
    forward: say("Bring it forward"),
    backward: say("Send it backward"),
    "select-all": say("Select all regions of the list"),
    "also-next": say("Select the next region too (or Shift and click)"),
    "also-previous": say("Select the one before too"),
    copy: say("Copy what is selected"),
    paste: say("Paste it, in another image too"),
    "paste-previous": say("Paste what was marked in the task before"),
    duplicate: say("Duplicate what is selected"),
    filter: say("Filter and sort the list"),
    "find-label": say("Find a label by its name"),
    hide: say("Hide or show the selected region"),
    bare: say("Hide or show all marks"),
    lock: say("Lock or unlock the selected region"),
    describe: say("Edit its attributes"),
  }],
  [say("Masks"), {
    under: say("Take its pixels from every mask underneath"),
    "fill-holes": say("Fill its holes"),
    smooth: say("Smooth its edge; specks and pinholes go"),
    "largest-part": say("Keep its largest part"),
  }],
  [say("Outlines"), {
    "next-corner": say("Next corner: arrows then move it alone"),
    "previous-corner": say("Corner before"),
    "insert-corner": say("Add a corner behind it (or double click on a line)"),
    visible: say("Point: in sight, or hidden behind something"),
    convert: say("From mask to polygon to box, as the label takes them"),
    snapping: say("Snapping to neighbours on or off (Ctrl leaves it out once)"),
  }],
  [say("View"), {
    fit: say("Fit the image"),
    closer: say("Closer (or the wheel; on a trackpad pinch, and two fingers move the image)"),
    further: say("Further away"),
    view: say("Brightness, contrast, opacity, crosshair"),
  }],
  [say("Keyboard pointer"), {
    left: say("Move left; with Shift in small steps. With the select tool what is selected moves instead, and Shift sizes a box"),
    right: say("Move right"),
    up: say("Move up"),
    down: say("Move down"),
    pen: say("Brush and eraser: pen down or up; arrows draw in between. Enter paints a dot"),
    "press-away": say("Take away at the pointer (Enter adds, or sets a corner of a box)"),
  }],
];
const KNOWN = Object.fromEntries(GROUPS.flatMap(([group, texts]) => Object.entries(texts).map(([action, text]) => [action, { text, group }])));

/**
 * Bindings with the words that the image's own table leaves out.
 * @param {any[]} bindings
 * @returns {import("../shared/keys.js").Binding[]}
 */
export function worded(bindings) {
  const said = bindings.map((one) => (one.text === undefined ? { ...one, ...KNOWN[one.action] } : one));
  const winner = (key) => said.find(({ keys }) => keys.includes(key));
  return said.map((one) => (one.lost ? { ...one, lost: { ...one.lost, text: winner(one.lost.key).text } } : one));
}
