/** The text studio's keys. Arrows move a cursor of whole words while the text has the focus. */
import { say } from "./words.js";

/** @returns {import("./keys.js").Binding[]} */
export function textBindings() {
  const rows = (group, list) => list.map(([action, keys, text]) => ({ action, keys, text, group }));
  return [
    ...rows(say("Copilot"), [
      ["accept", ["a"], say("Accept the suggestion, go to the next")],
      ["refuse", ["x"], say("Refuse the suggestion")],
      ["accept-all", ["shift+a"], say("Accept all suggestions")],
    ]),
    ...rows(say("Spans"), [
      ["next", ["k"], say("Next span or suggestion")],
      ["previous", ["j"], say("Span or suggestion before")],
      ["delete", ["delete", "backspace"], say("Delete the span")],
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
