/** What the copilot suggests for a classification: beside the choice, and above it with what can be done about it. */
import { sureness } from "../shared/confidence.js";
import { element, icon } from "../shared/elements.js";
import { printed } from "../shared/keys.js";
import { say, sayCount } from "../shared/words.js";

/**
 * @param {HTMLElement} panel that holds the fields (classification/fields.js)
 * @param {{store: any, work: any, keymap: any, current: () => string|null,
 *   focus: (field: string) => void}} ways
 */
export function createClassOffers(panel, { store, work, keymap, current, focus }) {
  const host = element("section", { class: "panel-part asked-offers", "aria-label": say("Copilot"), hidden: true });
  let waits = work.suggest === "asked";
  let unproven = false; // nobody knows yet how good its suggestions are here
  let asked = null;
  let empty = false; // it was asked, and had nothing to say
  let shown = []; // nodes that this put into the fields
  let drawn = "";
  let copilot = null;
  panel.prepend(host);

  function available({ phase, waits: unsure }) {
    if (phase === "ready" && !asked) {
      unproven = unsure;
      waits ||= unsure;
      if (!waits) ask();
    }
    show();
  }

  function ask() {
    asked ??= copilot.askText();
    if (asked) waits = false;
    show();
    return Boolean(asked);
  }

  function hear(message) {
    if (message.id !== asked) return;
    if (message.type !== "classes") {
      asked = null;
      waits = true;
      return show();
    }
    const before = new Set(store.offered().map(({ suggestion }) => suggestion));
    store.receive(message);
    const offers = store.pending().filter(({ suggestion }) => !before.has(suggestion)); // the rest was told already
    empty = !message.more && !store.offered().length;
    show();
    work.announce(offers.length ? told(offers) : empty ? say("The copilot has no suggestion here.") : "");
  }

  function told(offers) {
    const [first] = offers;
    const said = offers.map((offer) => say("{field}: {label}", { field: fieldName(offer), label: words(offer) })).join("; ");
    const keys = { said, accept: keyOf("accept", first), reject: keyOf("reject", first), sure: sure(first) || say("suggested") };
    return sayCount(offers.length, "The copilot suggests {said}, {sure}. {accept} accepts, {reject} rejects.", "The copilot suggests {said}. {accept} accepts, {reject} rejects.", keys);
  }

  const fieldName = ({ field }) => work.fields.find((one) => one.key === field).name;
  const nameOf = (key) => work.labels.find((one) => one.key === key)?.name ?? key;
  const words = ({ value }) => [value].flat().map(nameOf).join(" › ");

  /** Where the model is not known well enough for a score, that is said instead of one. */
  function sure({ score }) {
    if (work.confidence === "hidden") return "";
    return score === null ? say("unsure") : sureness({ score }, work.confidence);
  }

  /** In a tree a letter goes to the label that begins with it, so there it is Shift that makes it a verb. */
  function keyOf(action, offer = null) {
    const { keys } = keymap.bindings.find((one) => one.action === action);
    const trees = work.fields.filter((one) => one.kind === "tree" && (!offer || one.key === offer.field));
    return printed(trees.length ? keys.at(-1) : keys[0]).replace("Shift ", "⇧");
  }

  function pressed(event) {
    const action = event.shiftKey && event.target.role === "tree" && keymap.find(event);
    if (!["accept", "reject", "ask"].includes(action)) return;
    event.preventDefault();
    event.stopPropagation();
    act(action);
  }

  function verb(action, text, offer = null, kind = "") {
    return element("button", { class: `button button--small ${kind}`, type: "button", "data-offer-verb": action }, text, " ", element("kbd", { class: "key" }, keyOf(action, offer)));
  }

  /** What stands there already is left alone: a button that is being pressed must not be swapped for another. */
  function show() {
    const asking = waits && copilot?.listens;
    const pending = new Set(store.pending());
    const offered = store.offered();
    const now = JSON.stringify([asking, empty, offered.map((offer) => [offer.suggestion, pending.has(offer)])]);
    if (now === drawn) return;
    drawn = now;
    for (const node of shown) node.remove();
    shown = [];
    host.hidden = !asking && !empty;
    host.replaceChildren(...(asking ? [verb("ask", say("Show suggestions")), unproven && note(say("The copilot is still unsure in this project."))].filter(Boolean) : [note(say("The copilot has no suggestion here."))]));
    for (const offer of offered) mark(offer, pending.has(offer));
  }

  function note(text) {
    return element("p", { class: "small muted" }, text);
  }

  function mark(offer, waiting) {
    const place = panel.querySelector(`[data-field="${CSS.escape(offer.field)}"]`);
    if (!place) return;
    const option = place.querySelector(`input[value="${CSS.escape(offer.label)}"]`)?.closest(".asked__option");
    if (option) put(option.querySelector(".asked__word"), "after", element("span", { class: "badge badge--info" }, say("Suggested")));
    if (!waiting) return;
    const line = element("p", { class: "asked__offer small" }, icon("spark"), element("span", {}, say("Copilot: {label}", { label: words(offer) })), sure(offer) && element("span", { class: "badge" }, sure(offer)));
    const verbs = element("span", { class: "cluster" }, verb("accept", say("Accept"), offer, "button--primary"), verb("reject", say("Reject"), offer));
    for (const button of verbs.querySelectorAll("button")) button.addEventListener("click", () => act(button.dataset.offerVerb, offer.field) && focus(offer.field));
    line.append(verbs);
    put(place.querySelector(".asked__name"), "after", line);
  }

  function put(beside, where, node) {
    beside[where](node);
    shown.push(node);
  }

  copilot = work.join({ onAnswer: hear, onAvailable: (_listens, state) => available(state) });
  panel.addEventListener("keydown", pressed, true);
  host.addEventListener("click", (event) => event.target.closest("[data-offer-verb=ask]") && ask());

  /** @param {string|null} [field] the field at hand unless one is named @returns {boolean} whether anything was done */
  function act(action, field = current()) {
    if (action === "ask") return ask();
    const offer = action === "accept" ? store.accept(field) : store.reject(field);
    if (!offer) return false;
    const values = { field: fieldName(offer), label: words(offer) };
    work.announce(action === "accept" ? say("{field}: {label}", values) : say("{field}: not {label}", values));
    return true;
  }

  function close() {
    panel.removeEventListener("keydown", pressed, true);
    copilot.close();
  }

  return { show, act, close };
}
