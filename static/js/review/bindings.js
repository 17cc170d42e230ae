/** The reviewer's keys: those that hold while comparing, and those that hold while editing as well. */
import { say } from "../studio/shared/words.js";

/** @returns {import("../studio/shared/keys.js").Binding[]} */
export function decidingBindings() {
  const group = say("Everywhere");
  return [
    { action: "submit", keys: ["enter", "ctrl+enter"], text: say("Decide: what is chosen or edited becomes the verdict"), group },
    { action: "back_to_tasker", keys: ["shift+r"], text: say("Send back, or note a mistake"), group },
    { action: "instructions", keys: ["i"], text: say("Instructions"), group },
    { action: "keys", keys: ["?"], text: say("These keys"), group },
    { action: "escape", keys: ["esc"], text: say("Deselect; back to the answers"), group },
    { action: "undo", keys: ["ctrl+z"], text: say("Undo"), group },
    { action: "redo", keys: ["ctrl+shift+z", "ctrl+y"], text: say("Redo"), group },
  ];
}

const looking = () => [
  { action: "fit", keys: ["f"], text: say("Fit the image"), group: say("View") },
  { action: "closer", keys: ["+", "="], text: say("Closer"), group: say("View") },
  { action: "further", keys: ["-"], text: say("Further away"), group: say("View") },
  { action: "beside", keys: ["v"], text: say("The answers side by side, or over each other again"), group: say("View") },
];

/**
 * @param {{name: string}[]} answers @param {boolean} combines whether there is anything to combine
 * @returns {import("../studio/shared/keys.js").Binding[]}
 */
export function comparingBindings(answers, combines) {
  const group = say("Answers");
  const combine = { action: "combine", keys: ["c"], text: say("Combine: take each part from the answer that has it right"), group };
  return [
    ...(combines ? [combine] : []),
    ...answers.slice(0, 9).map(({ name }, i) => ({ action: `choose:${i}`, keys: [String(i + 1)], text: say("Choose {name}", { name }), group })),
    { action: "next", keys: ["j", "down"], text: say("Next answer"), group },
    { action: "previous", keys: ["k", "up"], text: say("Answer before"), group },
    { action: "hide", keys: ["h"], text: say("Hide or show the chosen answer"), group },
    { action: "solo", keys: ["o"], text: say("Only the chosen answer, or all again"), group },
    { action: "earlier", keys: ["p"], text: say("The chosen answer as it was before it was mended, or as it is"), group },
    { action: "blink", keys: ["b"], text: say("Only one of two answers, in turn: the chosen one and the one before"), group },
    { action: "edit", keys: ["e"], text: say("Edit a copy of the chosen answer"), group },
    { action: "fresh", keys: ["n"], text: say("Start a fresh answer"), group },
    ...looking(),
  ];
}

/** @param {{name: string}[]} answers @returns {import("../studio/shared/keys.js").Binding[]} */
export function combiningBindings(answers) {
  const group = say("Differences");
  return [
    ...answers.slice(0, 9).map(({ name }, i) => ({ action: `take:${i}`, keys: [String(i + 1)], text: say("What {name} says here, and on", { name }), group })),
    { action: "leave", keys: ["0", "x"], text: say("Nothing here, and on"), group },
    { action: "agree", keys: ["space"], text: say("What most say here, and on"), group },
    { action: "agreeAll", keys: ["a"], text: say("What most say, for all that is open"), group },
    { action: "next", keys: ["j", "down"], text: say("Next part"), group },
    { action: "previous", keys: ["k", "up"], text: say("Part before"), group },
    { action: "edit", keys: ["e"], text: say("Edit what was combined"), group },
    ...looking(),
  ];
}
