/** Answers about a pair: both candidates in the order of the task, and who preferred which, seen on which side. */
import { createPair } from "../studio/shared/pair.js";
import { say } from "../studio/shared/words.js";
import { compareFields } from "./compare_fields.js";

/** @param {HTMLElement} stage @param {any} work see compare_fields.js */
export function createComparison(stage, work) {
  const names = { first: work.nameOf("first"), second: work.nameOf("second") };
  const onLeft = ({ left }) => names[left] ?? "–";
  return compareFields(stage, work, {
    createSubject: (given) => createPair({ ...given, left: "first", names }),
    more: [{ name: say("Seen on the left"), of: onLeft }],
  });
}
