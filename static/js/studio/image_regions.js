/** The room for image tasks: binds the desk to canvas, pointer, keys and panel. */
import { clamp } from "./geometry.js";
import { element } from "./elements.js";
import { imageBindings } from "./image_bindings.js";
import { createOfferBar, createToolbar } from "./image_controls.js";
import { createCursor } from "./image_cursor.js";
import { createImageDesk } from "./image_desk.js";
import { createPicture } from "./image_picture.js";
import { createTools } from "./image_tools.js";
import { createKeymap } from "./keys.js";
import { labelBindings } from "./keys_of_labels.js";
import { boxAround, regionAt } from "./layers.js";
import { createMarkList } from "./mark_list.js";
import { createPalette } from "./palette.js";
import { createPointer } from "./pointer.js";
import { areaOf } from "./rle.js";
import { createViewport } from "./viewport.js";
import { say, sayCount } from "./words.js";

const ARROWS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
const BY_COPILOT = ["box", "click"];
const CHOICE = { tool: "box", radius: 14 }; // kept from task to task; radius for an image of 1000 pixels

/**
 * @param {{stage: HTMLElement, tools: HTMLElement, panel: HTMLElement}} hosts emptied first
 * @param {object} work
 * @param {object} work.task
 * @param {object[]} work.labels
 * @param {object|null} work.answer
 * @param {object[]} [work.refused]
 * @param {import("./keys.js").Binding[]} work.bindings the studio's own keys
 * @param {(hear: {onAnswer: (message: object) => void, onAvailable: (listens: boolean) => void}) => object} work.join
 *   gives the copilot; see copilot.js
 * @param {(text: string) => void} work.announce for screen readers
 * @param {() => void} work.onChange
 */
export function createRoom(hosts, work) {
  return new ImageRoom(hosts, work);
}

class ImageRoom {
  #work;
  #size;
  #desk;
  #copilot;
  #removing = false; // clicks take away
  #bare = false; // masks are left out
  #listens = true; // there is a copilot
  #built = false;

  constructor(hosts, work) {
    this.#work = work;
    this.#size = { width: work.task.image.width, height: work.task.image.height };
    const taken = [...work.bindings, ...imageBindings()];
    this.keymap = createKeymap([...taken, ...labelBindings(work.labels, taken, say("Labels"))]);
    this.#copilot = work.join({
      onAnswer: (message) => this.#hear(message),
      onAvailable: (listens) => this.#available(listens),
    });
    this.#desk = createImageDesk({
      labels: work.labels,
      size: this.#size,
      answer: work.answer,
      refused: work.refused,
      copilot: this.#copilot,
      onChange: () => this.#refresh(),
    });
    hosts.tools.replaceChildren();
    hosts.panel.replaceChildren();
    this.#buildStage(hosts.stage);
    this.#buildPanel(hosts);
    this.viewport.show(this.#size);
    this.#built = true;
    this.#refresh();
  }

  // --- building ---------------------------------------------------------------------------------------------

  #buildStage(stage) {
    const { task } = this.#work;
    const name = say("Image {name}. Arrow keys move a pointer, Enter places, question mark lists all keys.", { name: task.payload.name ?? task.external_id });
    this.canvas = element("div", { class: "canvas", tabindex: "0", role: "application", "aria-label": name });
    stage.replaceChildren(this.canvas);
    this.picture = createPicture({ desk: this.#desk, colourOf: (key) => this.#colourOf(key), size: this.#size, bare: () => this.#bare });
    this.viewport = createViewport(this.canvas, {
      drawBase: (context, view) => this.picture.drawBase(context, view),
      drawTop: (context) => this.#built && this.picture.drawTop(context, this.viewport, this.tools[this.#tool()], this.cursor.shown),
    });
    const ways = {
      onNoCopilot: () => this.#noCopilot(),
      radius: () => this.#radius(),
      colour: () => this.#colourOf(this.#desk.label),
      removing: () => this.#removing,
      tell: ([x, y]) => this.#work.announce(say("{x} % across, {y} % down", { x, y })),
    };
    this.tools = createTools(this.#desk, this.viewport, ways);
    this.cursor = createCursor(this.#desk, this.viewport, ways);
    this.pointer = createPointer(this.canvas, this.viewport, () => {
      this.cursor.hide();
      return this.tools[this.#tool()];
    });
  }

  #buildPanel({ stage, tools, panel }) {
    const act = (action) => this.act(action);
    const keyOf = (action) => this.keymap.shown(action);
    this.toolbar = createToolbar(tools, { act, keyOf, onRadius: (radius) => this.#setRadius(radius) });
    this.bar = createOfferBar(stage, { act, choose: (index) => this.#desk.cycle(index - this.#desk.state.proposal.chosen) });
    this.palette = createPalette(panel, this.#work.labels, {
      keyOf: (key) => keyOf(`label:${key}`),
      onPick: (key) => this.#desk.chooseLabel(key),
    });
    this.list = createMarkList(panel, {
      title: say("Regions"),
      empty: say("Nothing is marked yet."),
      verbs: [
        { name: "hide", icon: (item) => (item.hidden ? "eye-off" : "eye"), text: (item) => (item.hidden ? say("Show") : say("Hide")) },
        { name: "delete", icon: () => "bin", text: () => say("Delete") },
      ],
      onVerb: (name, id) => {
        if (name === "select") this.#choose(id);
        else if (name === "hide") this.#desk.hide(id);
        else this.#desk.remove(id);
      },
    });
  }

  // --- the copilot ------------------------------------------------------------------------------------------

  #hear(message) {
    if (!this.#desk.receive(message) || message.type !== "masks") return;
    this.#work.announce(sayCount(message.masks.length, "The copilot offers a mask. A accepts, X refuses.", "The copilot offers {count} masks. M shows the next, A accepts, X refuses."));
  }

  #available(listens) {
    this.#listens = listens;
    if (this.#built) this.#show();
  }

  #noCopilot() {
    this.#work.announce(say("The copilot is not there. Outline, brush and eraser work without it."));
    if (BY_COPILOT.includes(CHOICE.tool)) this.#setTool("lasso");
  }

  // --- tools ------------------------------------------------------------------------------------------------

  #tool() {
    return !this.#listens && BY_COPILOT.includes(CHOICE.tool) ? "lasso" : CHOICE.tool;
  }

  #setTool(name) {
    CHOICE.tool = name;
    this.#show();
  }

  /** The brush's radius in image pixels. */
  #radius() {
    return CHOICE.radius * (Math.max(this.#size.width, this.#size.height) / 1000);
  }

  #setRadius(radius) {
    CHOICE.radius = clamp(Math.round(radius), 1, 100);
    this.#show();
  }

  #choose(id) {
    this.#desk.select(id === this.#desk.selected ? null : id);
    const region = this.#desk.state.regions.find((one) => one.id === this.#desk.selected);
    if (!region) return;
    const [x, y, width, height] = boxAround(region.shape);
    this.viewport.reveal(x + width / 2, y + height / 2);
  }

  #accept() {
    const accepted = this.#desk.accept();
    if (accepted) this.#work.announce(say("Accepted as {label}", { label: this.#nameOf(this.#desk.label) }));
    return accepted;
  }

  #unselect() {
    if (!this.#desk.selected) return false;
    this.#desk.select(null);
    return true;
  }

  // --- showing ----------------------------------------------------------------------------------------------

  #labelOf(key) {
    return this.#work.labels.find((label) => label.key === key);
  }

  #nameOf(key) {
    return this.#labelOf(key)?.name ?? key;
  }

  #colourOf(key) {
    return this.#labelOf(key)?.colour ?? "#868e96";
  }

  /** The state of the work has changed. */
  #refresh() {
    if (!this.#built) return;
    this.#show();
    this.list.show(this.#desk.state.regions.map((region) => this.#rowOf(region)));
    this.#work.onChange();
  }

  /** What is around the work has changed: tool, view, copilot. */
  #show() {
    const tool = this.#tool();
    const { state, label } = this.#desk;
    this.viewport.redraw();
    this.canvas.dataset.cursor = this.tools[tool].cursor;
    this.toolbar.mark({ tool, removing: this.#removing, radius: CHOICE.radius, copilot: this.#listens });
    this.palette.mark(label);
    this.bar.show({ proposal: state.proposal, label: this.#nameOf(label), tool, empty: !state.regions.length });
  }

  #rowOf(region) {
    const share = (areaOf(region.shape) / (this.#size.width * this.#size.height)) * 100;
    return {
      ...region,
      name: this.#nameOf(region.label),
      colour: this.#colourOf(region.label),
      detail: `${share >= 10 ? Math.round(share) : share.toFixed(1)} %`,
      selected: region.id === this.#desk.selected,
      hidden: this.#desk.hidden.has(region.id),
    };
  }

  // --- what the studio asks of a room -----------------------------------------------------------------------

  #verbs = {
    accept: () => this.#accept(),
    refuse: () => this.#desk.refuse(),
    "next-mask": () => this.#desk.cycle(1),
    "previous-mask": () => this.#desk.cycle(-1),
    next: () => this.#desk.step(1),
    previous: () => this.#desk.step(-1),
    delete: () => this.#desk.remove(),
    hide: () => this.#desk.hide(),
    bare: () => {
      this.#bare = !this.#bare;
      this.#show();
    },
    removing: () => {
      this.#removing = !this.#removing;
      this.#show();
    },
    smaller: () => this.#setRadius(CHOICE.radius / 1.25),
    larger: () => this.#setRadius(CHOICE.radius * 1.25 + 1),
    fit: () => this.viewport.fit(),
    closer: () => this.viewport.zoom(1.3),
    further: () => this.viewport.zoom(1 / 1.3),
    "press-away": () => this.cursor.press(this.#tool(), true),
    undo: () => this.#desk.undo(),
    redo: () => this.#desk.redo(),
  };

  /** @param {string} action @param {KeyboardEvent} [event] @returns {boolean} whether it was one of this room's */
  act(action, event) {
    if (ARROWS[action]) {
      return document.activeElement === this.canvas && this.cursor.move(...ARROWS[action], event?.shiftKey);
    }
    const colon = action.indexOf(":");
    const name = action.slice(colon + 1);
    if (action.startsWith("tool:")) this.#setTool(name);
    else if (action.startsWith("label:")) this.#desk.chooseLabel(name);
    else if (this.#verbs[action]) this.#verbs[action]();
    else return false;
    return true;
  }

  /** Enter, before it means submit. @returns {boolean} whether it meant something here */
  enter() {
    const pick = (at) => this.#desk.select(regionAt(this.#desk.state.regions, ...at)?.id ?? null);
    return this.cursor.press(this.#tool(), false, pick) || this.#accept();
  }

  /** Esc lets go of the innermost thing. @returns {boolean} whether there was one */
  escape() {
    return this.pointer.cancel() || this.#desk.refuse() || this.cursor.hide() || this.#unselect();
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
    return !this.#desk.state.regions.length;
  }

  /** Something is on offer, or asked for, that would be left out of a submit. */
  pending() {
    const { proposal } = this.#desk.state;
    return Boolean(proposal && !proposal.failed);
  }

  focus() {
    this.canvas.focus({ preventScroll: true });
  }

  /** @returns {Promise<void>} once the image is on screen; rejects when it cannot be shown */
  async ready() {
    const image = new Image();
    image.src = this.#work.task.image.url;
    await image.decode();
    this.picture.setBitmap(image);
    this.viewport.redraw();
  }

  close() {
    this.#copilot.close();
    this.pointer.close();
    this.viewport.close();
  }
}
