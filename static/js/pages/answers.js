/** A task's answers side by side: spans in their text, masks over the picture's thumbnail. */

import { element, pageData, swatch } from "../studio/shared/elements.js";
import { drawOutline } from "../studio/shared/outline_drawing.js";
import { decodeMask } from "../studio/shared/rle.js";
import { wordsOf } from "../review/answers.js";
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
  const body = element("p", { class: "answer__text", dir: "auto" });
  for (const piece of segmentsOf(text, spans)) {
    if (!piece.labels.length) {
      body.append(piece.text);
      continue;
    }
    const mark = element("mark", { class: "answer__span", title: piece.labels.map((key) => labelOf(labels, key).name).join(", ") });
    mark.style.setProperty("--mark", labelOf(labels, piece.labels.at(-1)).colour);
    mark.append(piece.text);
    for (const key of piece.opens) mark.prepend(element("small", { class: "answer__tag", dir: "auto" }, labelOf(labels, key).name));
    body.append(mark);
  }
  stage.append(body);
}

/** @param {HTMLCanvasElement} canvas @param {{width: number}} size of the image itself */
function paint(canvas, regions, labels, size) {
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
  const view = { scale: width / size.width, x: 0, y: 0 };
  for (const { shape, label } of regions) {
    if (shape && shape.type !== "mask") drawOutline(context, view, shape, { colour: labelOf(labels, label).colour });
  }
}

/** @param {HTMLElement} stage */
function showPicture(stage, address, regions, labels, size) {
  const picture = element("img", { src: address, alt: "" });
  const canvas = element("canvas", { "aria-hidden": "true" });
  const frame = element("div", { class: "answer__picture" }, picture, canvas);
  picture.addEventListener("load", () => {
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    paint(canvas, regions, labels, size);
  });
  stage.append(frame);
}

/** What was filled in, field by field, under what it is about. */
function showFields(stage, parts, { task, labels, fields }) {
  const nameOf = (key) => labelOf(labels, key).name;
  for (const src of [task.picture, task.second]) if (src) stage.append(element("div", { class: "answer__picture" }, element("img", { src, alt: "" })));
  if (typeof task.text === "string") stage.append(element("p", { class: "answer__text", dir: "auto" }, task.text));
  const list = element("dl", { class: "answer__fields small" });
  for (const part of parts) list.append(element("dt", {}, fields[part.field] ?? part.field), element("dd", { dir: "auto" }, wordsOf(part, nameOf)));
  if (parts.length) stage.append(list);
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

/**
 * One answer over what it is about, with a legend.
 * @param {HTMLElement} stage @param {{text?: string|null, picture?: string|null, second?: string|null, size?: any}} task a pair has a second picture
 * @param {Record<string, Label>} labels @param {Record<string, string>} [fields] names of a classification's fields
 */
export function drawAnswer(stage, task, answer, labels, fields = {}) {
  if (answer.fields) return showFields(stage, answer.fields, { task, labels, fields });
  const parts = answer.spans ?? answer.regions ?? [];
  if (task.picture) showPicture(stage, task.picture, parts, labels, task.size);
  else if (typeof task.text === "string") showText(stage, task.text, parts, labels);
  showLegend(stage, parts, labels);
}

/** @param {HTMLElement} root */
function show(root, view) {
  for (const stage of root.querySelectorAll("[data-answer]")) {
    const answer = view.answers[stage.dataset.answer] ?? {};
    drawAnswer(stage, { text: view.text, picture: root.dataset.picture, second: root.dataset.second, size: view.size }, answer, view.labels, view.fields);
  }
}

const root = document.querySelector("[data-answers]");
if (root) show(root, pageData("task-view"));

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-closes]")) event.target.closest("dialog")?.close();
});
