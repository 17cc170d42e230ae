/** What a key did that only the eye would see, in words for screen readers: tool, mask on offer, hidden, locked. */
import { TOOLS } from "./controls.js";
import { say } from "../shared/words.js";

const NAMES = Object.fromEntries(TOOLS);

/**
 * @param {object} desk
 * @param {{tool: () => string, on: () => {bare: boolean, removing: boolean}}} room
 * @returns {(action: string) => string} what there is to say after an action, "" for nothing
 */
export function createHeard(desk, room) {
  const either = (set, yes, no) => (desk.selected === null ? "" : set.has(desk.selected) ? yes : no);
  const mask = () => {
    const { masks = [], chosen } = desk.state.proposal ?? {};
    return masks.length > 1 ? say("Mask {n} of {count}", { n: chosen + 1, count: masks.length }) : "";
  };
  const words = {
    hide: () => either(desk.hidden, say("Hidden"), say("Shown")),
    lock: () => either(desk.locked, say("Locked"), say("Unlocked")),
    bare: () => (room.on().bare ? say("All marks are hidden") : say("All marks are shown")),
    removing: () => (room.on().removing ? say("Clicks take away") : say("Clicks add")),
    "next-mask": mask,
    "previous-mask": mask,
  };
  return (action) => (action.startsWith("tool:") ? NAMES[room.tool()] : words[action]?.() ?? "");
}
