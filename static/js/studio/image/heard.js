/** What a key did that only the eye would see, in words for screen readers: tool, mask on offer, hidden, locked. */
import { TOOLS } from "./controls.js";
import { say } from "../shared/words.js";

const NAMES = Object.fromEntries(TOOLS);

/**
 * @param {any} store
 * @param {{tool: () => string, on: () => {bare: boolean, removing: boolean}}} editor
 * @returns {(action: string) => string} what there is to say after an action, "" for nothing
 */
export function createHeard(store, editor) {
  const either = (set, yes, no) => (store.selected === null ? "" : set.has(store.selected) ? yes : no);
  const mask = () => {
    const { masks = [], chosen } = store.state.proposal ?? {};
    return masks.length > 1 ? say("Mask {n} of {count}", { n: chosen + 1, count: masks.length }) : "";
  };
  const words = {
    hide: () => either(store.hidden, say("Hidden"), say("Shown")),
    lock: () => either(store.locked, say("Locked"), say("Unlocked")),
    bare: () => (editor.on().bare ? say("All marks are hidden") : say("All marks are shown")),
    removing: () => (editor.on().removing ? say("Clicks take away") : say("Clicks add")),
    "next-mask": mask,
    "previous-mask": mask,
  };
  return (action) => (action.startsWith("tool:") ? NAMES[editor.tool()] : words[action]?.() ?? "");
}
