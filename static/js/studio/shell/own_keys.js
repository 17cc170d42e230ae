/** The keys that a person chose for themselves, laid over the tables of keys that the editors bring. Pure. */

/** The name under which a person's key for an action is kept. Everywhere's actions are "studio"'s. */
export const nameOf = (table, action) => `${table}.${action}`;

/**
 * @param {Record<string, string[]>} chosen "table.action" → chords
 * @returns {(table: string, bindings: import("../shared/keys.js").Binding[]) => import("../shared/keys.js").Binding[]} the same
 *   bindings under this person's keys; a key that they gave to one action is taken from every other.
 */
export function ownKeys(chosen) {
  const mine = (table, action) => chosen[nameOf(table, action)] ?? chosen[nameOf("studio", action)];
  return (table, bindings) => {
    const given = new Set();
    const own = bindings.map(({ action }) => {
      const keys = mine(table, action)?.filter((key) => !given.has(key));
      keys?.forEach((key) => given.add(key));
      return keys;
    });
    return bindings.map((one, i) => ({ ...one, keys: own[i] ?? one.keys.filter((key) => !given.has(key)) }));
  };
}
