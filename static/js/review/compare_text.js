/** Answers to a text task over each other: a span that several gave is drawn once and names them. */
import { element } from "../studio/elements.js";
import { createOffsets } from "../studio/offsets.js";
import { createTextPage } from "../studio/text_page.js";
import { say } from "../studio/words.js";
import { sharedSpans } from "./answers.js";

const AGREED = "#6b7780";

/**
 * @param {HTMLElement} stage emptied first
 * @param {{task: object, nameOf: (label: string) => string, shown: () => {letter: string, index: number,
 *   colour: string, chosen: boolean, answer: object}[]}} work
 */
export function createComparison(stage, { task, nameOf, shown }) {
  const { text, title } = task.payload;
  const offsets = createOffsets(text);
  const page = createTextPage(text, say("Text with the answers' spans"));
  const sheet = element("article", { class: "sheet" }, title && element("h3", { class: "sheet__title" }, title), page.host);
  stage.replaceChildren(element("div", { class: "desktop" }, sheet));

  function redraw() {
    const answers = shown();
    const colours = new Map(answers.map((one) => [one.index, one.colour]));
    const chosen = answers.find((one) => one.chosen)?.index;
    const spans = sharedSpans(answers.map((one) => ({ ...one, spans: one.answer.spans })));
    page.draw(
      spans.map((span) => ({
        ...span,
        start: offsets.toUtf16(span.start),
        end: offsets.toUtf16(span.end),
        colour: span.all ? AGREED : colours.get(span.indexes.includes(chosen) ? chosen : span.indexes[0]),
        tag: `${span.all ? say("All") : span.letters.join(" ")} · ${nameOf(span.label)}`,
        current: span.indexes.includes(chosen),
      })),
    );
  }

  return {
    redraw,
    fit() {},
    zoom() {},
    focus: () => page.host.focus({ preventScroll: true }),
    async ready() {},
    close: () => page.close(),
  };
}
