/** Parts of a page that are fetched again every few seconds: whoever is in one of them isn't put out of it. */

const POLLED = '[hx-trigger*="every "]';
const TOKEN = /(csrfmiddlewaretoken" value=|csrf-token" content=|X-CSRFToken": )"\w+"/g; // another one in each reply

/**
 * Whether a part asks no more after this reply.
 * @param {number} status @param {string} text of the reply @param {string} id the part's
 */
export function isLast(status, text, id) {
  if (status === 286) return true;
  const [tag] = text.match(new RegExp(`<[^<>]*\\bid="${id}"[^<>]*>`)) ?? [""];
  return Boolean(tag) && !/hx-trigger="[^"]*every /.test(tag);
}

/** A reply without what differs in each. @param {string} text */
export const plain = (text) => text.replace(TOKEN, "$1");

/** What an element is to the person who is on it: the same in the next reply. @param {any} node */
export function likeness(node) {
  const form = node.closest("form");
  const hidden = Array.from(form?.querySelectorAll("input[type=hidden]:not([name=csrfmiddlewaretoken])") ?? [], ({ name, value }) => [name, value]);
  return JSON.stringify([node.tagName, node.getAttribute("href"), node.name, node.value, form?.getAttribute("action"), hidden, node.textContent.trim()]);
}

/** @param {any} page the document, or a part of it that hears htmx */
export function mind(page) {
  const opened = new WeakSet(); // <details> that the person opened
  const last = new Map(); // a part's id → its last reply
  let focused = null; // [the part's id, the likeness of what the person was on]

  page.addEventListener("click", ({ target }) => {
    const details = target.closest?.("summary")?.parentElement;
    if (details) opened[details.open ? "delete" : "add"](details);
  });

  page.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { elt, target, xhr } = detail;
    if (!detail.shouldSwap || !target?.id || !elt?.matches(POLLED)) return;
    const text = plain(xhr.responseText);
    if (!isLast(xhr.status, text, target.id)) {
      const reading = Array.from(target.querySelectorAll("details[open]")).some((one) => opened.has(one));
      if (reading || last.get(target.id) === text) return void (detail.shouldSwap = false);
    }
    last.set(target.id, text);
    const { activeElement } = document;
    focused = target !== activeElement && target.contains(activeElement) ? [target.id, likeness(activeElement)] : null;
  });

  page.addEventListener("htmx:afterSwap", () => {
    const [id, like] = focused ?? [];
    focused = null;
    const part = id && document.getElementById(id);
    if (!part || part.contains(document.activeElement)) return;
    const same = Array.from(part.querySelectorAll("a, button, summary, input, select, textarea, [tabindex]")).find((one) => likeness(one) === like);
    same?.focus({ preventScroll: true });
  });
}

mind(document);
