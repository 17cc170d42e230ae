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
import { createMarkList, createPalette } from "./panel.js";
import { createPointer } from "./pointer.js";
import { areaOf } from "./rle.js";
import { createViewport } from "./viewport.js";
import { say, sayCount } from "./words.js";

const ARROWS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
const CHOICE = { tool: "", radius: 0 }; // kept from task to task

/**
 * @param {{stage: HTMLElement, tools: HTMLElement, panel: HTMLElement}} hosts emptied first
 * @param {object} work
 * @param {object} work.task
 * @param {object[]} work.labels
 * @param {object|null} work.answer
 * @param {object[]} [work.refused]
 * @param {import("./keys.js").Binding[]} work.bindings the studio's own keys
 * @param {(hear: object) => object} work.join gives the copilot; see copilot.js
 * @param {(text: string) => void} work.announce for screen readers
 * @param {() => void} work.onChange
 */
export function createRoom(hosts, work) {
  const { task, labels, announce, onChange } = work;
  const size = { width: task.image.width, height: task.image.height };
  const byKey = new Map(labels.map((label) => [label.key, label]));
  const colourOf = (key) => byKey.get(key)?.colour ?? "#868e96";
  const nameOf = (key) => byKey.get(key)?.name ?? key;
  const radiusOf = () => CHOICE.radius * (Math.max(size.width, size.height) / 1000);
  let removing = false;
  let bare = false;
  let keepsCopilot = true;
  let built = false;

  const own = imageBindings();
  const keymap = createKeymap([...work.bindings, ...own, ...labelBindings(labels, [...work.bindings, ...own], say("Labels"))]);

  hosts.tools.replaceChildren();
  hosts.panel.replaceChildren();
  const canvas = element("div", { class: "canvas", tabindex: "0", role: "application", "aria-label": say("Image {name}. Arrow keys move a pointer, Enter places, question mark lists all keys.", { name: task.payload.name ?? task.external_id }) });
  hosts.stage.replaceChildren(canvas);

  const copilot = work.join({ onAnswer: (message) => hear(message), onAvailable: (listens) => available(listens) });
  const desk = createImageDesk({ labels, size, answer: work.answer, refused: work.refused, copilot, onChange: () => refresh() });
  const picture = createPicture({ desk, colourOf, size, bare: () => bare });
  const viewport = createViewport(canvas, {
    drawBase: (context, view) => picture.drawBase(context, view),
    drawTop: (context) => picture.drawTop(context, viewport, tools[tool()], cursor.shown),
  });
  const ways = { onNoCopilot: noCopilot, radius: radiusOf, colour: () => colourOf(desk.label), removing: () => removing, tell: ([x, y]) => announce(say("{x} % across, {y} % down", { x, y })) };
  const tools = createTools(desk, viewport, ways);
  const cursor = createCursor(desk, viewport, ways);
  const pointer = createPointer(canvas, viewport, () => (cursor.hide(), tools[tool()]));
  const toolbar = createToolbar(hosts.tools, { act, keyOf: keymap.shown, onRadius: setRadius });
  const bar = createOfferBar(hosts.stage, { act, choose: (index) => desk.cycle(index - desk.state.proposal.chosen) });
  const palette = createPalette(hosts.panel, labels, { keyOf: (key) => keymap.shown(`label:${key}`), onPick: (key) => desk.chooseLabel(key) });
  const list = createMarkList(hosts.panel, {
    title: say("Regions"),
    empty: say("Nothing is marked yet."),
    verbs: [
      { name: "hide", icon: (item) => (item.hidden ? "eye-off" : "eye"), text: (item) => (item.hidden ? say("Show") : say("Hide")) },
      { name: "delete", icon: () => "bin", text: () => say("Delete") },
    ],
    onVerb: (name, id) => ({ select: choose, hide: desk.hide, delete: desk.remove })[name](id),
  });

  function tool() {
    const wished = CHOICE.tool || "box";
    return !keepsCopilot && (wished === "box" || wished === "click") ? "lasso" : wished;
  }

  function available(listens) {
    keepsCopilot = listens;
    if (built) refresh({ quiet: true });
  }

  function noCopilot() {
    announce(say("The copilot is not there. Outline, brush and eraser work without it."));
    if (!["brush", "eraser", "lasso"].includes(CHOICE.tool)) setTool("lasso");
  }

  function hear(message) {
    if (!desk.receive(message) || message.type !== "masks") return;
    announce(sayCount(message.masks.length, "The copilot offers a mask. A accepts, X refuses.", "The copilot offers {count} masks. M shows the next, A accepts, X refuses."));
  }

  function choose(id) {
    desk.select(id === desk.selected ? null : id);
    const region = desk.state.regions.find((one) => one.id === desk.selected);
    if (!region) return;
    const [x, y, width, height] = boxAround(region.shape);
    viewport.reveal(x + width / 2, y + height / 2);
  }

  function setTool(name) {
    CHOICE.tool = name;
    refresh({ quiet: true });
  }

  function setRadius(radius) {
    CHOICE.radius = clamp(Math.round(radius), 1, 100);
    refresh({ quiet: true });
  }

  /** Show the state everywhere. quiet: nothing of the answer has changed. */
  function refresh({ quiet = false } = {}) {
    viewport.redraw();
    canvas.dataset.cursor = tools[tool()].cursor;
    toolbar.mark({ tool: tool(), removing, radius: CHOICE.radius, copilot: keepsCopilot });
    palette.mark(desk.label);
    bar.show({ proposal: desk.state.proposal, label: nameOf(desk.label), tool: tool(), empty: !desk.state.regions.length });
    if (quiet) return;
    list.show(desk.state.regions.map(rowOf));
    onChange();
  }

  function rowOf(region) {
    return {
      ...region,
      name: nameOf(region.label),
      colour: colourOf(region.label),
      detail: shareOf(region.shape),
      selected: region.id === desk.selected,
      hidden: desk.hidden.has(region.id),
    };
  }

  function shareOf(shape) {
    const share = (areaOf(shape) / (size.width * size.height)) * 100;
    return `${share >= 10 ? Math.round(share) : share.toFixed(1)} %`;
  }

  const DO = {
    accept: () => desk.accept() && (announce(say("Accepted as {label}", { label: nameOf(desk.label) })), true),
    refuse: () => desk.refuse(),
    "next-mask": () => desk.cycle(1),
    "previous-mask": () => desk.cycle(-1),
    next: () => desk.step(1),
    previous: () => desk.step(-1),
    delete: () => desk.remove(),
    hide: () => desk.hide(),
    bare: () => ((bare = !bare), viewport.redraw()),
    removing: () => ((removing = !removing), refresh({ quiet: true })),
    smaller: () => setRadius(CHOICE.radius / 1.25),
    larger: () => setRadius(CHOICE.radius * 1.25 + 1),
    fit: () => viewport.fit(),
    closer: () => viewport.zoom(1.3),
    further: () => viewport.zoom(1 / 1.3),
    "press-away": () => cursor.press(tool(), true),
    undo: () => desk.undo(),
    redo: () => desk.redo(),
  };

  /** @returns {boolean} whether the action was one of this room's */
  function act(action, event) {
    if (ARROWS[action]) {
      if (document.activeElement !== canvas) return false;
      return cursor.move(...ARROWS[action], event?.shiftKey);
    }
    const [kind, name] = action.split(/:(.*)/s);
    if (kind === "tool") setTool(name);
    else if (kind === "label") desk.chooseLabel(name);
    else if (DO[action]) DO[action]();
    else return false;
    return true;
  }

  const pick = (at) => desk.select(regionAt(desk.state.regions, ...at)?.id ?? null);
  if (!CHOICE.radius) CHOICE.radius = 14;
  viewport.show(size);
  built = true;
  refresh();

  return {
    keymap,
    act,
    /** Enter before it means submit. @returns {boolean} */
    enter: () => cursor.press(tool(), false, pick) || DO.accept(),
    /** Esc lets go of the innermost thing. @returns {boolean} */
    escape: () => pointer.cancel() || desk.refuse() || cursor.hide() || (Boolean(desk.selected) && (desk.select(null), true)),
    answer: desk.answer,
    refused: () => desk.state.refused,
    history: desk.history,
    isEmpty: () => !desk.state.regions.length,
    pending: () => Boolean(desk.state.proposal && !desk.state.proposal.failed),
    focus: () => canvas.focus({ preventScroll: true }),
    /** @returns {Promise<void>} once the image is on screen; rejects when it cannot be shown */
    async ready() {
      const image = new Image();
      image.src = task.image.url;
      await image.decode();
      picture.setBitmap(image);
      viewport.redraw();
    },
    close() {
      copilot.close();
      pointer.close();
      viewport.close();
    },
  };
}
