/** The room for text tasks: binds the desk to the text on the page, the keys and the panel. */
import { element } from "./elements.js";
import { createKeymap } from "./keys.js";
import { labelBindings } from "./keys_of_labels.js";
import { createMarkList } from "./mark_list.js";
import { createOffsets } from "./offsets.js";
import { createPalette } from "./palette.js";
import { textBindings } from "./text_bindings.js";
import { createTextDesk } from "./text_desk.js";
import { createWordCursor } from "./text_cursor.js";
import { createHandles } from "./text_handles.js";
import { createTextPage } from "./text_page.js";
import { createPicker } from "./text_picker.js";
import { snap, tokenAt, tokensOf } from "./tokens.js";
import { say, sayCount } from "./words.js";

/**
 * @param {{stage: HTMLElement, tools: HTMLElement, panel: HTMLElement}} hosts emptied first
 * @param {object} work see image_regions.js
 */
export function createRoom(hosts, work) {
  return new TextRoom(hosts, work);
}

class TextRoom {
  #work;
  #text;
  #offsets;
  #tokens;
  #desk;
  #page;
  #copilot;
  #sticky = null;
  #asked = null;

  constructor(hosts, work) {
    this.#work = work;
    this.#text = work.task.payload.text;
    this.#offsets = createOffsets(this.#text);
    this.#tokens = tokensOf(this.#text);
    const own = textBindings();
    this.keymap = createKeymap([...work.bindings, ...own, ...labelBindings(work.labels, [...work.bindings, ...own], say("Labels"))]);
    this.#desk = createTextDesk({ answer: work.answer, refused: work.refused, onChange: () => this.#refresh() });
    this.#build(hosts);
    this.#listen();
    this.#refresh();
    this.#copilot = work.join({
      onAnswer: (message) => this.#hear(message),
      onAvailable: (listens) => listens && this.#ask(),
    });
    this.#ask();
  }

  // --- building ---------------------------------------------------------------------------------------------

  #build({ stage, tools, panel }) {
    const { task, labels } = this.#work;
    const keyOf = (label) => this.keymap.shown(`label:${label}`);
    this.#page = createTextPage(this.#text, say("Text of the task. Arrow keys move by words, Shift extends, a label's key marks."));
    const sheet = element("article", { class: "sheet" });
    if (task.payload.title) sheet.append(element("h3", { class: "sheet__title" }, task.payload.title));
    sheet.append(this.#page.host);
    this.offerBar = element("div", { class: "offer offer--text", hidden: true });
    this.desktop = element("div", { class: "desktop" }, sheet);
    tools.replaceChildren();
    panel.replaceChildren();
    stage.replaceChildren(this.desktop, this.offerBar);
    this.handles = createHandles(sheet, this.#page, {
      snapped: (offset, end) => this.#wordEdge(offset, end),
      onMove: (edges) => this.#desk.resize(this.#toPoints(edges)),
    });
    this.cursor = createWordCursor(this.#page, this.#tokens, () => this.#cursorMoved());
    this.picker = createPicker(sheet, labels, { keyOf, onPick: (label) => this.#label(label) });
    this.palette = createPalette(panel, labels, { keyOf, onPick: (label) => this.#label(label) });
    this.list = this.#makeList(panel);
  }

  #makeList(panel) {
    const isOffer = (item) => item.offer;
    return createMarkList(panel, {
      title: say("Spans"),
      empty: say("Nothing is marked yet. Select words, then press a label's key."),
      verbs: [
        { name: "accept", only: isOffer, icon: () => "check", text: () => say("Accept") },
        { name: "refuse", only: isOffer, icon: () => "cross", text: () => say("Refuse") },
        { name: "delete", only: (item) => !item.offer, icon: () => "bin", text: () => say("Delete") },
      ],
      onVerb: (name, id) => {
        if (name === "select") this.#show(id === this.#desk.current ? null : id);
        else if (name === "delete") this.#desk.remove(id);
        else this.#desk[name](id);
      },
    });
  }

  #listen() {
    const { host } = this.#page;
    let pressed = false;
    let touched = null;
    host.addEventListener("pointerdown", () => {
      pressed = true;
      this.picker.hide();
    });
    // The button may be let go beside the text.
    this.released = (event) => {
      if (pressed) setTimeout(() => this.#picked(event), 0);
      pressed = false;
    };
    // A finger selects by holding: there is no release, the selection just comes to rest.
    this.rested = () => {
      clearTimeout(touched);
      if (pressed || !matchMedia("(pointer: coarse)").matches) return;
      touched = setTimeout(() => this.#page.selection() && this.#offerLabels(), 500);
    };
    host.addEventListener("pointercancel", () => (pressed = false));
    document.addEventListener("pointerup", this.released);
    document.addEventListener("selectionchange", this.rested);
    this.resized = new ResizeObserver(() => this.#placeHandles());
    this.resized.observe(host);
  }

  // --- the copilot ------------------------------------------------------------------------------------------

  #ask() {
    if (!this.#asked) this.#asked = this.#copilot?.askSpans() ?? null;
  }

  #hear(message) {
    if (message.id !== this.#asked) return;
    if (message.type !== "spans") return void (this.#asked = null);
    this.#desk.receive(message);
    const count = this.#desk.pending().length;
    if (count) this.#work.announce(sayCount(count, "The copilot suggests one span. A accepts, X refuses.", "The copilot suggests {count} spans. A accepts, X refuses."));
  }

  // --- selecting and marking --------------------------------------------------------------------------------

  #toPoints(edges) {
    return Object.fromEntries(Object.entries(edges).map(([end, unit]) => [end, this.#offsets.toCodePoint(unit)]));
  }

  #toUnits({ start, end }) {
    return { start: this.#offsets.toUtf16(start), end: this.#offsets.toUtf16(end) };
  }

  #wordEdge(offset, end) {
    const token = this.#tokens[tokenAt(this.#tokens, end === "start" ? offset : Math.max(0, offset - 1))];
    if (!token) return offset;
    return end === "start" ? token.start : token.end;
  }

  /** What the mouse or a finger has just selected, or clicked. */
  #picked(event) {
    const selection = this.#page.selection();
    if (!selection || selection.start === selection.end) {
      const span = event.target.closest?.(".span");
      return this.#desk.select(span?.dataset.id ?? null);
    }
    const words = event.altKey ? selection : snap(this.#tokens, selection.start, selection.end);
    if (!words) return;
    this.#desk.select(null);
    this.#page.select(words.start, words.end);
    if (this.#sticky) return this.#mark(words, this.#sticky);
    this.#offerLabels();
  }

  #offerLabels() {
    const { start, end } = this.#page.selection();
    const rects = this.#page.rectsOf(start, end);
    if (rects.length) this.picker.show(rects[rects.length - 1]);
  }

  #mark(words, label) {
    const { start, end } = this.#toPoints({ start: words.start, end: words.end });
    this.#desk.mark(start, end, label);
    this.#page.clear();
    this.#work.announce(say("{words}: {label}", { words: this.#text.slice(words.start, words.end), label: this.#nameOf(label) }));
  }

  /** A label's key or button: marks the selection, renames what is current, or stays on for the next selections. */
  #label(key) {
    const selection = this.#page.selection();
    this.picker.hide();
    if (selection && selection.start < selection.end) return this.#mark(selection, key);
    if (this.#desk.relabel(key)) return;
    this.#sticky = this.#sticky === key ? null : key;
    this.palette.mark(this.#sticky);
    if (this.#sticky) this.#work.announce(say("Each selection is now marked as {label}.", { label: this.#nameOf(key) }));
  }

  #cursorMoved() {
    const { start, end } = this.#page.selection();
    this.#desk.select(null);
    this.picker.hide();
    this.#scrollTo(start, end);
    this.#work.announce(this.#text.slice(start, end));
  }

  /** Move one end of the current span by one word. */
  #moveEdge(end, by) {
    const item = this.#desk.item(this.#desk.current);
    if (!item) return;
    const span = this.#toUnits(item);
    const at = tokenAt(this.#tokens, end === "start" ? span.start : span.end - 1);
    const token = this.#tokens[Math.min(Math.max(at + by, 0), this.#tokens.length - 1)];
    this.#desk.resize(this.#toPoints({ [end]: token[end] }));
  }

  // --- showing ----------------------------------------------------------------------------------------------

  #nameOf(key) {
    return this.#work.labels.find((label) => label.key === key)?.name ?? key;
  }

  #colourOf(key) {
    return this.#work.labels.find((label) => label.key === key)?.colour ?? "#868e96";
  }

  #refresh() {
    if (!this.list) return;
    const items = this.#desk.items();
    const kept = this.#page.selection();
    this.#page.draw(items.map((item) => ({ ...item, ...this.#toUnits(item), ...this.#lookOf(item) })));
    if (kept && kept.start < kept.end) this.#page.select(kept.anchor, kept.focus);
    this.list.show(items.map((item) => ({ ...item, name: this.#offsets.slice(item.start, item.end), detail: this.#nameOf(item.label), selected: item.id === this.#desk.current, colour: this.#colourOf(item.label) })));
    const current = this.#desk.item(this.#desk.current);
    this.palette.mark(current?.label ?? this.#sticky);
    this.#placeHandles();
    this.#showOffers();
    this.#work.onChange();
  }

  #lookOf(item) {
    return { colour: this.#colourOf(item.label), tag: this.#nameOf(item.label), current: item.id === this.#desk.current };
  }

  #placeHandles() {
    const current = this.#desk.item(this.#desk.current);
    this.handles.show(current ? this.#toUnits(current) : null);
  }

  #showOffers() {
    const pending = this.#desk.pending();
    this.offerBar.hidden = !pending.length;
    if (!pending.length) return;
    const verb = (action, key, text, kind = "") =>
      element("button", { class: `button button--small ${kind}`, type: "button", onclick: () => this.act(action) }, text, " ", element("kbd", { class: "key" }, key));
    this.offerBar.replaceChildren(
      element("span", { class: "small" }, sayCount(pending.length, "{count} suggestion", "{count} suggestions")),
      verb("accept", "A", say("Accept"), "button--primary"),
      verb("refuse", "X", say("Refuse")),
      verb("accept-all", "Shift A", say("Accept all")),
    );
  }

  #show(id) {
    this.#desk.select(id);
    this.#scrollToCurrent();
  }

  #scrollToCurrent() {
    const item = this.#desk.item(this.#desk.current);
    if (!item) return;
    const { start, end } = this.#toUnits(item);
    this.#scrollTo(start, end);
  }

  #scrollTo(start, end) {
    const [rect] = this.#page.rectsOf(start, end);
    if (!rect) return;
    const frame = this.desktop.getBoundingClientRect();
    if (rect.top < frame.top + 40) this.desktop.scrollBy(0, rect.top - frame.top - 80);
    if (rect.bottom > frame.bottom - 60) this.desktop.scrollBy(0, rect.bottom - frame.bottom + 100);
  }

  // --- what the studio asks of a room -----------------------------------------------------------------------

  #verbs = {
    accept: () => this.#desk.accept() && this.#scrollToCurrent(),
    refuse: () => this.#desk.refuse() && this.#scrollToCurrent(),
    "accept-all": () => this.#desk.acceptAll(),
    next: () => this.#desk.step(1) && this.#scrollToCurrent(),
    previous: () => this.#desk.step(-1) && this.#scrollToCurrent(),
    delete: () => this.#desk.remove(),
    "start-earlier": () => this.#moveEdge("start", -1),
    "start-later": () => this.#moveEdge("start", 1),
    "end-later": () => this.#moveEdge("end", 1),
    "end-earlier": () => this.#moveEdge("end", -1),
    undo: () => this.#desk.history.undo(),
    redo: () => this.#desk.history.redo(),
  };

  #arrows = {
    left: () => this.cursor.move(-1),
    right: () => this.cursor.move(1),
    up: () => this.cursor.line(-1),
    down: () => this.cursor.line(1),
    "extend-left": () => this.cursor.extend(-1),
    "extend-right": () => this.cursor.extend(1),
  };

  /** @returns {boolean} whether the action was one of this room's */
  act(action) {
    if (this.#arrows[action]) {
      if (document.activeElement !== this.#page.host) return false;
      return this.#arrows[action]();
    }
    if (action.startsWith("label:")) this.#label(action.slice(6));
    else if (this.#verbs[action]) this.#verbs[action]();
    else return false;
    return true;
  }

  enter() {
    return false;
  }

  escape() {
    this.picker.hide();
    if (this.#page.selection()) return this.#page.clear(), true;
    if (!this.#desk.current) return false;
    this.#desk.select(null);
    return true;
  }

  answer() {
    return this.#desk.answer();
  }

  refused() {
    return this.#desk.state.refused;
  }

  get history() {
    return this.#desk.history;
  }

  isEmpty() {
    return !this.#desk.state.spans.length;
  }

  pending() {
    return this.#desk.pending().length > 0;
  }

  focus() {
    this.#page.host.focus({ preventScroll: true });
  }

  async ready() {}

  close() {
    this.#copilot.close();
    this.resized.disconnect();
    document.removeEventListener("pointerup", this.released);
    document.removeEventListener("selectionchange", this.rested);
  }
}
