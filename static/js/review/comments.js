/** What taskers told the reviewer, under the answer that it came with: go to the mark it is about, answer it. */
import { element } from "../studio/shared/elements.js";
import { say } from "../studio/shared/words.js";
import { marksOf } from "./answers.js";

/**
 * @param {object} options
 * @param {any[]} options.comments as the page carries them @param {any[]} options.answers
 * @param {(key: string) => string} options.nameOf a label's name
 * @param {(index: number, mark: string) => void} options.onShow go to a mark of an answer
 * @param {(url: string, body: any) => Promise<{thread: any}>} options.send
 */
export function createComments({ comments, answers, nameOf, onShow, send }) {
  const known = comments.map((one) => ({ ...one }));
  const nodes = new Map(); // comment id → its node, kept so that what is being typed stays

  /** The label and place of the mark that a comment is about; "" for the whole task. */
  function aboutOf({ answer, mark }) {
    const found = answers.find((one) => one.id === answer);
    const marks = found ? marksOf(found.answer) : [];
    const at = mark ? marks.findIndex((one) => one.id === mark) : -1;
    if (!mark) return "";
    return at < 0 ? say("a mark that is gone") : say("{label}, {n} of {count}", { label: nameOf(marks[at].label), n: at + 1, count: marks.length });
  }

  function node(one) {
    const index = answers.findIndex((answer) => answer.id === one.answer);
    const about = aboutOf(one);
    const field = element("textarea", { class: "input", rows: "2", maxlength: "2000", "aria-label": say("Answer to the tasker") });
    const fault = element("p", { class: "field__error", role: "alert", hidden: true });
    const button = element("button", { class: "button button--small", type: "button", onclick: () => reply() }, say("Answer"));
    const replies = element("div", { class: "thread" });
    let key = crypto.randomUUID();

    function show() {
      replies.replaceChildren(
        said("thread__first", [index < 0 ? say("An answer that counts no more") : answers[index].name, about].filter(Boolean).join(" · "), one.words),
        ...one.answers.map((each) => said("thread__answer", each.mine ? say("You") : say("In answer"), each.words)),
      );
    }

    async function reply() {
      button.disabled = true;
      fault.hidden = true;
      try {
        const { thread } = await send(one.url, { id: key, words: field.value });
        Object.assign(one, { answers: thread.answers });
        key = crypto.randomUUID();
        field.value = "";
        show();
      } catch (problem) {
        fault.hidden = false;
        fault.textContent = problem.passing ? say("The server did not answer. Your words are still here: send them again.") : problem.message;
      } finally {
        button.disabled = false;
      }
    }

    show();
    const go = index >= 0 && element("button", { class: "button button--small button--quiet", type: "button", onclick: () => onShow(index, one.mark) }, about ? say("Show it") : say("Show the answer"));
    return element("li", { class: "comment" }, replies, fault, element("details", {}, element("summary", { class: "small" }, say("Answer")), field, element("div", { class: "cluster" }, button)), go);
  }

  function said(kind, head, words) {
    return element("div", { class: kind }, element("p", { class: "small muted" }, head), element("p", { class: "thread__words", dir: "auto" }, words));
  }

  return {
    /** How many things were said about a mark of an answer. */
    count: (answer, mark) => known.filter((one) => one.answer === answer && one.mark === mark).length,
    /** @param {HTMLElement} host */
    showIn(host) {
      if (!known.length) return;
      for (const one of known) if (!nodes.has(one.id)) nodes.set(one.id, node(one));
      host.append(
        element(
          "section",
          { class: "panel-part", "aria-labelledby": "taskers-comments" },
          element("h2", { class: "panel-part__title", id: "taskers-comments" }, say("What taskers say")),
          element("ul", { class: "comments" }, ...nodes.values()),
        ),
      );
    },
  };
}
