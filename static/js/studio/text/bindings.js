/** The text studio's keys. Arrows move a cursor of whole words, or of letters, while the text has the focus. */
import { say } from "../shared/words.js";

/** @param {{attributes: boolean}} has what the labels ask for @returns {import("../shared/keys.js").Binding[]} */
export function textBindings({ attributes }) {
  const rows = (group, list) => list.filter(Boolean).map(([action, keys, text]) => ({ action, keys, text, group }));
  return [
    ...rows(say("Copilot"), [
      ["accept", ["a"], say("Accept the suggestion, go to the next")],
      ["reject", ["x"], say("Reject the suggestion")],
      ["accept-all", ["shift+a"], say("Accept all suggestions")],
      ["accept-sure", ["shift+q"], say("Accept the suggestions that the copilot is sure of")],
      ["ask", ["q"], say("Show suggestions, where they wait to be asked for")],
    ]),
    ...rows(say("Spans"), [
      ["next", ["j"], say("Next span or suggestion")],
      ["previous", ["k"], say("Span or suggestion before")],
      ["delete", ["delete", "backspace"], say("Delete the span")],
      ["select-all", ["ctrl+a"], say("Select all spans of the list")],
      ["also-next", ["ctrl+j"], say("Select the next one too (or Shift and click in the list)")],
      ["also-previous", ["ctrl+k"], say("Select the one before too")],
      ["filter", ["shift+f"], say("Filter and sort the list")],
      ["find-label", ["/"], say("Find a label by its name")],
      ["mark-all", ["m"], say("Mark every occurrence of the selection, or of the span")],
      ["letters", ["t"], say("Letters instead of words, and back (or Alt while dragging)")],
      attributes && ["describe", ["shift+e"], say("Edit the span's attributes")],
      ["smaller-text", ["-"], say("Smaller text")],
      ["larger-text", ["+", "="], say("Larger text")],
      ["start-earlier", ["u"], say("Start one word earlier")],
      ["start-later", ["shift+u"], say("Start one word later")],
      ["end-later", ["o"], say("End one word later")],
      ["end-earlier", ["shift+o"], say("End one word earlier")],
    ]),
    ...rows(say("Word cursor"), [
      ["left", ["left"], say("Word before")],
      ["right", ["right"], say("Next word")],
      ["up", ["up"], say("Line above")],
      ["down", ["down"], say("Line below")],
      ["extend-left", ["shift+left"], say("Extend by a word to the left")],
      ["extend-right", ["shift+right"], say("Extend by a word to the right")],
    ]),
  ];
}
