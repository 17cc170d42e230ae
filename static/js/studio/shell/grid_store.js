/** What can be done to a grid, without a page: a label for each tile, in one history. The state is {values}. */
import { proposedValues } from "../classification/asked_fields.js";
import { createHistory } from "../shared/history.js";
import { say } from "../shared/words.js";

/**
 * @param {{field: any, labels: {key: string}[], tiles: {id: string, task: any}[],
 *   answer: {tiles: Record<string, {fields: any[]}>}|null, onChange?: () => void}} options labels: those of the field
 */
export function createGridStore({ field, labels, tiles, answer, onChange = () => {} }) {
  const keys = labels.map((label) => label.key);
  const proposed = Object.fromEntries(tiles.map(({ id, task }) => [id, proposedValues(task.payload, [field], labels)[field.key]]));
  const history = createHistory({ values: valuesOf(answer) }, { onChange });
  const made = new Map(); // id → {value, answer}: the same object as long as the tile stays
  const values = () => history.present.values;

  /** What an answer says of each tile; what is proposed where it says nothing of use. */
  function valuesOf(kept) {
    const said = ({ id }) => kept?.tiles?.[id]?.fields?.[0]?.value;
    return Object.fromEntries(tiles.map((tile) => [tile.id, keys.includes(said(tile)) ? said(tile) : proposed[tile.id]]));
  }

  function set(id, label) {
    if (values()[id] === label) return false;
    history.push({ values: { ...values(), [id]: label } }, say("Label"));
    return true;
  }

  /** One label for several, in one step. @returns {number} how many had another */
  function setAll(ids, label) {
    const other = [...ids].filter((id) => values()[id] !== label);
    if (other.length) history.push({ values: { ...values(), ...Object.fromEntries(other.map((id) => [id, label])) } }, say("Label"));
    return other.length;
  }

  function sourceOf(id) {
    if (proposed[id] === undefined) return "human";
    return proposed[id] === values()[id] ? "suggestion" : "edited";
  }

  function answerOf(id) {
    const value = values()[id];
    if (made.get(id)?.value !== value || !made.has(id)) {
      const part = { field: field.key, kind: field.kind, value, provenance: { source: sourceOf(id), suggestion: null, model: null } };
      made.set(id, { value, answer: { fields: value === undefined ? [] : [part] } });
    }
    return made.get(id).answer;
  }

  /** @returns {string|null} the first tile that it changed */
  function again(verb) {
    const before = values();
    return (verb() && tiles.find(({ id }) => before[id] !== values()[id])?.id) || null;
  }

  let written = { values: null, tiles: null };

  return {
    history,
    /** Another copy of the work in this one's place. */
    take: (kept) => history.push({ values: valuesOf(kept) }, say("The other copy")),
    undo: () => again(history.undo),
    redo: () => again(history.redo),
    set,
    setAll,
    valueOf: (id) => values()[id],
    sourceOf,
    /** The next label in the project's order, or the one before. With two of them: the other one. */
    flip(id, by = 1) {
      const at = keys.indexOf(values()[id]);
      return set(id, keys[at < 0 ? 0 : (at + by + keys.length) % keys.length]);
    },
    /** A label for all that have none, in one step. @returns {number} how many */
    fill(label) {
      const open = this.open();
      if (open.length) history.push({ values: { ...values(), ...Object.fromEntries(open.map((id) => [id, label])) } }, say("Fill"));
      return open.length;
    },
    /** Ids of the tiles without a label, in order. */
    open: () => tiles.map((tile) => tile.id).filter((id) => values()[id] === undefined),
    /** The label that most tiles have; the first one while none has any. */
    commonest() {
      const count = (key) => tiles.filter((tile) => values()[tile.id] === key).length;
      return keys.reduce((best, key) => (count(key) > count(best) ? key : best), keys[0]);
    },
    count: (key) => tiles.filter((tile) => values()[tile.id] === key).length,
    answer() {
      if (written.values !== values()) written = { values: values(), tiles: Object.fromEntries(tiles.map(({ id }) => [id, answerOf(id)])) };
      return { tiles: written.tiles };
    },
  };
}
