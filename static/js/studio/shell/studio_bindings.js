/** The keys that are the same in every editor. */
import { say } from "../shared/words.js";

/** @returns {import("../shared/keys.js").Binding[]} */
export function studioBindings() {
  const group = say("Everywhere");
  return [
    { action: "submit", keys: ["enter", "ctrl+enter"], text: say("Submit and go on"), group },
    { action: "undo", keys: ["ctrl+z"], text: say("Undo"), group },
    { action: "redo", keys: ["ctrl+shift+z", "ctrl+y"], text: say("Redo"), group },
    { action: "reopen", keys: ["shift+t"], text: say("Take back what was just submitted, while it can be corrected"), group },
    { action: "escape", keys: ["esc"], text: say("Deselect"), group },
    { action: "skip", keys: ["s"], text: say("Skip this task"), group },
    { action: "comment", keys: ["shift+c"], text: say("Comment to the reviewer, on what is selected or all of it"), group },
    { action: "question", keys: ["shift+s"], text: say("Ask a manager"), group },
    { action: "comments", keys: ["shift+i"], text: say("What was said about this task"), group },
    { action: "report", keys: ["r"], text: say("Report a problem"), group },
    { action: "instructions", keys: ["i"], text: say("Instructions"), group },
    { action: "keys", keys: ["?"], text: say("These keys"), group },
  ];
}
