/**
 * Everything that can be done to a classification, without a page: what is filled in, its one history, the verbs.
 * The state is {values, taken, rejected}; what is proposed and kept counts as the suggestion's, what is changed as edited.
 * What the copilot offers lies beside it: an offer waits while its field is shown and open. To fill that in as it was
 * offered takes it, to fill it in otherwise rejects it; what was taken and then changed is edited.
 */
import { pathTo, proposedValues, same, shownFields, takes } from "./asked_fields.js";
import { createHistory, differing } from "../shared/history.js";
import { asOffered, changed } from "../shared/provenance.js";
import { say } from "../shared/words.js";

/**
 * @param {{fields: any[], labels: any[], payload: any, answer: {fields: any[]}|null,
 *   rejected?: any[], onChange?: () => void}} options
 */
export function createClassificationStore(options) {
  return new ClassificationStore(options);
}

class ClassificationStore {
  #fields;
  #labels;
  #proposed;
  #onChange;
  #history;
  #typing = null; // the field whose words are being typed: they are one step together
  #written = { state: null, parts: [] };
  #offers = [];

  constructor({ fields, labels, payload, answer, rejected = [], onChange = () => {} }) {
    this.#fields = fields;
    this.#labels = labels;
    this.#proposed = proposedValues(payload, fields, labels);
    this.#onChange = onChange;
    const values = answer ? this.#read(answer) : this.#proposed;
    this.#history = createHistory({ values, taken: takenIn(answer), rejected }, { onChange });
  }

  /** A draft may be of earlier fields: what they don't take any more is left out. */
  #read(answer) {
    const given = Object.fromEntries((answer.fields ?? []).map((part) => [part.field, part.value]));
    const taken = this.#fields.filter((field) => given[field.key] !== undefined && (field.kind === "text" || takes(field, given[field.key], this.#fields, this.#labels)));
    return Object.fromEntries(taken.map((field) => [field.key, given[field.key]]));
  }

  get history() {
    return this.#history;
  }

  get state() {
    return this.#history.present;
  }

  get values() {
    return this.state.values;
  }

  get proposed() {
    return this.#proposed;
  }

  /** The fields to be filled in as things stand. */
  shown() {
    return shownFields(this.#fields, this.values);
  }

  /** Another copy of the work in this one's place. */
  take(answer, rejected) {
    return this.#push({ values: this.#read(answer), taken: takenIn(answer), rejected }, say("The other copy"));
  }

  #push(more, name, typing = null) {
    const next = { ...this.state, ...more };
    if (typing && typing === this.#typing) this.#history.amend(next);
    else this.#history.push(next, name);
    this.#typing = typing;
    return true;
  }

  /** Fill a field in; undefined empties it. @returns {boolean} whether anything changed */
  set(key, value) {
    if (same(this.values[key], value)) return false;
    return this.#push(this.#with(key, value), say("Answer"));
  }

  /** The same while somebody types: one step of the history, however many letters. */
  type(key, value) {
    if (same(this.values[key], value)) return false;
    return this.#push(this.#with(key, value), say("Typing"), key);
  }

  /** Nothing is being typed any more. */
  rest() {
    this.#typing = null;
  }

  #with(key, value) {
    const values = value === undefined ? without(this.values, key) : { ...this.values, [key]: value };
    return { values, ...this.#outcome(key, value) };
  }

  /** What becomes of a field's offer when the field is filled in so, or emptied. */
  #outcome(key, value) {
    const { taken, rejected } = this.state;
    const offer = this.#offers.find((one) => one.field === key) ?? taken[key];
    if (!offer) return {};
    const others = rejected.filter((one) => one.suggestion !== offer.suggestion);
    if (value !== undefined && same(value, offer.value)) return { taken: { ...taken, [key]: offer }, rejected: others };
    if (value === undefined && !taken[key]) return {};
    if (value !== undefined && (taken[key] || others.length < rejected.length)) return {};
    return { taken: without(taken, key), rejected: [...others, plain(offer)] };
  }

  // --- what the copilot offers ------------------------------------------------------------------------------

  /** The copilot's labels have come. @param {{classes: any[], model: string}} message */
  receive({ classes, model }) {
    const made = classes.map((one) => ({ ...one, model: one.model || model, value: this.#valueOf(one) }));
    this.#offers = made.filter(({ field, value }) => value !== undefined && this.#proposed[field] === undefined);
    this.#onChange();
  }

  #valueOf({ field, label }) {
    const asked = this.#fields.find((one) => one.key === field);
    const value = asked?.kind === "tree" ? pathTo(label, this.#labels) : label;
    return asked && takes(asked, value, this.#fields, this.#labels) ? value : undefined;
  }

  /** Offers that wait for a word, in the order of the fields. */
  pending() {
    const open = this.shown().filter(({ key }) => this.values[key] === undefined);
    return open.flatMap(({ key }) => this.offered().filter((one) => one.field === key));
  }

  /** All that is offered and not rejected. */
  offered() {
    const gone = new Set(this.state.rejected.map((one) => one.suggestion));
    return this.#offers.filter((one) => !gone.has(one.suggestion));
  }

  /** Take the offer for a field, or the first that waits. @returns {any|null} what was taken */
  accept(key = null) {
    const offer = this.#waiting(key);
    if (!offer) return null;
    this.#push(this.#with(offer.field, offer.value), say("Accept"));
    return offer;
  }

  /** @returns {any|null} what was rejected */
  reject(key = null) {
    const offer = this.#waiting(key);
    if (!offer) return null;
    this.#push({ rejected: [...this.state.rejected, plain(offer)] }, say("Reject"));
    return offer;
  }

  #waiting(key) {
    const offers = this.pending();
    return offers.find((one) => one.field === key) ?? offers[0];
  }

  // --- choosing ---------------------------------------------------------------------------------------------

  /** Choose a label in its field: an option goes on or off, a step of a tree brings the path to it. */
  choose(field, label) {
    if (field.kind === "choice") return this.set(field.key, label);
    if (field.kind === "tree") return this.set(field.key, pathTo(label, this.#labels));
    const before = this.values[field.key] ?? [];
    const after = before.includes(label) ? before.filter((one) => one !== label) : [...before, label].sort();
    return this.set(field.key, after.length ? after : undefined);
  }

  /** @returns {string|null} the field that it changed, of those that are shown then */
  undo() {
    return this.#again(() => this.#history.undo());
  }

  redo() {
    return this.#again(() => this.#history.redo());
  }

  #again(verb) {
    const { values, rejected } = this.state;
    this.#typing = null;
    if (!verb()) return null;
    const about = differing(rejected, this.state.rejected)?.field;
    return this.shown().find(({ key }) => this.values[key] !== values[key] || key === about)?.key ?? null;
  }

  /** Shown fields that can't be handed in so: required and open, or filled in with what they don't take. */
  faults() {
    return this.shown().filter((field) => {
      const value = this.values[field.key];
      return value === undefined ? field.required : !takes(field, value, this.#fields, this.#labels);
    });
  }

  /** The answer as it is handed in; the same list as long as nothing changes. */
  answer() {
    if (this.#written.state !== this.state) this.#written = { state: this.state, parts: this.#parts() };
    return { fields: this.#written.parts };
  }

  #parts() {
    const filled = this.shown().filter((field) => this.values[field.key] !== undefined);
    return filled.map(({ key, kind }) => ({ field: key, kind, value: this.values[key], provenance: this.#origin(key) }));
  }

  #origin(key) {
    const offer = this.state.taken[key];
    if (!offer) return { source: this.#source(key), suggestion: null, model: null };
    const whole = asOffered(offer.suggestion, offer.model);
    return same(offer.value, this.values[key]) ? whole : changed(whole);
  }

  #source(key) {
    if (this.#proposed[key] === undefined) return "human";
    return same(this.#proposed[key], this.values[key]) ? "suggestion" : "edited";
  }
}

/** What a draft says was taken; of what was changed since only that it was. */
function takenIn(answer) {
  const parts = (answer?.fields ?? []).filter(({ provenance }) => provenance?.suggestion);
  const offer = ({ value, provenance: { source, suggestion, model } }) => ({ suggestion, model, value: source === "suggestion" ? value : null });
  return Object.fromEntries(parts.map((part) => [part.field, offer(part)]));
}

function without(all, key) {
  const { [key]: _gone, ...others } = all;
  return others;
}

function plain({ suggestion, field, label }) {
  return { suggestion, field, label };
}
