/** The list of regions, the one in front at its top: what each is called, what can be done with it. */
import { createMarkList } from "../shared/mark_list.js";
import { ringArea } from "./outlines.js";
import { areaOf } from "../shared/rle.js";
import { say } from "../shared/words.js";

/**
 * @param {HTMLElement} host
 * @param {{store: any, size: {width: number, height: number}, nameOf: (label: string) => string,
 *   lookOf: (label: string) => {colour: string, pattern: number}, group: any,
 *   scoreOf: (suggestion: string|null) => number|null, onSelect: (id: string, event: MouseEvent) => void}} ways
 *   group: see mark_group.js
 */
export function createRows(host, { store, size, nameOf, lookOf, group, scoreOf, onSelect }) {
  const verbs = {
    select: onSelect,
    hide: (id) => store.hide(id),
    lock: (id) => store.lock(id),
    forward: (id) => store.shift(1, id),
    backward: (id) => store.shift(-1, id),
    delete: (id) => store.remove(id),
  };
  const chosen = (item) => item.lead;
  const list = createMarkList(host, {
    title: say("Regions"),
    empty: say("Nothing is marked yet."),
    standOf,
    verbs: [
      { name: "forward", icon: () => "up", text: () => say("Bring forward"), only: chosen },
      { name: "backward", icon: () => "down", text: () => say("Send backward"), only: chosen },
      { name: "lock", icon: (item) => (item.locked ? "lock" : "unlock"), text: (item) => (item.locked ? say("Unlock") : say("Lock")), only: (item) => item.lead || item.locked },
      { name: "hide", icon: (item) => (item.hidden ? "eye-off" : "eye"), text: (item) => (item.hidden ? say("Show") : say("Hide")) },
      { name: "delete", icon: () => "bin", text: () => say("Delete"), only: (item) => !item.locked },
    ],
    onVerb: (name, id, event) => verbs[name](id, event),
    onReach: (id) => group.reach(id),
    onToggle: (id) => group.toggle(id),
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

  /** What is known of a region; see list_order.js. */
  function readOf({ label, shape, attributes, provenance }) {
    const name = nameOf(label);
    const words = [name, ...Object.values(attributes ?? {})].join(" ").toLowerCase();
    return { words, label, name, size: sizeOf(shape), score: scoreOf(provenance.suggestion), source: provenance.source };
  }

  function standOf(region, selected) {
    const { id, label } = region;
    return { name: nameOf(label), ...lookOf(label), detail: kindOf(region), selected: selected || group.has(id), hidden: store.hidden.has(id), locked: store.locked.has(id) };
  }

  return { ...list, kindOf, readOf };
}

/** Pixels that a shape covers. */
function sizeOf(shape) {
  if (shape.type === "mask") return areaOf(shape);
  if (shape.type === "box") return shape.width * shape.height;
  return shape.type === "polygon" ? ringArea(shape.points) : 0;
}
