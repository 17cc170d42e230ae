/** What is said of an item of a course that was answered. */
import { say } from "../shared/words.js";

/** How an item or a try went. @param {{score: number, differences: string[], close: string[]}} item close: what is off, but counts as right */
export function verdict(item) {
  if (!item.differences.length) return item.close.length ? say("Good enough, it counts in full") : say("Right");
  return item.score > 0 ? say("Partly right: {score} %", { score: Math.round(100 * item.score) }) : say("Not right");
}
