/** The editor for text tasks: binds the store to the text on the page, the keys and the panel. */
import { element } from "./shared/elements.js";
import { createKeymap } from "./shared/keys.js";
import { labelBindings } from "./shared/keys_of_labels.js";
import { createOffsets } from "./shared/offsets.js";
import { createPalette } from "./shared/palette.js";
import { textBindings } from "./text/bindings.js";
import { createTextStore } from "./text/store.js";
import { createTextOffers } from "./text/offers.js";
import { createWordCursor } from "./text/cursor.js";
import { paragraphRunsLeft } from "./shared/text_direction.js";
import { createHandles } from "./text/handles.js";
import { createSpanList } from "./text/list.js";
import { createLooks, shortly } from "./text/looks.js";
import { createMarking } from "./text/marking.js";
import { createModes } from "./text/modes.js";
import { createTextPage } from "./text/page.js";
import { createPicker } from "./text/picker.js";
import { createPointer } from "./text/pointer.js";
import { keepInSight } from "./text/scroll.js";
import { createRequired } from "./shared/required_attributes.js";
import { createTextSize } from "./shared/text_size.js";
import { say, sayCount } from "./shared/words.js";

/**
 * @param {{stage: HTMLElement, tools: HTMLElement, panel: HTMLElement}} hosts emptied first
 * @param {any} work see image_regions.js
 */
export function createEditor(hosts, work) {
  return new TextEditor(hosts, work);
}

class TextEditor {
  #work;
  #text;
  #offsets;
  #closed = false;
  #drawn = null;
  #seenAs;
  #store;
  #page;
  #marking;
  #copilot;
  #asked = null;
  #required;
  #waits; // whether suggestions wait to be asked for
  #writes = false; // whether a model has words for attributes

  constructor(hosts, work) {
    this.#work = work;
    this.#text = work.task.payload.text;
    this.#waits = work.suggest === "asked";
    this.#offsets = createOffsets(this.#text);
    const taken = work.own("text", [...work.bindings, ...textBindings({ attributes: this.#asksAttributes() })]);
    this.keymap = createKeymap([...taken, ...labelBindings(work.labels, taken, say("Labels"))]);
    this.#required = createRequired({
      marks: () => this.#store.state.spans,
      labelOf: (key) => this.#labelOf(key),
      choose: (id) => (this.#store.select(id), this.#bring()),
      announce: work.announce,
    });
    this.#store = createTextStore({ answer: work.answer, rejected: work.rejected, labelOf: (key) => this.#labelOf(key), onChange: () => this.#refresh() });
    this.#seenAs = createLooks(this.#text, (item) => this.#toUnits(item), { labelOf: (key) => this.#labelOf(key), confidence: work.confidence });
    this.#build(hosts);
    this.#listen();
    this.#refresh();
    this.#copilot = work.join({
      onAnswer: (message) => this.#hear(message),
      onAvailable: (listens, state) => this.#available(listens, state),
    });
    this.#available(this.#copilot.listens);
  }

  #build({ stage, tools, panel }) {
    const { task, labels } = this.#work;
    const keyOf = (label) => this.keymap.shown(`label:${label}`);
    this.#page = createTextPage(this.#text, say("Text of the task. Arrow keys move by words, Shift extends, a label's key marks."));
    const article = element("article", { class: "document" });
    if (task.payload.title) article.append(element("h3", { class: "document__title", dir: "auto" }, task.payload.title));
    article.append(this.#page.host);
    const ways = { act: (action) => this.act(action), keyOf: (action) => this.keymap.shown(action) };
    this.area = element("div", { class: "document-area" }, article);
    tools.replaceChildren();
    panel.replaceChildren();
    stage.replaceChildren(this.area);
    this.offers = createTextOffers(stage, { confidence: this.#work.confidence, ...ways });
    this.handles = createHandles(article, this.#page, this.#text, {
      snapped: (offset, end) => this.#marking.edgeAt(offset, end),
      onMove: (edges) => this.#store.resize(this.#toPoints(edges)),
    });
    this.picker = createPicker(article, labels, { keyOf, onPick: (label) => this.#marking.label(label) });
    this.#marking = createMarking(this.#text, this.#forMarking());
    this.cursor = createWordCursor(this.#page, this.#marking.tokens, () => this.#cursorMoved());
    this.palette = createPalette(panel, labels, { keyOf, onPick: (label) => this.act(`label:${label}`) });
    this.modes = createModes(panel, ways);
    this.size = createTextSize(panel, this.#page.host, { ...ways, announce: this.#work.announce });
    this.list = createSpanList(panel, this.#store, (item) => this.#seenAs(item).row, (id, event) => this.#pressed(id, event));
    this.#buildLists().catch(() => {});
    if (this.#asksAttributes()) this.#buildFields(panel).catch(() => {}); // without a network the work goes on without
  }

  #forMarking() {
    return {
      store: this.#store, page: this.#page, picker: this.picker,
      nameOf: this.#nameOf,
      toPoints: (edges) => this.#toPoints(edges),
      toUnits: (item) => this.#toUnits(item),
      pressed: (id, event) => this.lists?.pressed(id, event) ?? false,
      announce: this.#work.announce,
      onModes: () => this.#showModes(),
      onMarked: () => this.#refresh(),
    };
  }

  #pressed(id, event) {
    if (this.lists?.pressed(id, event)) return;
    this.#store.select(id === this.#store.current ? null : id);
    this.#bring();
  }

  async #buildLists() {
    const { createTextLists } = await import("./text/lists.js");
    if (this.#closed) return;
    const { announce, labels, copilot, confidence } = this.#work;
    let selection = null; // of the text, while the focus is in the search for a label
    this.lists = createTextLists({
      store: this.#store, list: this.list, labels, palette: this.palette, host: this.#page.host, announce,
      scored: Boolean(copilot) && confidence !== "hidden",
      nameOf: this.#nameOf,
      wordsOf: (item) => this.#seenAs(item).row.name,
      keyOf: (action) => this.keymap.shown(action),
      choose: (id) => (this.#store.select(id), this.#bring()),
      changed: () => this.#refresh(),
      act: (action) => this.act(action),
      onOpen: () => (selection = this.#page.selection()),
      focus: () => {
        this.focus();
        if (selection && selection.start < selection.end) this.#page.select(selection.anchor, selection.focus);
        selection = null;
      },
    });
  }

  #asksAttributes() {
    return this.#work.labels.some((label) => label.attributes?.length);
  }

  async #buildFields(panel) {
    const { createAttributeFields } = await import("./shared/attribute_fields.js");
    if (this.#closed) return;
    const words = { there: () => this.#writes, ask: (attribute) => this.#wordsFor(attribute) };
    this.fields = createAttributeFields(panel, { onSet: (key, value) => this.#store.describe(key, value), onDone: () => this.focus(), words });
    this.#showFields();
    this.#required.fieldsCame(this.fields);
  }

  #wordsFor(attribute) {
    const { id: part, label, start, end } = this.#store.item(this.#store.current);
    return this.#copilot.askWords({ part, label, attribute, start, end });
  }

  #listen() {
    const { host } = this.#page;
    this.pointer = createPointer(host, {
      onPress: () => this.picker.hide(),
      onRelease: (event) => this.#marking.picked(event),
      onRest: () => this.#marking.rested(),
    });
    this.resized = new ResizeObserver(() => this.#placeHandles());
    this.resized.observe(host);
  }

  #available(listens, state) {
    this.#writes = listens && Boolean(state?.words);
    this.#showFields();
    if (listens && !this.#waits) this.#ask();
    else this.#showOffers();
  }

  #ask() {
    if (!this.#asked) this.#asked = this.#copilot?.askText() ?? null;
    if (this.#asked) this.#waits = false;
    this.#showOffers();
  }

  #hear(message) {
    if (message.id !== this.#asked) return;
    if (message.type !== "spans") return void (this.#asked = null);
    this.#store.receive(message);
    const count = this.#store.pending().length;
    if (count) this.#work.announce(sayCount(count, "The copilot suggests one span. {accept} accepts, {reject} rejects.", "The copilot suggests {count} spans. {accept} accepts, {reject} rejects.", { accept: this.keymap.shown("accept"), reject: this.keymap.shown("reject") }));
  }

  #toPoints(edges) {
    return Object.fromEntries(Object.entries(edges).map(([end, unit]) => [end, this.#offsets.toCodePoint(unit)]));
  }

  #toUnits({ start, end }) {
    return { start: this.#offsets.toUtf16(start), end: this.#offsets.toUtf16(end) };
  }

  #cursorMoved() {
    const selection = this.#page.selection();
    this.#store.select(null);
    this.picker.hide();
    this.#scrollTo(selection);
    this.#work.announce(shortly(this.#text.slice(selection.start, selection.end)));
  }

  #labelOf(key) {
    return this.#work.labels.find((label) => label.key === key) ?? { name: key, colour: "#868e96" };
  }

  #nameOf = (key) => this.#labelOf(key).name;

  #refresh() {
    if (!this.list) return;
    this.#draw(this.#store.items());
    this.#showOffers();
    this.#showModes();
    this.#showFields();
    this.#placeHandles(); // last: it asks where things are, and so for the layout of all that came before
    this.#work.onChange();
  }

  #placeHandles() {
    const current = this.#store.item(this.#store.current);
    this.handles.show(current ? this.#toUnits(current) : null);
  }

  #showOffers() {
    this.offers.show({ pending: this.#store.pending(), unasked: this.#waits && Boolean(this.#copilot?.listens) });
  }

  /** What nothing has happened to is neither drawn nor built anew: thousands of spans may stand by. */
  #draw(items) {
    const kept = this.#page.selection();
    if (items !== this.#drawn) this.#page.draw(items.map((item) => this.#seenAs(item).mark));
    this.#drawn = items;
    this.#page.sign(this.#store.current);
    this.lists?.show();
    if (kept && kept.start < kept.end && this.#page.selection()?.end !== kept.end) this.#page.select(kept.anchor, kept.focus);
    this.list.show(items, this.#store.current);
  }

  /** What a label would do: rename what is current, or what stays on. */
  #showModes() {
    const { letters, all, sticky } = this.#marking.modes;
    this.palette.mark(this.#store.item(this.#store.current)?.label ?? sticky);
    this.modes.show({ letters, all, sticky: sticky ? this.#nameOf(sticky) : "" });
  }

  #showFields() {
    const current = this.#store.item(this.#store.current);
    const span = current && !current.offer ? current : null;
    this.fields?.show(span, (span && this.#labelOf(span.label).attributes) ?? [], false);
  }

  /** What is current comes in sight, or what undo and redo found changed; of what is gone its place. */
  #bring(item = this.#store.item(this.#store.current)) {
    if (item) this.#scrollTo(this.#toUnits(item));
  }

  #scrollTo({ start, end }) {
    keepInSight(this.area, this.#page.rectsOf(start, end)[0]);
  }

  // --- what the studio asks of an editor -----------------------------------------------------------------------

  #verbs = {
    accept: () => (this.#store.accept() || this.#store.stepToOffer()) && this.#bring(),
    reject: () => (this.#store.reject() ? this.#bring() : this.#isOwn()),
    "accept-all": () => this.#store.acceptAll(),
    "accept-sure": () => this.#acceptSure(),
    ask: () => this.#ask(),
    next: () => this.#store.step(1) && this.#bring(),
    previous: () => this.#store.step(-1) && this.#bring(),
    delete: () => this.#store.remove(),
    "smaller-text": () => this.size.step(-1),
    "larger-text": () => this.size.step(1),
    letters: () => this.#marking.turnLetters(),
    "mark-all": () => this.#marking.everywhere(),
    describe: () => this.fields?.focus(),
    "start-earlier": () => this.#marking.moveEdge("start", -1),
    "start-later": () => this.#marking.moveEdge("start", 1),
    "end-later": () => this.#marking.moveEdge("end", 1),
    "end-earlier": () => this.#marking.moveEdge("end", -1),
    undo: () => this.#bring(this.#store.undo()),
    redo: () => this.#bring(this.#store.redo()),
  };

  /** What is known to be sure, or, where nothing is, that this is so. */
  #acceptSure() {
    const { bands } = this.offers;
    if (bands.length) return this.#store.acceptAll(bands);
    const shown = this.#store.pending().length && this.#work.confidence !== "hidden";
    if (shown) this.#work.announce(say("No suggestion here is known to be sure: look at each."));
  }

  #isOwn() {
    if (this.#store.current) this.#work.announce(say("This is no suggestion. {key} deletes it.", { key: this.keymap.shown("delete") }));
  }

  #arrows = {
    left: () => this.cursor.move(this.#onward(-1)),
    right: () => this.cursor.move(this.#onward(1)),
    up: () => this.cursor.line(-1),
    down: () => this.cursor.line(1),
    "extend-left": () => this.cursor.extend(this.#onward(-1)),
    "extend-right": () => this.cursor.extend(this.#onward(1)),
  };

  /** Left is onward where the paragraph runs from right to left. */
  #onward(by) {
    const at = this.#page.selection()?.focus ?? 0;
    return paragraphRunsLeft(this.#text, at) ? -by : by;
  }

  /** @returns {boolean} whether the action was one of this editor's */
  act(action) {
    if (this.#arrows[action]) {
      if (document.activeElement !== this.#page.host) return false;
      return this.#arrows[action]();
    }
    if (this.lists?.act(action)) return true;
    if (action.startsWith("label:")) this.#marking.label(action.slice(6));
    else if (this.#verbs[action]) this.#verbs[action]();
    else return false;
    return true;
  }

  enter() {
    return false;
  }

  /** Before handing in: the first span that leaves something open which must be filled in. @returns {boolean} whether there is one */
  incomplete() {
    return this.#required.ask();
  }

  escape() {
    this.picker.hide();
    if (this.#marking.one()) return true;
    if (this.#page.selection()) return this.#page.clear(), true;
    return Boolean(this.#store.current) && (this.#store.select(null), true);
  }

  answer() {
    return this.#store.answer();
  }

  selected() {
    return this.#store.current;
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
    return !this.#store.state.spans.length;
  }

  pending() {
    return this.#store.pending().length > 0;
  }

  focus() {
    this.#page.host.focus({ preventScroll: true });
  }

  async ready() {}
  close() {
    this.#closed = true;
    this.#copilot.close();
    this.resized.disconnect();
    this.pointer.close();
  }
}
