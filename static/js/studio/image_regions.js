/** The editor for image tasks: binds the store to the stage, the hand, the keys and the panel. */
import { imageActions } from "./image/actions.js";
import { imageBindings } from "./image/bindings.js";
import { createOfferBar, createToolbar } from "./image/controls.js";
import { CopilotLine } from "./image/copilot_line.js";
import { createImageStore } from "./image/store.js";
import { createHand } from "./image/hand.js";
import { shapesOf } from "./image/kit.js";
import { fetchLater } from "./image/later.js";
import { createRegionFields } from "./image/region_fields.js";
import { createImageStage } from "./image/stage.js";
import { createKeymap } from "./shared/keys.js";
import { labelBindings } from "./shared/keys_of_labels.js";
import { createPalette } from "./shared/palette.js";
import { say } from "./shared/words.js";

const ARROWS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };

/**
 * @param {{stage: HTMLElement, tools: HTMLElement, panel: HTMLElement}} hosts emptied first
 * @param {object} work
 * @param {object} work.task
 * @param {any[]} work.labels
 * @param {any|null} work.answer
 * @param {any[]} [work.rejected]
 * @param {any|null} [work.unfinished] what was being placed or asked when the page was left, as `unfinished` gave it
 * @param {import("./shared/keys.js").Binding[]} work.bindings the studio's own keys
 * @param {(table: string, bindings: any[]) => any[]} work.own under the person's keys; see own_keys.js
 * @param {(hear: {onAnswer: (message: any) => void, onAvailable: (listens: boolean, state: any) => void}) => any} work.join
 *   gives the copilot; see copilot.js
 * @param {(text: string) => void} work.announce for screen readers
 * @param {() => void} work.onChange
 */
export function createEditor(hosts, work) {
  return new ImageEditor(hosts, work);
}

class ImageEditor {
  smooth; // fetched late, as are the hints
  hints;
  #work;
  #size;
  #store;
  #line; // to the copilot
  #hand;
  #stage;
  #built = false;
  #closed = false;
  #fields;

  constructor(hosts, work) {
    this.#work = work;
    this.#size = { width: work.task.image.width, height: work.task.image.height };
    this.#hand = createHand(work.labels, this.#size);
    this.keymap = createKeymap(this.#bindings());
    this.#line = new CopilotLine(work, this.#forLine());
    const left = work.unfinished?.points ? { outline: work.unfinished } : work.unfinished; // kept without more until now
    if (left?.outline) this.#hand.take(left.outline.type);
    this.#store = createImageStore({
      labels: work.labels,
      size: this.#size,
      answer: work.answer,
      rejected: work.rejected,
      outline: left?.outline,
      proposal: left?.proposal,
      inHand: left?.label ?? this.#hand.label,
      copilot: this.#line.joined,
      onChange: () => this.#refresh(),
    });
    this.#fields = createRegionFields({ store: this.#store, labelOf: this.#labelOf, choose: (id) => this.#choose(id), announce: work.announce, words: this.#line.words });
    hosts.tools.replaceChildren();
    hosts.panel.replaceChildren();
    this.#buildStage(hosts.stage);
    this.#buildPanel(hosts);
    this.actions = imageActions(this.#store, this.#handsOn());
    this.#built = true;
    this.#line.detected.ask();
    this.#stage.look();
    this.#refresh();
  }

  #bindings() {
    const { labels, bindings, own } = this.#work;
    const shapes = new Set(labels.flatMap(shapesOf));
    const has = {
      masks: shapes.has("mask"),
      outlines: shapes.size > 1 || !shapes.has("mask"),
      attributes: labels.some((label) => label.attributes?.length),
    };
    const taken = own("image", [...bindings, ...imageBindings(this.#hand.kit, has)]);
    return [...taken, ...labelBindings(labels, taken, say("Labels"))];
  }

  // --- building ---------------------------------------------------------------------------------------------

  #buildStage(host) {
    const { task, announce } = this.#work;
    this.#stage = createImageStage(host, {
      task, announce,
      size: this.#size,
      store: this.#store,
      hand: this.#hand,
      tool: () => this.#tool(),
      lookOf: (key) => this.#lookOf(key),
      beside: () => this.lists?.group.now() ?? [],
      choose: (id) => this.#choose(id),
      also: (id) => this.lists?.group.toggle(id),
      finish: (value) => this.#finish(value),
      tell: (what) => this.#tell(what),
      onNoCopilot: () => this.#noCopilot(),
    });
  }

  #buildPanel({ stage, tools, panel }) {
    const act = (action) => this.act(action);
    const keyOf = (action) => this.keymap.shown(action);
    this.toolbar = createToolbar(tools, { kit: this.#hand.kit, act, keyOf, onRadius: (radius) => this.#setRadius(radius) });
    this.bar = createOfferBar(stage, { confidence: this.#work.confidence, act, keyOf, choose: (index) => this.#store.cycle(index - this.#store.state.proposal.chosen) });
    this.palette = createPalette(panel, this.#work.labels, { keyOf: (key) => keyOf(`label:${key}`), onPick: (key) => this.act(`label:${key}`) });
    this.#buildLater(panel).catch(() => {}); // without a network the work goes on without them
  }

  /** What the first edit doesn't need is fetched behind what it does. */
  async #buildLater(panel) {
    const onDone = () => this.focus();
    const asked = this.#work.labels.some((label) => label.attributes?.length);
    const { lists, fields, view, heard, smooth, hints } = await fetchLater(asked);
    if (this.#closed) return;
    [this.smooth, this.hints] = [smooth, hints];
    this.lists = lists.createImageLists(panel, this.#forLists());
    this.heard = heard.createHeard(this.#store, { tool: () => this.#tool(), on: () => this.#hand.on });
    if (fields) this.#fields.come((ways) => fields.createAttributeFields(panel, { ...ways, onDone }));
    this.settings = view.createViewSettings(panel, { onChange: () => this.#stage.look(), onDone });
    this.#show();
  }

  #forLists() {
    return {
      store: this.#store,
      size: this.#size,
      scored: Boolean(this.#work.copilot) && this.#work.confidence !== "hidden",
      labels: this.#work.labels,
      palette: this.palette,
      canvas: this.#stage.canvas,
      announce: this.#work.announce,
      nameOf: (key) => this.#nameOf(key),
      lookOf: (key) => this.#lookOf(key),
      keyOf: (action) => this.keymap.shown(action),
      idAt: this.#stage.under,
      glow: this.#stage.point,
      choose: (id) => this.#choose(id),
      changed: () => this.#refresh(),
      act: (action) => this.act(action),
      focus: () => this.focus(),
    };
  }

  #handsOn() {
    return {
      announce: this.#work.announce,
      tell: (what) => this.#tell(what),
      hint: (text) => this.bar.tell(text),
      step: (by) => this.#step(by),
      accept: () => this.#accept(),
      reject: () => this.#reject(),
      found: (one) => this.#line.detected.about(one),
      took: (count) => this.#line.took(count),
      acceptSure: () => this.#line.detected.acceptSure(),
      ask: () => this.#line.detected.ask(true),
      askAll: () => this.#line.detected.askAll(),
      describe: () => this.#fields.focus(),
      view: () => this.settings?.turn(),
      pen: () => this.#stage.cursor.turnPen(this.#tool()),
      pressAway: () => this.#stage.cursor.press(this.#tool(), true),
      turn: (what) => this.#turn(what),
      remake: (how, name) => this.smooth && (this.#store.remake(this.smooth[how], name) || this.#tell("nothing")),
      show: (region) => (this.#stage.reveal(region), this.lists?.bring(region.id)),
      resize: (factor, more) => this.#setRadius(this.#hand.radius * factor + more),
      viewport: this.#stage.viewport,
    };
  }

  #forLine() {
    return {
      store: () => this.#store,
      built: () => this.#built,
      hears: (listens) => this.#hand.hears(listens),
      listens: () => this.#hand.listens,
      reveal: (shape) => this.#stage.reveal({ shape }),
      keyOf: (action) => this.keymap.shown(action),
      nameOf: (key) => this.#nameOf(key),
      tell: (text) => this.bar.tell(text),
      act: (action) => this.act(action),
      changed: () => this.#show(),
      beside: () => this.#stage.canvas.parentElement,
    };
  }

  #noCopilot() {
    this.#hand.hears(false);
    this.#show();
    this.#tell("copilot");
  }

  #tool() {
    return this.#hand.tool(this.#labelOf(this.#store.label));
  }

  /** A tool that the label in hand has no use for takes the first label along that has. */
  #setTool(name) {
    if (!this.#hand.take(name)) this.#tell("copilot");
    if (this.#tool() !== name) {
      const label = this.#hand.labelOfTool();
      if (label) this.#store.nextLabel(label.key);
    }
    this.#show();
  }

  #setRadius(radius) {
    this.#hand.resize(radius);
    this.#show();
  }

  #finish(value = this.#hand.on.removing ? 0 : 1) {
    const fault = this.#store.finishOutline(value);
    if (fault) this.#tell(fault);
    return !fault;
  }

  /** Why something was not done: seen for a moment, and heard. */
  #tell(what, label) {
    const text = this.hints?.regretFor(what, { locked: this.#store.locked.has(this.#store.selected), label, key: this.keymap.shown("delete") });
    if (!text) return false;
    this.#work.announce(text);
    this.bar.tell(text);
    return false;
  }

  #chooseLabel(key) {
    if (!this.#store.chooseLabel(key)) return this.#tell("taken", this.#nameOf(key));
    return this.#show();
  }

  #choose(id) {
    this.#store.select(id);
    const { regions } = this.#store.state;
    const at = regions.findIndex((one) => one.id === id);
    if (at < 0) return;
    this.#stage.reveal(regions[at]);
    this.#work.announce(say("{label}, {what}, {n} of {count}", { label: this.#nameOf(regions[at].label), what: this.lists?.kindOf(regions[at]) ?? "", n: at + 1, count: regions.length }));
  }

  #step(by) {
    this.#store.step(by);
    if (this.#store.selected) this.#choose(this.#store.selected);
  }

  /** What is asked for is taken once it comes; from a selected region the way leads to a suggestion, which is seen first. */
  #accept() {
    const { announce } = this.#work;
    if (this.#store.acceptOnArrival()) return announce(say("Looking… It is accepted as soon as it comes.")), true;
    if (this.#store.accept()) return announce(say("Accepted as {label}", { label: this.#nameOf(this.#store.label) })), true;
    if (this.#store.selected) return this.#line.detected.about(this.#store.stepFound(0));
    return this.#line.detected.about(this.#store.acceptFound());
  }

  #reject() {
    if (this.#store.reject()) return;
    if (!this.#store.selected) this.#line.detected.about(this.#store.rejectFound());
    else if (!this.#store.rejectRegion()) this.#tell(this.#store.open ? "own" : "locked");
  }

  #labelOf = (key) => this.#work.labels.find((label) => label.key === key);
  #nameOf = (key) => this.#labelOf(key)?.name ?? key;
  #lookOf = (key) => this.#labelOf(key) ?? { colour: "#868e96" };

  /** The state of the work has changed. */
  #refresh() {
    if (!this.#built) return;
    this.#show();
    this.lists?.show();
    this.#fields.show();
    this.#work.onChange();
  }

  /** What is around the work has changed: tool, view, copilot. */
  #show() {
    const tool = this.#tool();
    const { state, label } = this.#store;
    this.#hand.keepLabel(label);
    this.#stage.show();
    this.toolbar.mark({ tool, removing: this.#hand.on.removing, radius: this.#hand.radius, copilot: this.#hand.listens });
    this.palette.mark(label);
    this.bar.show({ proposal: state.proposal, label: this.#nameOf(label), said: this.#hint(tool) });
    this.#line.detected.show(state.proposal);
  }

  #hint(tool) {
    const { state, selected } = this.#store;
    const keys = this.#work.labels.map(({ key }) => this.keymap.shown(`label:${key}`)).filter(Boolean);
    const offered = state.proposal?.masks.length;
    if (state.proposal && !offered) return "";
    return this.hints?.hintFor({ offered, selected, empty: !state.regions.length && !state.outline, tool, keys, escape: this.keymap.shown("escape") }) ?? "";
  }

  #turn(what) {
    const on = this.#hand.turn(what);
    this.#show();
    return on;
  }

  // --- what the studio asks of an editor -----------------------------------------------------------------------

  /** Arrows move the selected region with the select tool (Shift sizes a box), else the keyboard's pointer. */
  #arrow([dx, dy], shift) {
    if (document.activeElement !== this.#stage.canvas) return false;
    if (this.#tool() === "select" && this.#store.open) {
      if (shift && this.#store.handle === null && this.#store.grow(dx, dy)) return true;
      return this.#store.nudge(dx * (shift ? 10 : 1), dy * (shift ? 10 : 1)) || this.#tell("moving");
    }
    return this.#stage.cursor.move(dx, dy, shift);
  }

  /** @param {string} action @param {KeyboardEvent} [event] @returns {boolean} whether it was one of this editor's */
  act(action, event) {
    if (ARROWS[action]) return this.#arrow(ARROWS[action], event?.shiftKey), document.activeElement === this.#stage.canvas;
    if (action === "tab-mask") return document.activeElement === this.#stage.canvas && this.#store.several && this.act("next-mask");
    const colon = action.indexOf(":");
    const name = action.slice(colon + 1);
    if (this.lists?.act(action)) return true;
    if (action.startsWith("tool:")) this.#setTool(name);
    else if (action.startsWith("label:")) this.#chooseLabel(name);
    else if (this.actions[action]) this.actions[action]();
    else return false;
    const words = this.heard?.(action);
    if (words) this.#work.announce(words);
    return true;
  }

  /** Enter, before it means submit. @returns {boolean} whether it meant something here */
  enter() {
    if (this.#stage.cursor.press(this.#tool(), false)) return true;
    if (this.#store.state.outline) return this.#finish(), true;
    return this.#accept();
  }

  /** Before handing in. @returns {boolean} whether a region leaves open what must be filled in */
  incomplete() {
    return this.#fields.ask();
  }

  /** Esc lets go of the innermost thing. @returns {boolean} whether there was one */
  escape() {
    const { handle } = this.#store;
    if (handle !== null) return this.#store.chooseHandle(null), true;
    return this.#stage.cancel() || this.#store.leaveOutline() || this.#store.reject() || this.#stage.cursor.hide() || (this.#store.selected !== null && (this.#store.select(null), true));
  }

  answer() {
    return this.#store.answer();
  }

  /** The region that a comment would be about. */
  selected() {
    return this.#store.selected;
  }

  rejected() {
    return this.#store.state.rejected;
  }

  /** A polygon or line that is not closed yet, and what the copilot was asked: kept on this machine with the rest. */
  unfinished() {
    return this.#store.unfinished();
  }

  /** Another copy of the work in this one's place; undo brings this one back. */
  take(answer, rejected) {
    this.#store.take(answer, rejected);
  }

  get history() {
    return this.#store.history;
  }

  isEmpty() {
    return !this.#store.state.regions.length;
  }

  /** Something is on offer, or asked for, that would be left out of a submit. */
  pending() {
    const { proposal } = this.#store.state;
    return Boolean(proposal?.asked || proposal?.masks.length || this.#store.found().length);
  }

  focus() {
    this.#stage.canvas.focus({ preventScroll: true });
  }

  /** @returns {Promise<void>} once the image is on screen; rejects when it cannot be shown */
  ready() {
    return this.#stage.ready;
  }

  close() {
    this.#closed = true;
    this.lists?.close();
    this.#line.close();
    this.#stage.close();
  }
}
