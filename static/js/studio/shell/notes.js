/** Short notes above the work: what happened, and what can be done about it. They never cover the task. */
import { element } from "../shared/elements.js";
import { say } from "../shared/words.js";

/** @param {HTMLElement} host a live region */
export function createNotes(host) {
  const shown = new Map();

  function clear(key) {
    shown.get(key)?.remove();
    shown.delete(key);
  }

  return {
    /**
     * @param {string} key a second note with the same key takes the first one's place
     * @param {{kind: "warn"|"bad"|"good"|"info", text: string, verb?: string, onVerb?: () => void, otherVerb?: string, onOtherVerb?: () => void}} note
     */
    show(key, { kind, text, verb, onVerb, otherVerb, onOtherVerb }) {
      clear(key);
      const close = () => clear(key);
      const button = (words, act) => words && element("button", { class: "button button--small", type: "button", onclick: () => (close(), act()) }, words);
      const dismiss = element("button", { class: "button button--small button--quiet", type: "button", onclick: close }, say("Dismiss"));
      const note = element("div", { class: `notice notice--${kind} note` }, element("span", {}, text), element("span", { class: "cluster" }, button(verb, onVerb), button(otherVerb, onOtherVerb), dismiss));
      shown.set(key, note);
      host.append(note);
    },
    clear,
    clearAll() {
      for (const key of [...shown.keys()]) clear(key);
    },
  };
}
