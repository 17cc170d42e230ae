/** Answers to a text task over each other: a span that several gave is drawn once and names them. */
import { element } from "../studio/shared/elements.js";
import { createOffsets } from "../studio/shared/offsets.js";
import { createTextPage } from "../studio/text/page.js";
import { keepInSight } from "../studio/text/scroll.js";
import { quoted, say } from "../studio/shared/words.js";
import { sharedSpans } from "./answers.js";

const AGREED = "#6b7780";

/**
 * @param {HTMLElement} stage emptied first
 * @param {{task: any, nameOf: (label: string) => string, said: (answer: string, mark: string) => number, shown: () => {id: string, letter: string, index: number,
 *   colour: string, chosen: boolean, answer: any}[]}} work
 */
export function createComparison(stage, { task, nameOf, shown, said }) {
  const { text, title } = task.payload;
  const offsets = createOffsets(text);
  const page = createTextPage(text, say("Text with the answers' spans"));
  const article = element("article", { class: "document" }, title && element("h3", { class: "document__title", dir: "auto" }, title), page.host);
  const area = element("div", { class: "document-area" }, article);
  stage.replaceChildren(area);

  function redraw() {
    const answers = shown();
    const colours = new Map(answers.map((one) => [one.index, one.colour]));
    const chosen = answers.find((one) => one.chosen)?.index;
    const spans = sharedSpans(answers.map((one) => ({ ...one, spans: one.answer.spans })));
    const comments = new Map();
    for (const { id, answer } of answers) {
      for (const { start, end, label, id: mark } of answer.spans) comments.set(`${start}-${end}-${label}`, (comments.get(`${start}-${end}-${label}`) ?? 0) + said(id, mark));
    }
    page.draw(
      spans.map((span) => ({
        ...span,
        start: offsets.toUtf16(span.start),
        end: offsets.toUtf16(span.end),
        colour: span.all ? AGREED : colours.get(span.indexes.includes(chosen) ? chosen : span.indexes[0]),
        tag: `${span.all ? say("All") : span.letters.join(" ")} · ${nameOf(span.label)}${comments.get(span.id) ? ` · ${quoted(comments.get(span.id))}` : ""}`,
        current: span.indexes.includes(chosen),
      })),
    );
  }

  return {
    redraw,
    fit() {},
    zoom() {},
    /** Bring a span into sight. */
    reveal({ start }) {
      const [rect] = page.rectsOf(offsets.toUtf16(start), offsets.toUtf16(start) + 1);
      if (rect) keepInSight(area, rect);
    },
    focus: () => page.host.focus({ preventScroll: true }),
    async ready() {},
    close: () => page.close(),
  };
}
