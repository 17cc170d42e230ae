/** The grid's keys. Arrows go from image to image. */
import { say } from "./words.js";

/** @returns {import("./keys.js").Binding[]} */
export function gridBindings() {
  const group = say("Grid");
  return [
    ["left", ["left"], say("Image before")],
    ["right", ["right"], say("Next image")],
    ["up", ["up"], say("Image above")],
    ["down", ["down"], say("Image below")],
    ["flip", ["space"], say("Flip: the next label")],
    ["flip-back", ["shift+space"], say("The label before")],
    ["fill", ["f"], say("Give the rest the commonest label")],
    ["next-open", ["n"], say("Next image without a label")],
    ["zoom", ["z"], say("Look closer, and back")],
  ].map(([action, keys, text]) => ({ action, keys, text, group }));
}
