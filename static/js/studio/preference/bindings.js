/** The keys of a preference, and its candidates in the order in which they are shown. Pure. */
import { choiceBindings, classificationBindings } from "../classification/bindings.js";
import { say } from "../shared/words.js";

/** The field that holds the preference. */
export const OF_FIELD = "preferred";
/** What candidates are called, from left to right: one may also stand above the other. */
export const NAMES = ["A", "B"];

/** The candidates from left to right. @param {string} left @returns {[string, string]} */
export function ordered(left) {
  return left === "second" ? ["second", "first"] : ["first", "second"];
}

/**
 * The labels as a person sees them: A, B, about equal, and behind them those of other fields. The three have no colours,
 * which would tell which candidate is which of the task.
 */
export function asShown(labels, left) {
  const [onLeft, onRight] = ordered(left);
  const names = { [onLeft]: NAMES[0], [onRight]: NAMES[1] };
  const of = (key) => labels.filter((label) => label.key === key && label.field === OF_FIELD);
  const own = [...of(onLeft), ...of(onRight), ...of("tie")];
  return [...own.map((label) => ({ ...label, colour: "", name: names[label.key] ?? say(label.name) })), ...labels.filter((label) => !own.includes(label))];
}

/** @param {boolean} pictured whether there is an image to look at @param {boolean} [equal] whether there are ties */
export function preferenceBindings(pictured, equal = true) {
  const group = say("Which is better");
  const rows = [
    ["left", "1", say("A is better, which stands on the left or above")],
    ["right", "2", say("B is better, which stands on the right or below")],
    ["equal", "3", say("They are about equal")],
  ];
  const own = rows.filter(([action]) => equal || action !== "equal");
  return [...own.map(([action, key, text]) => ({ action, keys: [key], text, group, once: true })), ...classificationBindings(pictured)];
}

/** The keys of labels of other fields; digits say which is better. */
export function preferenceChoices(labels, taken) {
  const others = labels.filter((label) => label.field !== OF_FIELD);
  return choiceBindings(others, taken).filter(({ action }) => !action.startsWith("digit:"));
}
