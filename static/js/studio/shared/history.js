/**
 * One line of snapshots for everything a person does in a task: marks, strokes, prompts, accepts, rejections.
 * Snapshots are never changed in place, so keeping many costs only what differs between them.
 */

/**
 * What a step changed in a list of things that are never changed in place: the first that came, else the first that went.
 * @template T
 * @param {T[]} before @param {T[]} after @returns {T|undefined}
 */
export function differing(before, after) {
  const [had, has] = [new Set(before), new Set(after)];
  return after.find((one) => !had.has(one)) ?? before.find((one) => !has.has(one));
}

/**
 * @template T
 * @param {T} initial
 * @param {{limit?: number, onChange?: (present: T) => void}} [options] limit: steps kept for undo.
 */
export function createHistory(initial, { limit = 500, onChange = () => {} } = {}) {
  let past = [];
  let present = { state: initial, name: "", run: null };
  let future = [];
  let did = "";

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
    /** What was done last: "push", "undo" or "redo". */
    get did() {
      return did;
    },
    /**
     * One step that undo takes back as a whole; what had been undone is forgotten. Steps that follow each other with
     * the same `run` (arrow keys held down, letters of a word) are one.
     */
    push(state, name, run = null) {
      if (state === present.state) return;
      if (!run || run !== present.run) past.push(present);
      if (past.length > limit) past = past.slice(past.length - limit);
      present = { state, name, run };
      future = [];
      did = "push";
      onChange(state);
    },
    /** Replace the present without a step of its own: an answer that arrives, a selection that moves. */
    amend(state) {
      if (state === present.state) return;
      present = { ...present, state };
      onChange(state);
    },
    /** @returns {boolean} false when there was nothing to undo. */
    undo() {
      if (!past.length) return false;
      future.push({ ...present, run: null });
      did = "undo";
      present = { ...past.pop(), run: null };
      onChange(present.state);
      return true;
    },
    /** @returns {boolean} false when there was nothing to redo. */
    redo() {
      if (!future.length) return false;
      past.push(present);
      present = future.pop();
      did = "redo";
      onChange(present.state);
      return true;
    },
  };
}
