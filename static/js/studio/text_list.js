/** The list of a text's spans and suggestions in the side panel. */
import { createMarkList } from "./mark_list.js";
import { say } from "./words.js";

/**
 * @param {HTMLElement} panel
 * @param {object} desk see text_desk.js
 * @param {(item: object) => object} rowOf see text_looks.js
 * @param {(id: string) => void} onSelect
 * @returns {{show: (items: object[], selected: string|null) => void}} eyes are on the text: the list comes a frame
 *   behind it, unless the focus is in it
 */
export function createSpanList(panel, desk, rowOf, onSelect) {
  const isOffer = (item) => item.offer;
  const list = createMarkList(panel, {
    title: say("Spans"),
    empty: say("Nothing is marked yet. Select words, then press a label's key."),
    standOf: (item, selected) => ({ ...rowOf(item), selected }),
    verbs: [
      { name: "accept", only: isOffer, icon: () => "check", text: () => say("Accept") },
      { name: "refuse", only: isOffer, icon: () => "cross", text: () => say("Refuse") },
      { name: "delete", only: (item) => !item.offer, icon: () => "bin", text: () => say("Delete") },
    ],
    onVerb: (name, id) => {
      if (name === "select") onSelect(id);
      else if (name === "delete") desk.remove(id);
      else desk[name](id);
    },
  });

  let newest;
  let asked = null; // the frame for which the newest waits
  const draw = () => {
    asked = null;
    list.show(...newest);
  };
  return {
    show(...state) {
      newest = state;
      if (document.activeElement?.closest(".rows-frame")) draw();
      else asked ??= requestAnimationFrame(() => setTimeout(draw));
    },
  };
}
