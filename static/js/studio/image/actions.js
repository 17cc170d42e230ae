/** What each action of the image studio does, by the name that keys and buttons know it by. */
import { differing } from "../shared/history.js";
import { say, sayCount } from "../shared/words.js";

/**
 * @param {any} store
 * @param {{announce: (text: string) => void, tell: (what: string) => void, hint: (text: string) => void,
 *   step: (by: number) => void, accept: () => boolean, reject: () => void, describe: () => void, view: () => void, pressAway: () => void,
 *   pen: () => void, show: (region: any) => void, remake: (how: "withoutHoles"|"smoothed"|"largest", name: string) => void,
 *   turn: (what: "bare"|"removing"|"snapping") => boolean, resize: (factor: number, more: number) => void,
 *   found: (one: any) => boolean, took: (count: number) => void, acceptSure: () => number, ask: () => void, askAll: () => void, viewport: any}} ways
 *   found: something that the detector saw was taken, refused or gone on to; took: so many of them at once
 * @returns {Record<string, () => unknown>}
 */
export function imageActions(store, ways) {
  const { announce, tell } = ways;

  /** What comes, goes or changes by undo or redo may be far away: its place is looked at. */
  function again(verb) {
    const before = store.state;
    if (!verb()) return;
    const { regions, outline } = store.state;
    const region = differing(before.regions, regions);
    if (region) return ways.show(region);
    const place = differing(before.outline?.points ?? [], outline?.points ?? []);
    if (place) ways.viewport.reveal(...place);
  }

  return {
    accept: ways.accept,
    reject: ways.reject,
    "accept-all": () => ways.took(store.acceptAllFound()),
    "accept-sure": () => ways.took(ways.acceptSure()),
    ask: ways.ask,
    everything: ways.askAll,
    "next-mask": () => store.cycle(1) || ways.found(store.stepFound(store.selected ? 0 : 1)),
    "previous-mask": () => store.cycle(-1) || ways.found(store.stepFound(store.selected ? 0 : -1)),
    next: () => ways.step(-1), // the list has the one in front at the top
    previous: () => ways.step(1),
    delete: () => store.dropPlace() || store.removeCorner() || store.remove() || (store.selected && tell("locked")),
    hide: () => store.hide(),
    lock: () => store.lock(),
    forward: () => store.shift(1),
    backward: () => store.shift(-1),
    describe: ways.describe,
    under: () => announce(sayCount(store.clearUnder(), "Taken from {count} mask", "Taken from {count} masks")),
    "fill-holes": () => ways.remake("withoutHoles", say("Fill holes")),
    "largest-part": () => ways.remake("largest", say("Largest part")),
    smooth: () => ways.remake("smoothed", say("Smooth")),
    convert: () => store.convert() || tell(store.selected ? "convert" : "none"),
    visible: () => store.turnVisible(),
    "next-corner": () => store.stepHandle(1),
    "previous-corner": () => store.stepHandle(-1),
    "insert-corner": () => store.insertCorner(),
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
    undo: () => again(store.undo),
    redo: () => again(store.redo),
  };
}
