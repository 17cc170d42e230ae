/**
 * The image studio's keys. Arrows and Enter belong to the keyboard's pointer, or to the shape in hand. What each does is
 * said by image/key_words.js, which comes with the list of shortcuts.
 */

const TOOLS = { box: "b", click: "c", brush: "d", eraser: "e", lasso: "l", fill: "g", rectangle: "n", polygon: "p", polyline: "y", point: "o", select: "v" };

/**
 * @param {string[]} tools those that the project's labels need
 * @param {{masks: boolean, outlines: boolean, attributes: boolean}} has what else there is to do
 * @returns {Omit<import("../shared/keys.js").Binding, "text"|"group">[]}
 */
export function imageBindings(tools, has) {
  const rows = [
    ...Object.keys(TOOLS).filter((name) => tools.includes(name)).map((name) => [`tool:${name}`, TOOLS[name]]),
    has.masks && ["smaller", "["],
    has.masks && ["larger", "]"],
    tools.includes("box") && ["removing", "t"],
    ["accept", "a"],
    ["reject", "x"],
    ["accept-all", "shift+a"],
    ["accept-sure", "shift+q"],
    ["ask", "shift+b"],
    tools.includes("box") && ["everything", "shift+w"],
    ["next-mask", "m"],
    ["previous-mask", "shift+m"],
    tools.includes("box") && ["tab-mask", "tab"],
    ["next", "j"],
    ["previous", "k"],
    ["delete", "delete", "backspace"],
    ["forward", "shift+k"],
    ["backward", "shift+j"],
    ["select-all", "ctrl+a"],
    ["also-next", "ctrl+j"],
    ["also-previous", "ctrl+k"],
    ["copy", "ctrl+c"],
    ["paste", "ctrl+v"],
    ["paste-previous", "ctrl+shift+v"],
    ["duplicate", "ctrl+d"],
    ["filter", "shift+f"],
    ["find-label", "/"],
    ["hide", "h"],
    ["bare", "shift+h"],
    ["lock", "shift+l"],
    has.attributes && ["describe", "shift+e"],
    has.masks && ["under", "u"],
    has.masks && ["fill-holes", "shift+g"],
    has.masks && ["smooth", "shift+d"],
    has.masks && ["largest-part", "shift+p"],
    has.outlines && ["next-corner", "."],
    has.outlines && ["previous-corner", ","],
    has.outlines && ["insert-corner", "insert", "shift+n"],
    has.outlines && ["visible", "shift+o"],
    has.outlines && ["convert", "q"],
    has.outlines && ["snapping", "z"],
    ["fit", "f"],
    ["closer", "+", "="],
    ["further", "-"],
    ["view", "w"],
    ...["left", "right", "up", "down"].map((way) => [way, way, `shift+${way}`]),
    has.masks && ["pen", "space"],
    tools.includes("box") && ["press-away", "alt+enter"],
  ];
  return rows.filter(Boolean).map(([action, ...keys]) => ({ action, keys }));
}
