/**
 * Where a region or span came from; the same three words as in the database.
 * @typedef {{source: "human"|"suggestion"|"edited", suggestion: string|null, model: string|null}} Provenance
 */

/** @returns {Provenance} */
export function byHand() {
  return { source: "human", suggestion: null, model: null };
}

/** @param {string} suggestion @param {string} model "name@version" @returns {Provenance} */
export function asOffered(suggestion, model) {
  return { source: "suggestion", suggestion, model };
}

/** What a person has changed: their own work stays their own, an accepted offer becomes an edited one. */
export function changed(provenance) {
  return provenance.source === "suggestion" ? { ...provenance, source: "edited" } : provenance;
}

/** The next free id of a kind in an answer: r1, r2, … @param {{id: string}[]} items @param {string} letter */
export function nextId(items, letter) {
  let highest = 0;
  for (const { id } of items) {
    const number = Number(id.slice(1));
    if (number > highest && Number.isSafeInteger(number)) highest = number;
  }
  return `${letter}${highest + 1}`;
}
