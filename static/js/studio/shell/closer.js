/** One image of a grid, looked at closer: it lies before the others, which nobody reaches meanwhile. */
import { byId, element } from "../shared/elements.js";
import { createSubject } from "../shared/subject.js";

/** @param {HTMLElement} behind the others @param {() => void} onLost the image can't be shown */
export function createCloser(behind, onLost) {
  const host = element("div", { class: "closer", hidden: true });
  let subject = null;
  let words = null;

  function close() {
    subject?.close();
    byId("tools").replaceChildren();
  }

  return {
    host,

    get open() {
      return Boolean(subject);
    },

    /** @param {any} task what is looked at, in place of what was @param {string} said of it */
    look(task, said) {
      subject?.close();
      host.hidden = false;
      behind.inert = true;
      const stage = element("div", { class: "closer__subject" });
      words = element("p", { class: "closer__words" }, said);
      host.replaceChildren(stage, words);
      subject = createSubject({ stage, tools: byId("tools"), task, keyOf: () => "" });
      subject.ready().catch(onLost);
      subject.focus();
    },

    /** @param {string} said of the same */
    tell(said) {
      if (subject) words.textContent = said;
    },

    back() {
      close();
      subject = null;
      host.hidden = true;
      host.replaceChildren();
      behind.inert = false;
    },

    close,
  };
}
