/** The list of regions: what each is called, what can be done with it. */
import { createMarkList } from "./mark_list.js";
import { areaOf } from "./rle.js";
import { say } from "./words.js";

/**
 * @param {HTMLElement} host
 * @param {{desk: object, size: {width: number, height: number}, nameOf: (label: string) => string,
 *   colourOf: (label: string) => string, onSelect: (id: string) => void}} ways
 */
export function createRows(host, { desk, size, nameOf, colourOf, onSelect }) {
  const verbs = {
    select: onSelect,
    hide: (id) => desk.hide(id),
    lock: (id) => desk.lock(id),
    forward: (id) => desk.shift(1, id),
    backward: (id) => desk.shift(-1, id),
    delete: (id) => desk.remove(id),
  };
  const chosen = (item) => item.selected;
  const list = createMarkList(host, {
    title: say("Regions"),
    empty: say("Nothing is marked yet."),
    standOf,
    verbs: [
      { name: "forward", icon: () => "up", text: () => say("Bring forward"), only: chosen },
      { name: "backward", icon: () => "down", text: () => say("Send backward"), only: chosen },
      { name: "lock", icon: (item) => (item.locked ? "lock" : "unlock"), text: (item) => (item.locked ? say("Unlock") : say("Lock")), only: (item) => item.selected || item.locked },
      { name: "hide", icon: (item) => (item.hidden ? "eye-off" : "eye"), text: (item) => (item.hidden ? say("Show") : say("Hide")) },
      { name: "delete", icon: () => "bin", text: () => say("Delete"), only: (item) => !item.locked },
    ],
    onVerb: (name, id) => verbs[name](id),
  });

  /** What a region is, in a word or two. */
  function kindOf({ shape }) {
    if (shape.type === "mask") {
      const share = (areaOf(shape) / (size.width * size.height)) * 100;
      return `${share >= 10 ? Math.round(share) : share.toFixed(1)} %`;
    }
    if (shape.type === "box") return say("box {width} × {height}", { width: Math.round(shape.width), height: Math.round(shape.height) });
    if (shape.type === "point") return shape.visible ? say("point") : say("hidden point");
    const count = shape.points.length;
    return shape.type === "polygon" ? say("polygon, {count} corners", { count }) : say("line, {count} places", { count });
  }

  function standOf(region, selected) {
    const { id, label } = region;
    return { name: nameOf(label), colour: colourOf(label), detail: kindOf(region), selected, hidden: desk.hidden.has(id), locked: desk.locked.has(id) };
  }

  return { kindOf, show: () => list.show(desk.state.regions, desk.selected), bring: list.bring };
}
