/** The editor for many images at once: look over what is proposed, flip what is wrong, hand all in together. */
import { labelsOf } from "../classification/asked_fields.js";
import { choiceBindings } from "../classification/bindings.js";
import { createCloser } from "./closer.js";
import { element, icon, swatch } from "../shared/elements.js";
import { gridBindings } from "./grid_bindings.js";
import { groupsOf, layOut, nextGroup, rowAway } from "./grid_groups.js";
import { createGridStore } from "./grid_store.js";
import { createKeymap } from "../shared/keys.js";
import { withSecondKeys } from "../shared/keys_of_labels.js";
import { createPalette } from "../shared/palette.js";
import { say, sayCount } from "../shared/words.js";

/** @param {any} hosts emptied first @param {any} work see classification.js; its task holds `tiles` */
export function createEditor(hosts, work) {
  return new GridEditor(hosts, work);
}

class GridEditor {
  #work;
  #tiles;
  #labels;
  #store;
  #at = 0;
  #nodes = [];
  #closer;
  #picked = new Set(); // ids of the tiles that the next label is for
  #from = null; // place from which a range goes
  #closed = false;
  #groups = []; // ids, group by group, once somebody asked for them
  #group = -1; // the place of the group that is selected

  constructor(hosts, work) {
    const [field] = work.fields;
    this.#work = work;
    this.#tiles = work.task.tiles;
    this.#labels = labelsOf(field, work.fields, work.labels);
    const taken = work.own("grid", [...work.bindings, ...gridBindings()]);
    this.keymap = createKeymap([...taken, ...this.#labelKeys(taken)]);
    this.#store = createGridStore({ field, labels: this.#labels, tiles: this.#tiles, answer: work.answer, onChange: () => this.#refresh() });
    this.#build(hosts, field);
    this.#refresh();
  }

  #build({ stage, tools, panel }, field) {
    tools.replaceChildren();
    panel.replaceChildren();
    this.#nodes = this.#tiles.map((tile) => this.#tile(tile));
    this.list = element("ul", { class: "tiles", "aria-label": field.name, onkeydown: (event) => this.#pressed(event) }, ...this.#nodes.map((node) => node.host));
    this.frame = element("div", { class: "tiles-frame" }, this.list);
    this.#closer = createCloser(this.frame, () => this.#work.announce(say("The image could not be loaded.")));
    stage.replaceChildren(this.frame, this.#closer.host);
    const keyOf = (label) => this.#keyOf(label);
    this.palette = createPalette(panel, this.#labels, { keyOf, onPick: (label) => this.#set(label) });
    this.#findLabels().catch(() => {}); // without a network the work goes on without it
    this.counts = element("dl", { class: "facts facts--narrow small grid-counts" });
    const fill = element("button", { class: "button button--small", type: "button", onclick: () => this.act("fill") }, say("Fill the rest"), " ", element("kbd", { class: "key" }, this.keymap.shown("fill")));
    this.fillButton = fill;
    const group = element("button", { class: "button button--small", type: "button", onclick: () => this.act("group") }, say("Group alike"), " ", element("kbd", { class: "key" }, this.keymap.shown("group")));
    panel.append(element("section", { class: "panel-part", "aria-labelledby": "counts-title" }, element("h2", { class: "panel-part__title", id: "counts-title" }, say("On this screen")), this.counts, element("div", { class: "row" }, fill, group)));
  }

  /** The digits are the first labels' that have no key of their own; those beyond have two keys. */
  #labelKeys(taken) {
    const keys = choiceBindings(this.#labels, taken);
    const group = say("Choices");
    const has = new Set(keys.map(({ action }) => (action.startsWith("digit:") ? `label:${this.#labels[Number(action.slice(6)) - 1]?.key}` : action)));
    const bare = this.#labels.filter(({ key }) => !has.has(`label:${key}`)).map(({ key, name }) => ({ action: `label:${key}`, keys: [], text: name, group }));
    return withSecondKeys([...keys, ...bare], new Set([...taken, ...keys].flatMap((one) => one.keys)), group);
  }

  #keyOf(label) {
    const own = this.keymap.shown(`label:${label}`);
    const place = this.#labels.findIndex((one) => one.key === label);
    return own || this.keymap.shown(`digit:${place + 1}`);
  }

  #tile(tile) {
    const { small, task } = tile;
    const place = () => this.#tiles.indexOf(tile);
    const picture = task.image ? element("img", { class: "tile__picture", src: small, alt: "", draggable: "false" }) : element("span", { class: "tile__text", dir: "auto" }, task.payload.text);
    const words = element("span", { class: "tile__label" });
    const press = element("button", { class: "tile__press", type: "button", tabindex: "-1", onclick: (event) => this.#clicked(event, place()) }, picture, words);
    const closer = element("button", { class: "tile__closer", type: "button", tabindex: "-1", title: say("Look closer ({key})", { key: this.keymap.shown("zoom") }), "aria-label": say("Look closer: {name}", { name: task.name }), onclick: () => (this.#go(place()), this.#zoom()) }, icon("plus"));
    press.addEventListener("focus", () => this.#go(place()));
    return { host: element("li", { class: "tile" }, press, closer), press, words, picture };
  }

  #clicked(event, place) {
    if (event.shiftKey) return this.#reach(place);
    this.#go(place);
    if (event.ctrlKey || event.metaKey) return this.#pick(place);
    this.#letGo();
    this.act("flip");
  }

  /** On a tile Enter hands in: Space is the key that presses it. */
  #pressed(event) {
    if (event.key !== "Enter" || !event.target.closest(".tile__press")) return;
    event.preventDefault();
    this.#work.submit?.();
  }

  // --- moving and flipping ----------------------------------------------------------------------------------

  get #here() {
    return this.#tiles[this.#at];
  }

  #go(place) {
    if (place < 0 || place >= this.#tiles.length) return;
    this.#at = place;
    this.#work.task.at = this.#here.id;
    this.#nodes.forEach((node, i) => (node.press.tabIndex = i === place ? 0 : -1));
    this.palette.mark(this.#store.valueOf(this.#here.id) ?? null);
  }

  #move(by) {
    this.#go(this.#placeBy(by));
    if (this.#closer.open) return this.#look();
    this.#nodes[this.#at].press.focus();
  }

  #placeBy(by) {
    return Math.min(Math.max(this.#at + by, 0), this.#tiles.length - 1);
  }

  // --- several at once --------------------------------------------------------------------------------------

  /** All from where the selection began to this place. */
  #reach(place) {
    const from = this.#picked.size ? (this.#from ?? this.#at) : this.#at;
    const [first, last] = [Math.min(from, place), Math.max(from, place)];
    this.#take(this.#tiles.slice(first, last + 1).map(({ id }) => id), from);
    this.#move(place - this.#at);
  }

  #pick(place) {
    const { id } = this.#tiles[place];
    const next = new Set(this.#picked);
    if (!next.delete(id)) next.add(id);
    this.#take(next, place);
  }

  #take(ids, from, group = -1) {
    [this.#picked, this.#from, this.#group] = [new Set(ids), from, group];
    this.#refresh();
    this.#work.announce(sayCount(this.#picked.size, "{count} selected", "{count} selected"));
  }

  /** @returns {boolean} whether any was selected */
  #letGo() {
    if (!this.#picked.size) return false;
    this.#picked = new Set();
    this.#refresh();
    return true;
  }

  /** One label for all that are selected, in one step; then they are no longer. */
  #setPicked(label) {
    const { size } = this.#picked;
    const ids = this.#picked;
    this.#picked = new Set();
    if (!this.#store.setAll(ids, label)) this.#refresh();
    const said = sayCount(size, "One image labelled {label}", "{count} images labelled {label}", { label: this.#nameOf(label) });
    if (this.#group < 0 || !this.#store.open().length) return this.#work.announce(said);
    this.#takeGroup(nextGroup(this.#groups, this.#store.open(), this.#group), said);
  }

  // --- groups of what is alike --------------------------------------------------------------------------------

  /** Alike ones beside each other at first; then group by group is selected, so that a label's key is for all of it. */
  async #byGroup() {
    if (!this.#groups.length) {
      const { groups } = await this.#work.alike();
      if (this.#closed) return;
      this.#arrange(groupsOf(groups, this.#tiles));
    }
    this.#takeGroup(nextGroup(this.#groups, this.#store.open(), this.#group));
  }

  #arrange(groups) {
    const [node, tile] = [new Map(), new Map()];
    this.#tiles.forEach((one, place) => (node.set(one.id, this.#nodes[place]), tile.set(one.id, one)));
    const order = groups.flat();
    [this.#groups, this.#tiles, this.#nodes] = [groups, order.map((id) => tile.get(id)), order.map((id) => node.get(id))];
    layOut(this.list, groups, new Map(order.map((id) => [id, node.get(id).host])));
  }

  #takeGroup(place, said = "") {
    if (this.#closer.open) this.#back(); // what is labelled together is seen together
    const ids = this.#groups[place];
    const first = this.#tiles.findIndex(({ id }) => id === ids[0]);
    this.#take(ids, first, place);
    this.#go(first);
    this.#nodes[first].press.focus();
    this.#work.announce([said, sayCount(ids.length, "{count} selected", "{count} selected")].filter(Boolean).join(". "));
  }

  async #findLabels() {
    const { createLabelSearch } = await import("../shared/label_search.js");
    if (this.#closed) return;
    const { announce } = this.#work;
    this.search = createLabelSearch(this.palette, this.#labels, { keyOf: (action) => this.keymap.shown(action), announce, onPick: (label) => this.#set(label), onDone: () => this.focus() });
  }

  /** The tile that undo or redo changed comes in sight, under the keys. */
  #bring(id) {
    const place = this.#tiles.findIndex((tile) => tile.id === id);
    if (place < 0) return;
    this.#go(place);
    if (this.#closer.open) return this.#look();
    this.#nodes[place].host.scrollIntoView({ block: "nearest" });
    if (this.frame.contains(document.activeElement)) this.#nodes[place].press.focus();
    this.#tell();
  }

  #row(sign) {
    return rowAway(this.#nodes, this.#at, sign);
  }

  #set(label) {
    if (this.#picked.size) return this.#setPicked(label);
    this.#store.set(this.#here.id, label);
    this.#tell();
  }

  #tell() {
    this.#work.announce(this.#wordsOf(this.#here, this.#at));
  }

  #fill() {
    const label = this.#store.commonest();
    const count = this.#store.fill(label);
    this.#work.announce(sayCount(count, "One image filled in: {label}", "{count} images filled in: {label}", { label: this.#nameOf(label) }));
  }

  #nextOpen() {
    const open = new Set(this.#store.open());
    const first = this.#tiles.findIndex((tile) => open.has(tile.id));
    if (first < 0) return this.#work.announce(say("Every image has a label."));
    this.#go(first);
    this.#nodes[first].press.focus();
  }

  #zoom() {
    if (this.#closer.open) return this.#back();
    this.#look();
  }

  #look() {
    this.#closer.look(this.#here.task, this.#wordsOf(this.#here, this.#at));
  }

  #back() {
    this.#closer.back();
    this.#nodes[this.#at].press.focus();
  }

  // --- showing ----------------------------------------------------------------------------------------------

  #nameOf(key) {
    return this.#labels.find((label) => label.key === key)?.name ?? say("no label yet");
  }

  #wordsOf({ id, task }, place) {
    const source = this.#store.sourceOf(id);
    const picked = this.#picked.has(id) ? say("selected") : "";
    const how = source === "suggestion" ? say("as proposed") : source === "edited" ? say("changed") : "";
    return [say("{place} of {count}", { place: place + 1, count: this.#tiles.length }), task.name, this.#nameOf(this.#store.valueOf(id)), how, picked].filter(Boolean).join(", ");
  }

  #refresh() {
    if (!this.palette) return;
    this.#tiles.forEach((tile, place) => {
      const { press, words, host } = this.#nodes[place];
      const label = this.#labels.find((one) => one.key === this.#store.valueOf(tile.id));
      const edited = this.#store.sourceOf(tile.id) === "edited";
      words.replaceChildren(...(label ? [swatch(label.colour, label.pattern)] : []), element("span", { class: "clip" }, label?.name ?? say("No label")), ...(edited ? [icon("pencil")] : []));
      host.toggleAttribute("data-open", !label);
      host.toggleAttribute("data-edited", edited);
      host.toggleAttribute("data-picked", this.#picked.has(tile.id));
      press.setAttribute("aria-label", this.#wordsOf(tile, place));
    });
    const counted = this.#labels.map((label) => [label.name, this.#store.count(label.key)]).filter(([, count]) => count);
    const open = this.#store.open().length;
    if (open) counted.push([say("No label"), open]);
    this.counts.replaceChildren(...counted.flatMap(([name, count]) => [element("dt", {}, name), element("dd", { class: "number" }, String(count))]));
    this.fillButton.hidden = !open;
    this.#closer.tell(this.#wordsOf(this.#here, this.#at));
    this.#go(this.#at);
    this.#work.onChange();
  }

  // --- what the studio asks of an editor -----------------------------------------------------------------------

  #verbs = {
    left: () => this.#move(-1),
    right: () => this.#move(1),
    up: () => this.#move(this.#row(-1)),
    down: () => this.#move(this.#row(1)),
    flip: () => (this.#store.flip(this.#here.id), this.#tell()),
    "flip-back": () => (this.#store.flip(this.#here.id, -1), this.#tell()),
    "reach-left": () => this.#reach(this.#placeBy(-1)),
    "reach-right": () => this.#reach(this.#placeBy(1)),
    "reach-up": () => this.#reach(this.#placeBy(this.#row(-1))),
    "reach-down": () => this.#reach(this.#placeBy(this.#row(1))),
    pick: () => this.#pick(this.#at),
    "select-all": () => this.#take(this.#tiles.map(({ id }) => id), 0),
    "find-label": () => this.search?.focus(),
    fill: () => this.#fill(),
    group: () => this.#byGroup().catch((problem) => this.#work.announce(problem.message)),
    "next-open": () => this.#nextOpen(),
    zoom: () => this.#zoom(),
    undo: () => this.#bring(this.#store.undo()),
    redo: () => this.#bring(this.#store.redo()),
  };

  /** @returns {boolean} whether the action was one of this editor's */
  act(action) {
    if (action.startsWith("label:")) this.#set(action.slice(6));
    else if (action.startsWith("digit:")) this.#labels[Number(action.slice(6)) - 1] && this.#set(this.#labels[Number(action.slice(6)) - 1].key);
    else if (this.#verbs[action]) this.#verbs[action]();
    else return false;
    return true;
  }

  /** Before handing in: an image without a label is shown. @returns {boolean} whether there is one */
  enter() {
    const open = this.#store.open().length;
    if (!open) return false;
    if (this.#closer.open) this.#back();
    this.#nextOpen();
    this.#work.announce(sayCount(open, "One image has no label yet. {key} fills it in.", "{count} images have no label yet. {key} fills them in.", { key: this.keymap.shown("fill") }));
    return true;
  }

  escape() {
    if (!this.#closer.open) return this.#letGo();
    this.#back();
    return true;
  }

  answer() {
    return this.#store.answer();
  }

  /** Another copy of the work in this one's place; undo brings this one back. */
  take(answer, rejected) {
    this.#store.take(answer, rejected);
  }

  rejected() {
    return NOTHING;
  }

  get history() {
    return this.#store.history;
  }

  isEmpty() {
    return this.#store.open().length === this.#tiles.length;
  }

  untouched() {
    return !this.#work.answer && !this.#store.history.canUndo;
  }

  pending() {
    return false;
  }

  focus() {
    if (!this.#closer.open) this.#nodes[this.#at]?.press.focus({ preventScroll: false });
  }

  async ready() {}

  close() {
    this.#closed = true;
    this.#closer.close();
  }
}

const NOTHING = [];
