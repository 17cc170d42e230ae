/**
 * One room per task type, by the name that the server gives it; only those that the page may need are loaded. A new type is
 * one module and one line here.
 */
const ROOMS = {
  classification: () => import("../classification.js"),
  grid: () => import("./grid.js"),
  image_regions: () => import("../image_regions.js"),
  preference: () => import("../preference.js"),
  text_spans: () => import("../text_spans.js"),
};

/** @param {string[]} types @returns {Promise<Record<string, (hosts: object, work: object) => object>>} by type, its createRoom */
export async function loadRooms(types) {
  const found = await Promise.all(types.map((type) => ROOMS[type]()));
  return Object.fromEntries(types.map((type, i) => [type, found[i].createRoom]));
}
