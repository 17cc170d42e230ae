/**
 * Everything that can be done to an image task, without a canvas: the state, its one history, and the verbs.
 * The state is {regions, proposal, refused}; which region is selected or hidden is no part of the history.
 */
import { fillOutline, stroke } from "./geometry.js";
import { createHistory } from "./history.js";
import * as offer from "./proposal.js";
import { asOffered } from "./provenance.js";
import { addRegion, isEmptyShape, neighbour, relabelRegion, removeRegion, reshapeRegion } from "./regions.js";
import { decodeMask, encodeMask, resizeMask } from "./rle.js";
import { say } from "./words.js";

/**
 * @param {object} options
 * @param {{key: string}[]} options.labels
 * @param {{width: number, height: number}} options.size the image's full size
 * @param {{regions: object[]}|null} options.answer
 * @param {{suggestion: string}[]} [options.refused]
 * @param {{ask: (prompt: object) => string|null, cancel: () => void}} options.copilot ask gives the prompt's id,
 *   null when there is no copilot
 * @param {() => void} options.onChange after every change of state, selection or label
 */
export function createImageDesk({ labels, size, answer, refused = [], copilot, onChange }) {
  const start = { regions: answer?.regions ?? [], proposal: null, refused };
  const history = createHistory(start, { onChange: () => settle() });
  let label = labels[0]?.key ?? null;
  let selected = null;
  const hidden = new Set();

  const now = () => history.present;
  const find = (id) => now().regions.find((region) => region.id === id) ?? null;

  function settle() {
    if (selected && !find(selected)) selected = null;
    onChange();
  }

  function ask(proposal, name) {
    const asked = copilot.ask(offer.promptOf(proposal));
    if (!asked) return false;
    const next = { ...now(), proposal: offer.waitingFor(proposal, asked) };
    selected = null;
    if (name) history.push(next, name);
    else history.amend(next);
    return true;
  }

  /** After undo or redo: a question whose answer was dropped is asked again. */
  function reopen() {
    const { proposal } = now();
    copilot.cancel();
    if (proposal?.asked) ask({ ...proposal, asked: null }, "");
  }

  function put(shape, name, provenance) {
    const added = addRegion(now().regions, label, shape, provenance);
    selected = added.id;
    history.push({ ...now(), regions: added.regions, proposal: null }, name);
  }

  function edited(id, change, name) {
    const bitmap = id ? decodeMask(find(id).shape) : blank(size);
    change(bitmap);
    const shape = { type: "mask", ...encodeMask(bitmap) };
    if (id) history.push({ ...now(), regions: reshapeRegion(now().regions, id, shape) }, name);
    else if (!isEmptyShape(shape)) put(shape, name);
  }

  const desk = {
    get state() {
      return now();
    },
    get label() {
      return label;
    },
    get selected() {
      return selected;
    },
    hidden,
    history,

    /** @returns {boolean} false when there is no copilot to ask */
    promptBox: (box) => ask(offer.fromBox(box), say("Box")),
    promptPoint(x, y, adds) {
      return ask(offer.withPoint(now().proposal, x, y, adds), adds ? say("Add click") : say("Remove click"));
    },
    /** The copilot's masks or its regret; an answer to an older question is dropped. */
    receive(message) {
      const { proposal } = now();
      if (!proposal?.asked || proposal.asked !== message.id) return false;
      const next =
        message.type === "masks" ? offer.answered(proposal, message) : offer.unanswered(proposal, message.text);
      history.amend({ ...now(), proposal: next });
      return true;
    },
    cycle(step) {
      const { proposal } = now();
      if (!proposal || proposal.masks.length < 2) return false;
      history.amend({ ...now(), proposal: offer.cycled(proposal, step) });
      return true;
    },
    /** The mask on offer becomes a region under the current label. */
    accept() {
      const { proposal } = now();
      if (!offer.isReady(proposal) || !label) return false;
      copilot.cancel();
      const shape = fullShape(proposal.masks[proposal.chosen], size);
      if (isEmptyShape(shape)) return false;
      put(shape, say("Accept"), asOffered(proposal.suggestion, proposal.model));
      return true;
    },
    refuse() {
      const { proposal } = now();
      if (!proposal) return false;
      copilot.cancel();
      const { suggestion } = proposal;
      const gone = suggestion ? [...now().refused, { suggestion }] : now().refused;
      history.push({ ...now(), proposal: null, refused: gone }, say("Refuse"));
      return true;
    },
    /** A label's key: names what is on offer and takes it, renames what is selected, or is the next one's label. */
    chooseLabel(key) {
      label = key;
      if (offer.isReady(now().proposal)) return desk.accept();
      if (selected) history.push({ ...now(), regions: relabelRegion(now().regions, selected, key) }, say("Label"));
      onChange();
      return true;
    },
    /** Brush (value 1) or eraser (0) along a path; a mask on offer is accepted first. */
    paint(path, radius, value) {
      if (offer.isReady(now().proposal)) desk.accept();
      if (!value && !selected) return false;
      const along = (bitmap) =>
        path.forEach((point, i) => stroke(bitmap, path[Math.max(0, i - 1)], point, radius, value));
      edited(selected, along, value ? say("Brush") : say("Eraser"));
      return true;
    },
    /** A closed outline: added to what is selected, or a region of its own. */
    fill(outline) {
      if (offer.isReady(now().proposal)) desk.accept();
      edited(selected, (bitmap) => fillOutline(bitmap, outline, 1), say("Outline"));
    },
    select(id) {
      if (id === selected) return;
      selected = id;
      if (id) label = find(id).label;
      onChange();
    },
    step: (by) => desk.select(neighbour(now().regions, selected, by)),
    remove(id = selected) {
      if (!id || !find(id)) return false;
      history.push({ ...now(), regions: removeRegion(now().regions, id) }, say("Delete"));
      return true;
    },
    hide(id = selected) {
      if (!id) return false;
      if (!hidden.delete(id)) hidden.add(id);
      onChange();
      return true;
    },
    undo: () => history.undo() && (reopen(), true),
    redo: () => history.redo() && (reopen(), true),
    answer: () => ({ regions: now().regions }),
  };
  return desk;
}

/** A mask as offered (at most 1024 px) at the image's full size. */
export function fullShape({ size: [height, width], counts }, size) {
  if (height === size.height && width === size.width) return { type: "mask", size: [height, width], counts };
  const grown = resizeMask(decodeMask({ size: [height, width], counts }), size.height, size.width);
  return { type: "mask", ...encodeMask(grown) };
}

function blank({ width, height }) {
  return { width, height, data: new Uint8Array(width * height) };
}
