/**
 * One line of snapshots for everything a person does in a task: marks, strokes, prompts, accepts, refusals.
 * Snapshots are never changed in place, so keeping many costs only what differs between them.
 */

/**
 * @template T
 * @param {T} initial
 * @param {{limit?: number, onChange?: (present: T) => void}} [options] limit: steps kept for undo.
 */
export function createHistory(initial, { limit = 500, onChange = () => {} } = {}) {
  let past = [];
  let present = { state: initial, name: "" };
  let future = [];

  return {
    /** @returns {T} */
    get present() {
      return present.state;
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    /** The name of the step that undo would take back, "" when there is none. */
    get undoName() {
      return past.length ? present.name : "";
    },
    get redoName() {
      return future.length ? future[future.length - 1].name : "";
    },
    /** One step that undo takes back as a whole; what had been undone is forgotten. */
    push(state, name) {
      if (state === present.state) return;
      past.push(present);
      if (past.length > limit) past = past.slice(past.length - limit);
      present = { state, name };
      future = [];
      onChange(state);
    },
    /** Replace the present without a step of its own: an answer that arrives, a selection that moves. */
    amend(state) {
      if (state === present.state) return;
      present = { state, name: present.name };
      onChange(state);
    },
    /** @returns {boolean} false when there was nothing to undo. */
    undo() {
      if (!past.length) return false;
      future.push(present);
      present = past.pop();
      onChange(present.state);
      return true;
    },
    /** @returns {boolean} false when there was nothing to redo. */
    redo() {
      if (!future.length) return false;
      past.push(present);
      present = future.pop();
      onChange(present.state);
      return true;
    },
  };
}
