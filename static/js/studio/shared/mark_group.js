/**
 * Several marks selected together, beside the one that every editor knows as selected: the lead. As soon as the lead is
 * another one by whatever way, the rest is let go.
 */

/**
 * @param {{lead: () => string|null, choose: (id: string|null) => void, order: () => string[], onChange: () => void}} editor
 *   order: the ids in the order of the list, as it is filtered and sorted
 */
export function createGroup({ lead, choose, order, onChange }) {
  let ids = new Set();
  let led = null; // the lead when the group was last made
  let anchor = null; // from where a range goes

  function take(next, leader) {
    ids = next;
    led = leader;
    choose(leader);
    onChange();
  }

  /** The ids that are selected: none, the lead alone, or several. @returns {Set<string>} */
  function now() {
    const one = lead();
    if (one === null) return new Set();
    if (one !== led || !ids.has(one)) return new Set([one]);
    return ids;
  }

  return {
    now,
    /** Whether there is more than one. */
    get several() {
      return now().size > 1;
    },
    has: (id) => now().has(id),
    /** One more, or one less. */
    toggle(id) {
      const next = new Set(now());
      anchor = id;
      if (!next.delete(id)) return take(next.add(id), id);
      take(next, id === lead() ? ([...next].at(-1) ?? null) : lead());
    },
    /** All from where the selection began to this one, as the list has them. */
    reach(id) {
      const list = order();
      const begin = list.indexOf(now().has(anchor) ? anchor : (anchor = lead() ?? id));
      const end = list.indexOf(id);
      if (end < 0) return;
      if (begin < 0) return ((anchor = id), take(new Set([id]), id));
      take(new Set(list.slice(Math.min(begin, end), Math.max(begin, end) + 1)), id);
    },
    /** As many as these; the last one leads. @param {string[]} list */
    take(list) {
      anchor = list[0] ?? null;
      take(new Set(list), list.at(-1) ?? null);
    },
    /** What isn't there any more is no longer selected. @param {(id: string) => boolean} there */
    keep(there) {
      if ([...ids].every(there)) return;
      ids = new Set([...ids].filter(there));
    },
  };
}
