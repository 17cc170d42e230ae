/** The editor for classifications: what is to be judged on the stage, the fields in the panel, one key per choice. */
import { CHOICES, labelsOf } from "./classification/asked_fields.js";
import { choiceBindings, classificationBindings, offerBindings } from "./classification/bindings.js";
import { createClassificationStore } from "./classification/store.js";
import { createFieldForm } from "./classification/fields.js";
import { element } from "./shared/elements.js";
import { createKeymap } from "./shared/keys.js";
import { createSubject } from "./shared/subject.js";
import { createTextSize } from "./shared/text_size.js";
import { say } from "./shared/words.js";

/**
 * @param {{stage: HTMLElement, tools: HTMLElement, panel: HTMLElement}} hosts emptied first
 * @param {any} work see image_regions.js; with `fields` of the project, and `submit` where choosing may hand in
 */
export function createEditor(hosts, work) {
  return createFieldsEditor(hosts, work, {
    table: "classification",
    bindings: classificationBindings(Boolean(work.task.image)),
    choices: choiceBindings,
    createSubject,
    keyOf: (label) => `label:${label}`,
  });
}

/**
 * The same editor for another thing to judge.
 * @param {{stage: HTMLElement, tools: HTMLElement, panel: HTMLElement}} hosts @param {any} work
 * @param {{table: string, bindings: any[], choices: typeof choiceBindings, createSubject: typeof createSubject,
 *   keyOf: (label: string) => string, verbs?: Record<string, string>, beside?: any}} way its table of keys, and what
 *   chooses labels besides their own keys; how the thing is shown, which action chooses a label, the labels that other
 *   actions choose, and what an answer says besides its fields
 */
export function createFieldsEditor(hosts, work, way) {
  return new FieldsEditor(hosts, work, way);
}

class FieldsEditor {
  #work;
  #way;
  #fields;
  #store;
  #subject;
  #form;
  #size = null; // of what is read, where that is all there is to look at
  #current;
  #told = false; // whether the faults were asked to be shown
  #offers = null; // what the copilot suggests, once its part of the page is here
  #closed = false;

  constructor(hosts, work, way) {
    this.#work = work;
    this.#way = way;
    this.#fields = work.fields;
    const base = [...work.bindings, ...way.bindings];
    const helped = work.copilot && !work.task.image;
    const offers = helped ? offerBindings([...base, ...way.choices(work.labels, base)]) : [];
    const taken = work.own(way.table, [...base, ...offers]);
    this.keymap = createKeymap([...taken, ...way.choices(work.labels, taken)]);
    this.#store = createClassificationStore({ fields: this.#fields, labels: work.labels, payload: work.task.payload, answer: work.answer, rejected: work.rejected, onChange: () => this.#refresh() });
    this.#build(hosts);
    this.#current = (this.#store.faults()[0] ?? this.#store.shown()[0])?.key ?? null;
    this.#refresh();
    if (helped) this.#joinCopilot(hosts.panel).catch(() => {}); // without a network the work goes on without
  }

  async #joinCopilot(panel) {
    const { createClassOffers } = await import("./classification/class_offers.js");
    if (this.#closed) return;
    this.#offers = createClassOffers(panel, { store: this.#store, work: this.#work, keymap: this.keymap, current: () => this.#current, focus: (field) => this.#form.focus(field) });
  }

  #build({ stage, tools, panel }) {
    const { task, labels, submit, announce } = this.#work;
    const keyOf = (action) => this.keymap.shown(action);
    panel.replaceChildren();
    this.#subject = this.#way.createSubject({ stage, tools, task, keyOf, choose: (label) => this.#byKey(label) });
    this.#form = createFieldForm(panel, {
      fields: this.#fields,
      labels,
      keyOf: (label) => keyOf(this.#way.keyOf(label)),
      onChoose: (field, label, byHand) => this.#choose(field, label, byHand),
      onType: (field, value) => this.#store.type(field.key, value),
      onRest: () => this.#store.rest(),
      onEnter: () => this.#work.submit?.(),
    });
    panel.addEventListener("focusin", (this.follow = ({ target }) => this.#goTo(this.#form.fieldOf(target) ?? this.#current)));
    this.panel = panel;
    const { text } = this.#subject;
    if (text) this.#size = createTextSize(panel, text, { act: (action) => this.act(action), keyOf, announce, actions: ["further", "closer"] });
    if (submit && this.#onlyOne()) panel.append(this.#preference());
  }

  #preference() {
    const { choices, choose } = this.#work;
    const box = element("input", { type: "checkbox", checked: choices.submit_on_choice, onchange: () => choose("submit_on_choice", box.checked) });
    return element("div", { class: "panel-part" }, element("label", { class: "choice small" }, box, element("span", {}, say("Submit as soon as I press a choice's key"))));
  }

  /** One choice is all that is asked. */
  #onlyOne() {
    return this.#fields.length === 1 && this.#fields[0].kind === "choice";
  }

  // --- choosing ---------------------------------------------------------------------------------------------

  #choose(field, label, byHand) {
    this.#current = field.key;
    this.#store.choose(field, label);
    const { name } = this.#work.labels.find((one) => one.key === label);
    const value = this.#store.values[field.key];
    const on = value !== undefined && [value].flat().includes(label);
    this.#work.announce(on ? say("{field}: {label}", { field: field.name, label: name }) : say("{field}: not {label}", { field: field.name, label: name }));
    this.#refresh();
    if (byHand && on && this.#onlyOne() && this.#work.choices?.submit_on_choice) this.#work.submit?.();
  }

  #byKey(label) {
    const shown = this.#store.shown();
    const field = shown.find((one) => CHOICES.includes(one.kind) && labelsOf(one, this.#fields, this.#work.labels).some((known) => known.key === label));
    if (field) this.#choose(field, label, true);
  }

  #byDigit(digit) {
    const shown = this.#store.shown().filter((one) => ["choice", "multiple"].includes(one.kind));
    const field = shown.find((one) => one.key === this.#current) ?? shown.find((one) => this.#store.values[one.key] === undefined) ?? shown[0];
    const label = field && labelsOf(field, this.#fields, this.#work.labels)[digit - 1];
    if (!label) return;
    this.#choose(field, label.key, true);
    if (field.kind === "choice") this.#stepToOpen(field);
  }

  /** The next digit is for the next field that is open and takes one; with none left, for this one again. */
  #stepToOpen(field) {
    const shown = this.#store.shown();
    const after = [...shown.slice(shown.indexOf(field) + 1), ...shown.slice(0, shown.indexOf(field))];
    const next = after.find(({ key, kind }) => ["choice", "multiple"].includes(kind) && this.#store.values[key] === undefined);
    if (!next) return;
    this.#goTo(next.key);
    this.#form.focus(next.key);
  }

  #goTo(key) {
    if (!key || key === this.#current) return;
    this.#current = key;
    this.#refresh();
  }

  /** The field that undo or redo changed comes in sight, under the keys. */
  #bring(key) {
    this.#goTo(key);
    if (key) this.#form.bring(key);
  }

  #step(by) {
    const shown = this.#store.shown().map((field) => field.key);
    const at = shown.indexOf(this.#current);
    this.#goTo(shown[(at + by + shown.length) % shown.length]);
    this.#form.focus(this.#current);
  }

  #refresh() {
    if (!this.#form) return;
    const shown = this.#store.shown();
    if (!shown.some((field) => field.key === this.#current)) this.#current = shown[0]?.key ?? null;
    const faults = this.#told ? this.#store.faults().map((field) => field.key) : [];
    this.#offers?.show();
    this.#subject.show?.(this.#store.values);
    this.#form.show({ shown, values: this.#store.values, proposed: this.#store.proposed, current: this.#current, faults });
    this.#work.onChange();
  }

  #zoom(by) {
    if (this.#size) this.#size.step(by);
    else this.#subject.zoom(by > 0 ? 1.3 : 1 / 1.3);
  }

  // --- what the studio asks of an editor -----------------------------------------------------------------------

  #verbs = {
    "next-field": () => this.#step(1),
    "previous-field": () => this.#step(-1),
    "clear-field": () => this.#current && this.#store.set(this.#current, undefined),
    "find-label": () => this.#form.search(this.#current) && this.#work.announce(say("Type the beginning of a name.")),
    "hand-in": () => this.#work.submit?.(),
    accept: () => this.#offers?.act("accept"),
    reject: () => this.#offers?.act("reject"),
    ask: () => this.#offers?.act("ask"),
    closer: () => this.#zoom(1),
    further: () => this.#zoom(-1),
    fit: () => this.#subject.fit(),
    undo: () => this.#bring(this.#store.undo()),
    redo: () => this.#bring(this.#store.redo()),
  };

  /** @returns {boolean} whether the action was one of this editor's */
  act(action) {
    if (action.startsWith("label:")) this.#byKey(action.slice(6));
    else if (action.startsWith("digit:")) this.#byDigit(Number(action.slice(6)));
    else if (this.#way.verbs?.[action]) this.#byKey(this.#way.verbs[action]);
    else if (this.#verbs[action]) this.#verbs[action]();
    else return false;
    return true;
  }

  /** Before handing in: what is open or wrong is shown, and takes the focus. @returns {boolean} whether it is */
  enter() {
    const faults = this.#store.faults();
    if (!faults.length) return false;
    this.#told = true;
    this.#current = faults[0].key;
    this.#refresh();
    this.#form.focus(this.#current);
    this.#form.bring(this.#current); // what is wrong with it stands under it
    this.#work.announce(say("Still open: {fields}", { fields: faults.map((field) => field.name).join(", ") }));
    return true;
  }

  incomplete() {
    return this.enter();
  }

  escape() {
    if (!document.activeElement?.closest?.(".asked")) return false;
    this.#subject.focus();
    return true;
  }

  answer() {
    return { ...this.#store.answer(), ...this.#way.beside };
  }

  /** Another copy of the work in this one's place; undo brings this one back. */
  take(answer, rejected) {
    this.#store.take(answer, rejected);
  }

  rejected() {
    return this.#store.state.rejected;
  }

  get history() {
    return this.#store.history;
  }

  isEmpty() {
    return !this.#store.answer().fields.length;
  }

  /** Nothing but what was proposed is in it. */
  untouched() {
    return !this.#work.answer && !this.#store.history.canUndo;
  }

  pending() {
    return this.#store.pending().length > 0;
  }

  focus() {
    this.#form.focus(this.#current);
  }

  ready() {
    return this.#subject.ready();
  }

  close() {
    this.#closed = true;
    this.#offers?.close();
    this.panel.removeEventListener("focusin", this.follow);
    this.#subject.close();
  }
}

