/** The reviewer's keys: those that hold while comparing, and those that hold while editing as well. */
import { say } from "../studio/shared/words.js";

/** @returns {import("../studio/shared/keys.js").Binding[]} */
export function decidingBindings() {
  const group = say("Everywhere");
  return [
    { action: "submit", keys: ["enter", "ctrl+enter"], text: say("Decide: what is chosen or edited becomes the verdict"), group },
    { action: "instructions", keys: ["i"], text: say("Instructions"), group },
    { action: "keys", keys: ["?"], text: say("These keys"), group },
    { action: "escape", keys: ["esc"], text: say("Deselect; back to the answers"), group },
    { action: "undo", keys: ["ctrl+z"], text: say("Undo"), group },
    { action: "redo", keys: ["ctrl+shift+z", "ctrl+y"], text: say("Redo"), group },
  ];
}

/** @param {{name: string}[]} answers @returns {import("../studio/shared/keys.js").Binding[]} */
export function comparingBindings(answers) {
  const group = say("Answers");
  return [
    ...answers.slice(0, 9).map(({ name }, i) => ({ action: `choose:${i}`, keys: [String(i + 1)], text: say("Choose {name}", { name }), group })),
    { action: "next", keys: ["k", "down"], text: say("Next answer"), group },
    { action: "previous", keys: ["j", "up"], text: say("Answer before"), group },
    { action: "hide", keys: ["h"], text: say("Hide or show the chosen answer"), group },
    { action: "solo", keys: ["o"], text: say("Only the chosen answer, or all again"), group },
    { action: "edit", keys: ["e"], text: say("Edit a copy of the chosen answer"), group },
    { action: "fresh", keys: ["n"], text: say("Start a fresh answer"), group },
    { action: "fit", keys: ["f"], text: say("Fit the image"), group },
    { action: "closer", keys: ["+", "="], text: say("Closer"), group },
    { action: "further", keys: ["-"], text: say("Further away"), group },
  ];
}
