/** The list of a text's spans and suggestions in the side panel. */
import { createMarkList } from "../shared/mark_list.js";
import { say } from "../shared/words.js";

/**
 * @param {HTMLElement} panel
 * @param {any} store see text/store.js
 * @param {(item: any) => any} rowOf see text/looks.js
 * @param {(id: string, event: MouseEvent) => void} onSelect
 * @returns {{show: (items: any[], selected: string|null) => void, head: HTMLElement, frame: HTMLElement,
 *   glow: (id: string|null) => void, take: (more: any) => void}} eyes are on the text: the list comes a frame behind it,
 *   unless the focus is in it; take: what text/lists.js adds to it
 */
export function createSpanList(panel, store, rowOf, onSelect) {
  const isOffer = (item) => item.offer;
  /** @type {{arrange: (items: any[]) => any[], has: (id: string) => boolean, reach: (id: string) => void, toggle: (id: string) => void}} */
  let more = { arrange: (items) => items, has: () => false, reach: () => {}, toggle: () => {} };
  const list = createMarkList(panel, {
    title: say("Spans"),
    empty: say("Nothing is marked yet. Select words, then press a label's key."),
    standOf: (item, selected) => ({ ...rowOf(item), selected: selected || more.has(item.id) }),
    verbs: [
      { name: "accept", only: isOffer, icon: () => "check", text: () => say("Accept") },
      { name: "reject", only: isOffer, icon: () => "cross", text: () => say("Reject") },
      { name: "delete", only: (item) => !item.offer, icon: () => "bin", text: () => say("Delete") },
    ],
    onReach: (id) => more.reach(id),
    onToggle: (id) => more.toggle(id),
    onVerb: (name, id, event) => {
      if (name === "select") onSelect(id, event);
      else if (name === "delete") store.remove(id);
      else store[name](id);
    },
  });

  let newest;
  let asked = null; // the frame for which the newest waits
  const draw = () => {
    asked = null;
    const [items, selected] = newest;
    list.show(items, selected, more.arrange(items));
  };
  return {
    head: list.head,
    frame: list.frame,
    glow: list.glow,
    take: (given) => (more = given),
    show(...state) {
      newest = state;
      if (document.activeElement?.closest(".rows-frame")) draw();
      else asked ??= requestAnimationFrame(() => setTimeout(draw));
    },
  };
}
