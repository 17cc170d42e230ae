/** What each action of the image studio does, by the name that keys and buttons know it by. */
import { differing } from "../shared/history.js";
import { say, sayCount } from "../shared/words.js";

/**
 * @param {object} desk
 * @param {{announce: (text: string) => void, tell: (what: string) => void, hint: (text: string) => void,
 *   step: (by: number) => void, accept: () => boolean, describe: () => void, view: () => void, pressAway: () => void,
 *   pen: () => void, show: (region: object) => void, remake: (how: "withoutHoles"|"smoothed", name: string) => void,
 *   turn: (what: "bare"|"removing"|"snapping") => boolean, resize: (factor: number, more: number) => void,
 *   viewport: object}} ways
 * @returns {Record<string, () => unknown>}
 */
export function imageActions(desk, ways) {
  const { announce, tell } = ways;

  /** What comes, goes or changes by undo or redo may be far away: its place is looked at. */
  function again(verb) {
    const before = desk.state;
    if (!verb()) return;
    const { regions, outline } = desk.state;
    const region = differing(before.regions, regions);
    if (region) return ways.show(region);
    const place = differing(before.outline?.points ?? [], outline?.points ?? []);
    if (place) ways.viewport.reveal(...place);
  }

  return {
    accept: ways.accept,
    refuse: () => desk.refuse(),
    "next-mask": () => desk.cycle(1),
    "previous-mask": () => desk.cycle(-1),
    next: () => ways.step(1),
    previous: () => ways.step(-1),
    delete: () => desk.dropPlace() || desk.removeCorner() || desk.remove() || (desk.selected && tell("locked")),
    hide: () => desk.hide(),
    lock: () => desk.lock(),
    forward: () => desk.shift(1),
    backward: () => desk.shift(-1),
    describe: ways.describe,
    under: () => announce(sayCount(desk.clearUnder(), "Taken from {count} mask", "Taken from {count} masks")),
    "fill-holes": () => ways.remake("withoutHoles", say("Fill holes")),
    smooth: () => ways.remake("smoothed", say("Smooth")),
    convert: () => desk.convert() || tell(desk.selected ? "convert" : "none"),
    visible: () => desk.turnVisible(),
    "next-corner": () => desk.stepHandle(1),
    "previous-corner": () => desk.stepHandle(-1),
    "insert-corner": () => desk.insertCorner(),
    snapping() {
      const text = ways.turn("snapping") ? say("Snapping is on") : say("Snapping is off");
      ways.hint(text);
      announce(text);
    },
    bare: () => ways.turn("bare"),
    removing: () => ways.turn("removing"),
    view: ways.view,
    smaller: () => ways.resize(1 / 1.25, 0),
    larger: () => ways.resize(1.25, 1),
    fit: () => ways.viewport.fit(),
    closer: () => ways.viewport.zoom(1.3),
    further: () => ways.viewport.zoom(1 / 1.3),
    "press-away": ways.pressAway,
    pen: ways.pen,
    undo: () => again(desk.undo),
    redo: () => again(desk.redo),
  };
}
