/**
 * Everything that can be done to a text task, without a page: the state, its one history, and the verbs.
 * The state is {spans, rejected}. What the copilot offers lies beside it: an offer is pending while it is neither
 * taken, nor rejected, nor said by a span already. Offsets are code points.
 */
import { keepDefaults } from "../shared/defaults.js";
import { createHistory, differing } from "../shared/history.js";
import { asOffered, changed } from "../shared/provenance.js";
import { addSpan, addSpans, changeSpan, describeSpan, relabelSpans, removeSpan, saying } from "./spans.js";
import { say } from "../shared/words.js";

/**
 * @param {object} options
 * @param {{spans: any[]}|null} options.answer
 * @param {{suggestion: string, start: number, end: number, label: string}[]} [options.rejected]
 * @param {(label: string) => any} [options.labelOf] what it asks of its spans
 * @param {() => void} options.onChange
 */
export function createTextStore({ answer, rejected = [], labelOf = () => undefined, onChange }) {
  return new TextStore({ spans: answer?.spans ?? [], rejected }, labelOf, onChange);
}

class TextStore {
  #history;
  #offers = []; // in the order of the text, made once: as long as one waits it is the same item
  #starts = new Set(); // where they begin: marks that begin elsewhere can't say the same
  #scores = new Map(); // of all that were offered
  #current = null;
  #onChange;
  #seen = {}; // what pending() and items() found for a state and its offers: asked for many times between two changes

  constructor(state, labelOf, onChange) {
    this.#onChange = onChange;
    this.#history = keepDefaults(createHistory(state, { onChange: () => this.#settle() }), "spans", labelOf);
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

  /** The copilot's spans have come, each with who offers it. @param {{spans: any[], model: string}} message */
  receive({ spans, model }) {
    this.#offers = spans
      .map((offer) => ({ ...offer, id: offer.suggestion, offer: true, provenance: asOffered(offer.suggestion, offer.model ?? model) }))
      .sort(inOrder);
    this.#scores = new Map(spans.map(({ suggestion, score }) => [suggestion, score ?? null]));
    this.#starts = new Set(spans.map(({ start }) => start));
    if (!this.#current && !this.#history.canUndo) this.#current = this.#offerAtHand() ?? null;
    this.#onChange();
  }

  /** Offers that wait for a word, in the order of the text, as items. */
  pending() {
    return this.#look().pending;
  }

  /** Spans and pending offers in the order of the text; offers carry offer: true and their suggestion as id. */
  items() {
    return this.#look().items;
  }

  item(id) {
    return this.#look().byId.get(id) ?? null;
  }

  #look() {
    const { state } = this;
    if (this.#seen.state === state && this.#seen.offers === this.#offers) return this.#seen;
    const pending = this.#waiting();
    const items = [...state.spans, ...pending].sort(inOrder);
    this.#seen = { state, offers: this.#offers, pending, items, byId: new Map(items.map((item) => [item.id, item])) };
    return this.#seen;
  }

  #waiting() {
    const { spans, rejected } = this.state;
    const taken = new Set([...spans.map((span) => span.provenance.suggestion), ...rejected.map((one) => one.suggestion)]);
    const said = new Set([...spans, ...rejected].filter(({ start }) => this.#starts.has(start)).map(saying));
    return this.#offers.filter((offer) => !taken.has(offer.suggestion) && !said.has(saying(offer)));
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

  /** Mark many stretches alike, in one step; what the copilot offers just so is taken. @returns {number} how many are new */
  markAll(stretches, label) {
    const { spans } = this.state;
    const offered = new Map(this.pending().map((offer) => [saying(offer), offer.provenance]));
    const wanted = stretches.map(({ start, end }) => ({ start, end, label }));
    const next = addSpans(spans, wanted.map((one) => ({ ...one, provenance: offered.get(saying(one)) })));
    if (next !== spans) this.#push({ spans: next }, say("Mark all"));
    return next.length - spans.length;
  }

  /** What a label asks of its spans; letters typed after one another are one step. */
  describe(key, value) {
    const id = this.#current;
    if (!this.state.spans.some((span) => span.id === id)) return false;
    this.#history.push({ ...this.state, spans: describeSpan(this.state.spans, id, key, value) }, say("Attributes"), `describe ${id} ${key}`);
    return true;
  }

  /** Take an offer, as it is or with another label or other edges; the next offer becomes current. */
  accept(id = this.#offerAtHand(), change = {}) {
    const offer = this.pending().find((one) => one.suggestion === id);
    if (!offer) return false;
    const after = this.#nextOffer(offer);
    const wanted = { start: offer.start, end: offer.end, label: offer.label, ...change };
    const asIs = sameMark(wanted, offer);
    const added = addSpan(this.state.spans, { ...wanted, provenance: asIs ? offer.provenance : changed(offer.provenance) });
    this.#current = asIs ? after : added.id;
    return this.#push({ spans: added.spans }, say("Accept"));
  }

  /** Take every offer, or those of these bands, in one step. @param {string[]|null} [bands] */
  acceptAll(bands = null) {
    const offers = this.pending().filter(({ band }) => bands === null || bands.includes(band));
    if (!offers.length) return false;
    this.#current = null;
    return this.#push({ spans: addSpans(this.state.spans, offers) }, say("Accept all"));
  }

  /** The same for an offer that is refused; what came of one is deleted. @returns {boolean} false for a person's own span */
  reject(id = this.#offerAtHand()) {
    const offer = this.pending().find((one) => one.suggestion === id);
    if (!offer && id === undefined && this.#selectedSpan()?.provenance.suggestion) return this.remove();
    if (!offer) return false;
    this.#current = this.#nextOffer(offer);
    return this.#push({ rejected: [...this.state.rejected, plain(offer)] }, say("Reject"));
  }

  /** Delete a span; one that came from the copilot then counts as rejected. */
  remove(id = this.#current) {
    const span = this.state.spans.find((one) => one.id === id);
    if (!span) return this.reject(id);
    const rejected = this.#asRejected([span]);
    return this.#push({ spans: removeSpan(this.state.spans, id), rejected: rejected.length ? [...this.state.rejected, ...rejected] : this.state.rejected }, say("Delete"));
  }

  /** As what each counts that is deleted: nothing where it is a person's own. */
  #asRejected(items) {
    const offers = new Map(this.#offers.map((one) => [one.suggestion, one]));
    return items
      .map((item) => ({ item, suggestion: item.provenance.suggestion }))
      .filter(({ suggestion }) => suggestion)
      .map(({ item, suggestion }) => ({ ...plain(offers.get(suggestion) ?? item), suggestion }));
  }

  /** Several deleted or rejected in one step. @param {Set<string>} ids @returns {number} how many */
  removeMany(ids) {
    const gone = this.items().filter(({ id }) => ids.has(id));
    const { spans, rejected } = this.state;
    this.#current = null;
    if (gone.length) this.#push({ spans: spans.filter(({ id }) => !ids.has(id)), rejected: [...rejected, ...this.#asRejected(gone)] }, say("Delete"));
    return gone.length;
  }

  /** Several under another label in one step; offers among them are taken so. @param {Set<string>} ids @returns {number} how many */
  relabelMany(ids, label) {
    const offers = this.pending().filter(({ id }) => ids.has(id));
    const taken = offers.map((offer) => ({ ...offer, label, provenance: offer.label === label ? offer.provenance : changed(offer.provenance) }));
    this.#push({ spans: addSpans(relabelSpans(this.state.spans, ids, label), taken) }, say("Label"));
    return ids.size;
  }

  /** Of several those that are on offer, taken as they are. @param {Set<string>} ids @returns {number} how many */
  acceptMany(ids) {
    const offers = this.pending().filter(({ id }) => ids.has(id));
    if (offers.length) this.#push({ spans: addSpans(this.state.spans, offers) }, say("Accept"));
    return offers.length;
  }

  /** How sure the copilot was of an offer, or of what came of it; null if nobody knows. */
  scoreOf({ score, provenance }) {
    return score ?? this.#scores.get(provenance.suggestion) ?? null;
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

  /** Another copy of the work in this one's place. */
  take({ spans = [] }, rejected) {
    this.#current = null;
    return this.#push({ spans, rejected }, say("The other copy"));
  }

  /** @returns {{start: number, end: number}|null} what came, changed or went by it */
  undo() {
    return this.#again(() => this.#history.undo());
  }

  redo() {
    return this.#again(() => this.#history.redo());
  }

  #again(verb) {
    const said = ({ spans, rejected }) => [...spans, ...rejected];
    const before = said(this.state);
    return (verb() && differing(before, said(this.state))) || null;
  }

  #selectedSpan() {
    return this.state.spans.find(({ id }) => id === this.#current) ?? null;
  }

  /** The selected offer; with nothing selected the first; none while a span is selected. */
  #offerAtHand() {
    const offers = this.pending();
    if (this.#selectedSpan()) return undefined;
    return (offers.find((one) => one.suggestion === this.#current) ?? offers[0])?.suggestion;
  }

  /** Go on from a span to the next offer, around the end. @returns {boolean} whether there is one */
  stepToOffer() {
    const { start = 0 } = this.#selectedSpan() ?? {};
    const offers = this.pending();
    const next = offers.find((offer) => offer.start >= start) ?? offers[0];
    if (next) this.select(next.id);
    return Boolean(next);
  }

  #nextOffer(offer) {
    const offers = this.pending();
    const at = offers.findIndex((one) => one.suggestion === offer.suggestion);
    return (offers[at + 1] ?? (at > 0 ? offers[0] : undefined))?.suggestion ?? null;
  }
}

function inOrder(a, b) {
  return a.start - b.start || b.end - a.end;
}

function sameMark(a, b) {
  return a.start === b.start && a.end === b.end && a.label === b.label;
}

function plain({ suggestion, start, end, label }) {
  return { suggestion, start, end, label };
}
