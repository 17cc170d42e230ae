/** The grid's keys. Arrows go from image to image. */
import { say } from "../shared/words.js";

/** @returns {import("../shared/keys.js").Binding[]} */
export function gridBindings() {
  const group = say("Grid");
  return [
    ["left", ["left"], say("Image before")],
    ["right", ["right"], say("Next image")],
    ["up", ["up"], say("Image above")],
    ["down", ["down"], say("Image below")],
    ["flip", ["space"], say("Flip: the next label")],
    ["flip-back", ["shift+space"], say("The label before")],
    ["reach-left", ["shift+left"], say("Select from here to the image before (or Shift and click)")],
    ["reach-right", ["shift+right"], say("Select to the next image: a label's key then labels all that are selected")],
    ["reach-up", ["shift+up"], say("Select to the image above")],
    ["reach-down", ["shift+down"], say("Select to the image below")],
    ["pick", ["ctrl+space"], say("Select this image too, or no longer (or Ctrl and click)")],
    ["select-all", ["ctrl+a"], say("Select all images")],
    ["group", ["."], say("Put alike images together, then select the next group: a label's key labels all of it")],
    ["find-label", ["/"], say("Find a label by its name")],
    ["fill", ["f"], say("Give the rest the commonest label")],
    ["next-open", ["n"], say("Next image without a label")],
    ["zoom", ["z"], say("Look closer, and back")],
  ].map(([action, keys, text]) => ({ action, keys, text, group }));
}
