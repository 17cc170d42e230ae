/**
 * Everything that can be done to a text task, without a page: the state, its one history, and the verbs.
 * The state is {spans, refused}. What the copilot offers lies beside it: an offer is pending while it is neither
 * taken, nor refused, nor said by a span already. Offsets are code points.
 */
import { createHistory } from "./history.js";
import { asOffered, changed } from "./provenance.js";
import { addSpan, changeSpan, removeSpan, twinOf } from "./spans.js";
import { say } from "./words.js";

/**
 * @param {object} options
 * @param {{spans: object[]}|null} options.answer
 * @param {{suggestion: string, start: number, end: number, label: string}[]} [options.refused]
 * @param {() => void} options.onChange
 */
export function createTextDesk({ answer, refused = [], onChange }) {
  return new TextDesk({ spans: answer?.spans ?? [], refused }, onChange);
}

class TextDesk {
  #history;
  #offers = [];
  #model = null;
  #current = null;
  #onChange;

  constructor(state, onChange) {
    this.#onChange = onChange;
    this.#history = createHistory(state, { onChange: () => this.#settle() });
  }

  get history() {
    return this.#history;
  }

  get state() {
    return this.#history.present;
  }

  /** Id of the span or offer that keys act on, or null. */
  get current() {
    return this.#current;
  }

  answer() {
    return { spans: this.state.spans };
  }

  #settle() {
    if (this.#current && !this.item(this.#current)) this.#current = null;
    this.#onChange();
  }

  #push(next, name) {
    this.#history.push({ ...this.state, ...next }, name);
    return true;
  }

  /** The copilot's spans have come. @param {{spans: object[], model: string}} message */
  receive({ spans, model }) {
    this.#offers = spans;
    this.#model = model;
    if (!this.#current && !this.#history.canUndo) this.#current = this.#firstOffer() ?? null;
    this.#onChange();
  }

  /** Offers that wait for a word, in the order of the text. */
  pending() {
    const { spans, refused } = this.state;
    const taken = new Set(spans.map((span) => span.provenance.suggestion));
    const gone = (offer) => refused.some((one) => one.suggestion === offer.suggestion || sameMark(one, offer));
    return this.#offers
      .filter((offer) => !taken.has(offer.suggestion) && !gone(offer) && !twinOf(spans, offer))
      .sort((a, b) => a.start - b.start || b.end - a.end);
  }

  /** Spans and pending offers in the order of the text; offers carry offer: true and their suggestion as id. */
  items() {
    const offers = this.pending().map((offer) => ({
      ...offer,
      id: offer.suggestion,
      offer: true,
      provenance: asOffered(offer.suggestion, this.#model),
    }));
    return [...this.state.spans, ...offers].sort((a, b) => a.start - b.start || b.end - a.end);
  }

  item(id) {
    return this.items().find((one) => one.id === id) ?? null;
  }

  select(id) {
    if (id === this.#current) return;
    this.#current = id;
    this.#onChange();
  }

  /** The item after or before the current one, around the ends. */
  step(by) {
    const items = this.items();
    if (!items.length) return false;
    const at = items.findIndex((one) => one.id === this.#current);
    const next = at < 0 ? (by > 0 ? 0 : items.length - 1) : (at + by + items.length) % items.length;
    this.select(items[next].id);
    return true;
  }

  /** Mark words by hand. @returns {boolean} false when they are marked so already */
  mark(start, end, label) {
    const { spans, id } = addSpan(this.state.spans, { start, end, label });
    this.#current = id;
    if (spans === this.state.spans) return this.#onChange(), false;
    return this.#push({ spans }, say("Mark"));
  }

  /** Take an offer, as it is or with another label or other edges; the next offer becomes current. */
  accept(id = this.#firstOffer(), change = {}) {
    const offer = this.pending().find((one) => one.suggestion === id);
    if (!offer) return false;
    const after = this.#nextOffer(offer);
    const wanted = { start: offer.start, end: offer.end, label: offer.label, ...change };
    const asIs = sameMark(wanted, offer);
    const provenance = asOffered(offer.suggestion, this.#model);
    const added = addSpan(this.state.spans, { ...wanted, provenance: asIs ? provenance : changed(provenance) });
    this.#current = asIs ? after : added.id;
    return this.#push({ spans: added.spans }, say("Accept"));
  }

  acceptAll() {
    const offers = this.pending();
    if (!offers.length) return false;
    let { spans } = this.state;
    for (const { start, end, label, suggestion } of offers) {
      ({ spans } = addSpan(spans, { start, end, label, provenance: asOffered(suggestion, this.#model) }));
    }
    this.#current = null;
    return this.#push({ spans }, say("Accept all"));
  }

  refuse(id = this.#firstOffer()) {
    const offer = this.pending().find((one) => one.suggestion === id);
    if (!offer) return false;
    this.#current = this.#nextOffer(offer);
    return this.#push({ refused: [...this.state.refused, plain(offer)] }, say("Refuse"));
  }

  /** Delete a span; one that came from the copilot then counts as refused. */
  remove(id = this.#current) {
    const span = this.state.spans.find((one) => one.id === id);
    if (!span) return this.refuse(id);
    const { suggestion } = span.provenance;
    const offer = suggestion && (this.#offers.find((one) => one.suggestion === suggestion) ?? span);
    const refused = offer ? [...this.state.refused, { ...plain(offer), suggestion }] : this.state.refused;
    return this.#push({ spans: removeSpan(this.state.spans, id), refused }, say("Delete"));
  }

  /** Another label for what is current. @returns {boolean} false when nothing is */
  relabel(label) {
    return this.#change({ label }, say("Label"));
  }

  /** Other edges for what is current. @param {{start?: number, end?: number}} edges */
  resize(edges) {
    return this.#change(edges, say("Edges"));
  }

  #change(change, name) {
    const item = this.item(this.#current);
    if (!item) return false;
    if (item.offer) return this.accept(item.id, change);
    const spans = changeSpan(this.state.spans, item.id, change);
    return spans === this.state.spans ? true : this.#push({ spans }, name);
  }

  #firstOffer() {
    const offers = this.pending();
    return (offers.find((one) => one.suggestion === this.#current) ?? offers[0])?.suggestion;
  }

  #nextOffer(offer) {
    const offers = this.pending();
    const at = offers.findIndex((one) => one.suggestion === offer.suggestion);
    return (offers[at + 1] ?? (at > 0 ? offers[0] : undefined))?.suggestion ?? null;
  }
}

function sameMark(a, b) {
  return a.start === b.start && a.end === b.end && a.label === b.label;
}

function plain({ suggestion, start, end, label }) {
  return { suggestion, start, end, label };
}
