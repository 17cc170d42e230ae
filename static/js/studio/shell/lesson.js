/**
 * What a course shows after an item and at the end of a try: own answer beside the right one, what differs in words,
 * and why. The list of differences says all that the pictures show.
 */
import { drawAnswer } from "../../pages/answers.js";
import { element } from "../shared/elements.js";
import { verdict } from "./lesson_words.js";
import { say, sayCount } from "../shared/words.js";

/**
 * @param {{items: any[], done: number, of: number, result: any|null}} lesson
 * @param {{labels: any[], fields?: any[], onNext: () => void}} terms
 * @returns {{node: HTMLElement, heading: HTMLElement}}
 */
export function showLesson(lesson, { labels, fields = [], onNext }) {
  const names = namesOf(labels, fields);
  const { result } = lesson;
  const heading = element("h2", { tabindex: "-1" }, result ? ending(result) : verdict(lesson.items[0]));
  const next = element("button", { class: "button button--primary button--large", type: "button", onclick: onNext },
    result ? say("Go on") : say("Next item"));
  const node = element("div", { class: "lesson" },
    element("header", { class: "lesson__head" },
      progress(lesson),
      heading,
      result && element("p", { class: "lesson__result" }, result.text),
    ),
    ...lesson.items.map((item) => lessonItem(item, names, lesson.items.length > 1 || Boolean(result))),
    element("footer", { class: "lesson__foot" }, next),
  );
  return { node, heading };
}

/** @param {{passed: boolean}} result */
function ending(result) {
  return result.passed ? say("Course passed") : say("Course not passed");
}

function progress({ done, of }) {
  const words = say("Course: item {done} of {of}", { done, of });
  return element("div", { class: "lesson__progress" },
    element("progress", { class: "progress", max: of, value: done, "aria-label": words }),
    element("span", { class: "small muted" }, words));
}

/** What answers are drawn by: labels by their keys, and the names of fields. */
export function namesOf(labels, fields = []) {
  return {
    labels: Object.fromEntries(labels.map((label) => [label.key, label])),
    fields: Object.fromEntries(fields.map(({ key, name }) => [key, name])),
  };
}

/** One item: why, what differs, and both answers. @param {boolean} titled whether it stands among others */
export function lessonItem(item, names, titled) {
  const differences = item.differences.length
    ? element("ul", { class: "lesson__differences" }, ...item.differences.map((text) => element("li", {}, text)))
    : element("p", {}, item.close.length ? say("Near enough to count as right.") : say("Your answer is the right one."));
  const close = item.close.length > 0 && element("ul", { class: "lesson__close" }, ...item.close.map((text) => element("li", {}, text)));
  return element("section", { class: "lesson__item", "aria-label": item.name },
    titled && element("h3", {}, `${item.name} · ${verdict(item)}`),
    item.explanation && element("div", { class: "lesson__why" }, element("h4", {}, say("Why")), explained(item.explanation_html)),
    element("div", { class: "lesson__wrong" },
      element("h4", {}, item.differences.length ? sayCount(item.differences.length, "{count} difference", "{count} differences") : say("No differences")),
      differences, close),
    element("div", { class: "lesson__sides" },
      side(say("Your answer"), item, item.answer, names),
      side(say("The right answer"), item, item.known, names)),
  );
}

/** An item with its right answer alone, to learn from. */
export function exampleItem(item, names) {
  return element("section", { class: "lesson__item", "aria-label": item.name },
    element("h3", {}, item.name),
    item.explanation && element("div", { class: "lesson__why" }, element("h4", {}, say("Why")), explained(item.explanation_html)),
    side(say("The right answer"), item, item.known, names),
  );
}

/** Safe HTML of the server (rendered and cleaned Markdown), as it came. */
function explained(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return element("div", { class: "prose" }, ...parsed.body.childNodes);
}

function side(title, item, answer, names) {
  const stage = element("div", { class: "answer__stage", tabindex: "0", role: "group", "aria-label": title });
  drawAnswer(stage, item, answer, names.labels, names.fields);
  return element("figure", { class: "card answer" }, element("figcaption", { class: "answer__words" }, element("strong", {}, title)), stage);
}
