/**
 * One editor per task type, by the name that the server gives it; only those that the page may need are loaded. A new type is
 * one module and one line here.
 */
const EDITORS = {
  classification: () => import("../classification.js"),
  grid: () => import("./grid.js"),
  image_regions: () => import("../image_regions.js"),
  preference: () => import("../preference.js"),
  text_spans: () => import("../text_spans.js"),
};

/** @param {string[]} types @returns {Promise<Record<string, (hosts: any, work: any) => any>>} by type, its createEditor */
export async function loadEditors(types) {
  const found = await Promise.all(types.map((type) => EDITORS[type]()));
  return Object.fromEntries(types.map((type, i) => [type, found[i].createEditor]));
}
