/** Every table of keys there is, whole, for the page on which a person changes them. */
import { combiningBindings, comparingBindings, decidingBindings } from "../../review/bindings.js";
import { classificationBindings, offerBindings } from "../classification/bindings.js";
import { gridBindings } from "./grid_bindings.js";
import { imageBindings } from "../image/bindings.js";
import { worded } from "../image/key_words.js";
import { toolsFor } from "../image/kit.js";
import { preferenceBindings } from "../preference/bindings.js";
import { studioBindings } from "./studio_bindings.js";
import { textBindings } from "../text/bindings.js";
import { say } from "../shared/words.js";

const SHAPES = ["mask", "box", "polygon", "polyline", "point"];
const ALL = { masks: true, outlines: true, attributes: true };

/**
 * What is pressed in the same place must differ: everywhere's keys from those of every other table.
 * @returns {{table: string, title: string, bindings: import("../shared/keys.js").Binding[]}[]}
 */
export function keyTables() {
  const studio = studioBindings();
  const decide = decidingBindings().filter(({ action }) => !studio.some((one) => one.action === action));
  const comparing = comparingBindings([], true);
  return [
    { table: "studio", title: say("Everywhere"), bindings: studio },
    { table: "image", title: say("Images"), bindings: worded(imageBindings(toolsFor([{ shapes: SHAPES }]), ALL)) },
    { table: "text", title: say("Texts"), bindings: textBindings(ALL) },
    { table: "classification", title: say("Classification"), bindings: [...classificationBindings(true), ...offerBindings([])] },
    { table: "preference", title: say("Preference"), bindings: preferenceBindings(true) },
    { table: "grid", title: say("Many images at once"), bindings: gridBindings() },
    { table: "review", title: say("Review"), bindings: [...decide, ...comparing, ...combiningBindings([]).filter(({ action }) => !comparing.some((one) => one.action === action))] },
  ];
}

/** The digits are the labels' and the answers', Tab is the way through the page, and these are the browser's own. */
const KEPT = /^(tab|shift\+tab|f5|f11|f12|ctrl\+(tab|[nrtw0-9+-])|ctrl\+shift\+[inrtw]|alt\+(f4|left|right|home))$/;

/**
 * Why a person can't have this key for this action, in words; "" when they can.
 * @param {string} chord
 * @param {{table: string, action: string}} target
 * @param {{table: string, bindings: import("../shared/keys.js").Binding[]}[]} tables as they are now
 */
export function whyNot(chord, target, tables) {
  if (/^[0-9]$/.test(chord)) return say("The digits are for the labels.");
  if (KEPT.test(chord)) return say("The browser keeps this key for itself.");
  for (const { table, bindings } of tables) {
    if (![table, target.table].includes("studio") && table !== target.table) continue;
    const other = bindings.find((one) => one.keys.includes(chord) && (table !== target.table || one.action !== target.action));
    if (other) return say("That is the key for “{other}”. Give that one another key first.", { other: other.text });
  }
  return "";
}
