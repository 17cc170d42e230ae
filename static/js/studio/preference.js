/** The editor for preferences: two candidates side by side, and which is better; with what else is asked of them. */
import { createFieldsEditor } from "./classification.js";
import { createPair } from "./shared/pair.js";
import { NAMES, OF_FIELD, asShown, ordered, preferenceBindings, preferenceChoices } from "./preference/bindings.js";
import { say } from "./shared/words.js";

/** @param {{stage: HTMLElement, tools: HTMLElement, panel: HTMLElement}} hosts @param {any} work see classification.js */
export function createEditor(hosts, work) {
  const { left = "first", images = {} } = work.task;
  const [onLeft, onRight] = ordered(left);
  const verbs = { left: onLeft, right: onRight, equal: "tie" };
  const labels = asShown(work.labels, left);
  const equal = labels.some((label) => label.key === "tie");
  const names = { [onLeft]: NAMES[0], [onRight]: NAMES[1] };
  const fields = work.fields.map((field) => (field.key === OF_FIELD ? { ...field, name: say("Which is better") } : field));
  return createFieldsEditor(hosts, { ...work, labels, fields }, {
    table: "preference",
    bindings: preferenceBindings(Object.keys(images).length > 0, equal),
    choices: preferenceChoices,
    createSubject: (given) => createPair({ ...given, left, names, actions: { [onLeft]: "left", [onRight]: "right" } }),
    keyOf: (label) => Object.keys(verbs).find((action) => verbs[action] === label) ?? `label:${label}`,
    verbs,
    beside: { left },
  });
}
