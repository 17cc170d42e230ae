/**
 * What differs between two versions of an answer, small enough to be sent after every action; the same as
 * projects/queue/draft_merge.py, held together by tests/fixtures/draft_changes.json.
 * Changes: {"put": {list: [[index, part], …]}, "drop": {list: [id, …]}, "order": {list: [id, …]}, "set": {field: value}}.
 * Parts are told apart by their ids; `index` is where a new part stands in the end, null where a known one stays in its place.
 */

/** @returns {any|null} null when nothing differs */
export function changesBetween(base, next) {
  const changes = {};
  const add = (kind, field, value) => (changes[kind] = { ...changes[kind], [field]: value });
  for (const [field, value] of Object.entries(next)) {
    if (value === base[field]) continue;
    if (hasIds(value) && hasIds(base[field])) compareLists(base[field], value, (kind, found) => add(kind, field, found));
    else if (!same(value, base[field])) add("set", field, value);
  }
  const gone = Object.keys(base).filter((field) => !(field in next));
  if (gone.length) changes.unset = gone;
  return Object.keys(changes).length ? changes : null;
}

function hasIds(value) {
  return Array.isArray(value) && value.every((part) => typeof part?.id === "string") && new Set(value.map((part) => part.id)).size === value.length;
}

function compareLists(base, next, add) {
  const before = new Map(base.map((part) => [part.id, part]));
  const after = new Set(next.map((part) => part.id));
  const drop = base.filter((part) => !after.has(part.id)).map((part) => part.id);
  const put = next.flatMap((part, index) => {
    const old = before.get(part.id);
    if (!old) return [[index, part]];
    return old === part || same(old, part) ? [] : [[null, part]];
  });
  const kept = base.filter((part) => after.has(part.id)).map((part) => part.id);
  const now = next.filter((part) => before.has(part.id)).map((part) => part.id);
  if (drop.length) add("drop", drop);
  if (put.length) add("put", put);
  if (kept.some((id, i) => id !== now[i])) add("order", next.map((part) => part.id));
}

/** Whether two values of JSON say the same, in whatever order their objects name their fields. */
export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}
