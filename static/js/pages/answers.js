/** A task's answers side by side: spans in their text, masks over the picture's thumbnail. */

import { element, pageData, swatch } from "../studio/elements.js";
import { decodeMask } from "../studio/rle.js";
import { channels, segmentsOf, shrunk } from "./segments.js";

const INK = 0.55; // how much of a mask's colour covers the picture
const EDGE = 1;

/** @typedef {{name: string, colour: string}} Label */

/** @param {Record<string, Label>} labels @param {string} key @returns {Label} */
function labelOf(labels, key) {
  return labels[key] ?? { name: key, colour: "#888888" };
}

/** @param {HTMLElement} stage */
function showText(stage, text, spans, labels) {
  const body = element("p", { class: "answer__text" });
  for (const piece of segmentsOf(text, spans)) {
    if (!piece.labels.length) {
      body.append(piece.text);
      continue;
    }
    const mark = element("mark", { class: "answer__span", title: piece.labels.map((key) => labelOf(labels, key).name).join(", ") });
    mark.style.setProperty("--mark", labelOf(labels, piece.labels.at(-1)).colour);
    mark.append(piece.text);
    for (const key of piece.opens) mark.prepend(element("small", { class: "answer__tag" }, labelOf(labels, key).name));
    body.append(mark);
  }
  stage.append(body);
}

/** @param {HTMLCanvasElement} canvas */
function paint(canvas, regions, labels) {
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(width, height);
  for (const region of regions) {
    if (region.shape?.type !== "mask") continue;
    const inside = shrunk(decodeMask(region.shape), width, height);
    const [red, green, blue] = channels(labelOf(labels, region.label).colour);
    for (let at = 0; at < inside.length; at += 1) {
      if (!inside[at]) continue;
      const edge = !inside[at - EDGE] || !inside[at + EDGE] || !inside[at - width] || !inside[at + width];
      pixels.data.set([red, green, blue, edge ? 255 : 255 * INK], at * 4);
    }
  }
  context.putImageData(pixels, 0, 0);
}

/** @param {HTMLElement} stage */
function showPicture(stage, address, regions, labels) {
  const picture = element("img", { src: address, alt: "" });
  const canvas = element("canvas", { "aria-hidden": "true" });
  const frame = element("div", { class: "answer__picture" }, picture, canvas);
  picture.addEventListener("load", () => {
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    paint(canvas, regions, labels);
  });
  stage.append(frame);
}

/** @param {HTMLElement} stage */
function showLegend(stage, parts, labels) {
  const counts = new Map();
  for (const part of parts) counts.set(part.label, (counts.get(part.label) ?? 0) + 1);
  const list = element("ul", { class: "answer__legend small" });
  for (const [key, number] of counts) {
    const { name, colour } = labelOf(labels, key);
    list.append(element("li", {}, swatch(colour), ` ${name} × ${number}`));
  }
  if (counts.size) stage.append(list);
}

/** @param {HTMLElement} root */
function show(root, view) {
  for (const stage of root.querySelectorAll("[data-answer]")) {
    const answer = view.answers[stage.dataset.answer] ?? {};
    const parts = answer.spans ?? answer.regions ?? [];
    if (root.dataset.picture) showPicture(stage, root.dataset.picture, parts, view.labels);
    else if (typeof view.text === "string") showText(stage, view.text, parts, view.labels);
    showLegend(stage, parts, view.labels);
  }
}

const root = document.querySelector("[data-answers]");
if (root) show(root, pageData("task-view"));

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-closes]")) event.target.closest("dialog")?.close();
});
