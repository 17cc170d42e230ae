/** Alike tiles beside each other, each group under a line that says how many it holds. */
import { element } from "../shared/elements.js";
import { sayCount } from "../shared/words.js";

/**
 * @param {string[][]} found ids of tiles, group by group @param {{id: string}[]} tiles all that are on the screen
 * @returns {string[][]} those of them that are, and what no group holds as the last one
 */
export function groupsOf(found, tiles) {
  const here = new Set(tiles.map(({ id }) => id));
  const groups = found.map((group) => group.filter((id) => here.delete(id)));
  return [...groups, [...here]].filter((group) => group.length);
}

/** @param {string[][]} groups @param {string[]} open ids without a label @param {number} from the place of the group at hand, -1 for none
 * @returns {number} the place of the next group with an open tile, or just the next one; round and round */
export function nextGroup(groups, open, from) {
  const rest = new Set(open);
  const places = groups.map((_, i) => (from + 1 + i) % groups.length);
  return places.find((place) => groups[place].some((id) => rest.has(id))) ?? places[0];
}

/** @param {Element} list @param {string[][]} groups @param {Map<string, Element>} hosts of the tiles by their ids */
export function layOut(list, groups, hosts) {
  const lines = groups.map((ids) => element("li", { class: "tiles__group small" }, sayCount(ids.length, "One image", "{count} images that are alike")));
  list.replaceChildren(...groups.flatMap((ids, i) => [lines[i], ...ids.map((id) => hosts.get(id))]));
}

/**
 * How many places the next row is away, as the page is laid out now: the last row of a group may be short.
 * @param {{host: {offsetTop: number, offsetLeft: number}}[]} nodes @param {number} at @param {1|-1} sign
 */
export function rowAway(nodes, at, sign) {
  const { offsetTop, offsetLeft } = nodes[at].host;
  const beyond = nodes.filter(({ host }) => sign * (host.offsetTop - offsetTop) > 0);
  if (!beyond.length) return sign * nodes.length;
  const top = (sign < 0 ? beyond[beyond.length - 1] : beyond[0]).host.offsetTop;
  const row = beyond.filter(({ host }) => host.offsetTop === top);
  const under = row.filter(({ host }) => host.offsetLeft <= offsetLeft);
  return nodes.indexOf(under[under.length - 1] ?? row[0]) - at;
}
