/** Answers to a classification: the image or text, and under it a table of who said what in each field. */
import { element, swatch } from "../studio/shared/elements.js";
import { createSubject } from "../studio/shared/subject.js";
import { say } from "../studio/shared/words.js";
import { wordsOf } from "./answers.js";

/**
 * @param {HTMLElement} stage emptied first
 * @param {{task: any, fields: any[], nameOf: (label: string) => string, shown: () => {name: string,
 *   colour: string, chosen: boolean, answer: any}[]}} work
 */
export function createComparison(stage, work) {
  return compareFields(stage, work, { createSubject });
}

/**
 * The same for another thing that was judged.
 * @param {HTMLElement} stage @param {any} about
 * @param {{createSubject: (place: any) => any, more?: {name: string, of: (answer: any) => string}[]}} way how it is
 *   shown, and rows of what answers say besides their fields
 */
export function compareFields(stage, { task, fields, nameOf, shown }, { createSubject, more = [] }) {
  const frame = element("div", { class: "compared__subject" });
  const subject = createSubject({ stage: frame, tools: element("div", {}), task, keyOf: () => "" });
  const table = element("table", { class: "table compared__table" });
  const scroll = element("div", { class: "compared__answers", tabindex: "0", role: "region", "aria-label": say("Answers side by side") }, table);
  stage.replaceChildren(element("div", { class: "compared" }, frame, scroll));

  function redraw() {
    const answers = shown().sort((a, b) => a.index - b.index);
    const head = answers.map(({ name, colour, chosen }) => element("th", { scope: "col", "data-chosen": chosen }, swatch(colour), " ", name));
    table.replaceChildren(
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, say("Field")), ...head)),
      element("tbody", {}, ...fields.map((field) => row(field, answers)), ...more.map((one) => plain(one, answers))),
    );
  }

  function row(field, answers) {
    const said = answers.map(({ answer }) => {
      const part = answer.fields.find((one) => one.field === field.key);
      return part ? wordsOf(part, nameOf) : "–";
    });
    const alike = new Set(said).size < 2;
    const cells = said.map((words, i) => element("td", { dir: "auto", "data-chosen": answers[i].chosen }, words));
    const sign = alike ? null : element("span", { class: "badge badge--warn" }, say("differ"));
    return element("tr", { "data-differs": !alike }, element("th", { scope: "row" }, field.name, " ", sign), ...cells);
  }

  function plain({ name, of }, answers) {
    const cells = answers.map(({ answer, chosen }) => element("td", { "data-chosen": chosen }, of(answer)));
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
  }

  return {
    redraw,
    fit: () => subject.fit(),
    zoom: (factor) => subject.zoom(factor),
    focus: () => subject.focus(),
    ready: () => subject.ready(),
    close: () => subject.close(),
  };
}
