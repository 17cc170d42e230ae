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
     * @param {{kind: "warn"|"bad"|"good"|"info", text: string, verb?: string, onVerb?: () => void}} note
     */
    show(key, { kind, text, verb, onVerb }) {
      clear(key);
      const close = () => clear(key);
      const act = verb && element("button", { class: "button button--small", type: "button", onclick: () => (close(), onVerb()) }, verb);
      const dismiss = element("button", { class: "button button--small button--quiet", type: "button", onclick: close }, say("Dismiss"));
      const note = element("div", { class: `notice notice--${kind} note` }, element("span", {}, text), element("span", { class: "cluster" }, act, dismiss));
      shown.set(key, note);
      host.append(note);
    },
    clear,
    clearAll() {
      for (const key of [...shown.keys()]) clear(key);
    },
  };
}
