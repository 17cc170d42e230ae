/** What is in files before they are loaded: each sample with what the file marks in it. */

import { pageData } from "../studio/shared/elements.js";
import { drawAnswer } from "./answers.js";

/** @typedef {{text?: string|null, picture?: string|null, size?: any, answer: any}} Sample */

/** @param {ParentNode} page @param {{samples: Sample[], labels: Record<string, {name: string, colour: string}>}} view */
export function drawSamples(page, { samples, labels }) {
  for (const stage of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-sample]"))) {
    const { answer, ...task } = samples[Number(stage.dataset.sample)];
    drawAnswer(stage, task, answer, labels);
  }
}

if (document.querySelector("[data-sample]")) drawSamples(document, pageData("plan-view"));
