/** The attributes of the selected region: shown once their fields have come, and asked for before work is handed in. */

import { createRequired } from "../shared/required_attributes.js";

/**
 * @param {{store: any, labelOf: (key: string) => any, choose: (id: string) => void, announce: (text: string) => void}} editor
 */
export function createRegionFields({ store, labelOf, choose, announce }) {
  const required = createRequired({ marks: () => store.state.regions, labelOf, choose, announce });
  let fields = null;

  function show() {
    const region = store.state.regions.find(({ id }) => id === store.selected) ?? null;
    fields?.show(region, (region && labelOf(region.label)?.attributes) ?? [], !store.open);
  }

  return {
    show,
    focus: () => fields?.focus(),
    /** @returns {boolean} whether a region leaves open what must be filled in */
    ask: () => required.ask(),

    /** What the first edit doesn't need is fetched behind it. @param {(onSet: (key: string, value: any) => void) => any} create */
    come(create) {
      fields = create((key, value) => store.describe(key, value));
      show();
      required.fieldsCame(fields);
    },
  };
}
