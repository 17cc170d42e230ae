/** Which marks a list shows, and in which order. Pure. */

/**
 * @typedef {{words: string, label: string, name: string, size: number, score: number|null, source: string}} Read
 *   what is known of a mark; words: whatever may be searched, in small letters; name: its label's
 * @typedef {{words: string, label: string, source: string, sort: ""|"label"|"size"|"score"}} Filter "" asks for nothing
 */

/** @returns {Filter} */
export const noFilter = () => ({ words: "", label: "", source: "", sort: "" });

/** @param {Filter} filter */
export const narrows = ({ words, label, source }) => Boolean(words.trim() || label || source);

/**
 * @template T
 * @param {T[]} items in their own order
 * @param {Filter} filter
 * @param {(item: T) => Read} readOf
 * @returns {T[]} the very same list when nothing is asked for
 */
export function arranged(items, filter, readOf) {
  const { label, source, sort } = filter;
  const parts = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  let found = items;
  if (narrows(filter)) {
    found = items.filter((item) => {
      const read = readOf(item);
      return (!label || read.label === label) && (!source || read.source === source) && parts.every((part) => read.words.includes(part));
    });
  }
  return sort ? sorted(found, sort, readOf) : found;
}

/** By label as they are named, the largest first, or the least sure first and last those of which nobody said. */
function sorted(items, sort, readOf) {
  const reads = new Map(items.map((item) => [item, readOf(item)]));
  const by = {
    label: (a, b) => a.name.localeCompare(b.name),
    size: (a, b) => b.size - a.size,
    score: (a, b) => (a.score ?? 2) - (b.score ?? 2),
  }[sort];
  return [...items].sort((a, b) => by(reads.get(a), reads.get(b)));
}
