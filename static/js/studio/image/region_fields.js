/** The attributes of the selected region: shown once their fields have come, and asked for before work is handed in. */

import { boundsOf } from "./regions.js";
import { createRequired } from "../shared/required_attributes.js";

/**
 * @param {{store: any, labelOf: (key: string) => any, choose: (id: string) => void, announce: (text: string) => void,
 *   words: {there: boolean, ask: (wanted: any) => Promise<any>|null}}} editor
 */
export function createRegionFields({ store, labelOf, choose, announce, words }) {
  const required = createRequired({ marks: () => store.state.regions, labelOf, choose, announce });
  let fields = null;

  const chosen = () => store.state.regions.find(({ id }) => id === store.selected) ?? null;

  /** What a reader reads in a region stands in its label's first attribute of text. */
  const wording = {
    there(key) {
      const region = chosen();
      const holds = labelOf(region?.label)?.attributes?.find(({ kind }) => kind === "text");
      const [, , width, height] = region ? boundsOf(region.shape) : [0, 0, 0, 0];
      return words.there && holds?.key === key && width > 0 && height > 0;
    },
    ask(attribute) {
      const { id: part, label, shape } = chosen();
      return words.ask({ part, label, attribute, box: boundsOf(shape) });
    },
  };

  function show() {
    const region = chosen();
    fields?.show(region, (region && labelOf(region.label)?.attributes) ?? [], !store.open);
  }

  return {
    show,
    focus: () => fields?.focus(),
    /** @returns {boolean} whether a region leaves open what must be filled in */
    ask: () => required.ask(),

    /** What the first edit doesn't need is fetched behind it. @param {(ways: any) => any} create */
    come(create) {
      fields = create({ onSet: (key, value) => store.describe(key, value), words: wording });
      show();
      required.fieldsCame(fields);
    },
  };
}
