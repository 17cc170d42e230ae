/**
 * Everything that can be done to an image task, without a canvas: the state, its one history, and the verbs.
 * The state is {regions, proposal, rejected, outline}; what is selected, hidden or locked is no part of the history.
 * outline: a polygon, line or (by keyboard) mask outline that is being placed, {type, points}, or null.
 */
import { same } from "../shell/draft_changes.js";
import { keepDefaults } from "../shared/defaults.js";
import { createHistory } from "../shared/history.js";
import { outlineVerbs } from "./outline_verbs.js";
import { filled, joined, pocketAt, ringsOf, stroked, without } from "./mask_edits.js";
import { boxShape, faultOf, placed, ringArea } from "./outlines.js";
import { foundVerbs, fullMask } from "./found.js";
import { withoutIslands } from "./mask_parts.js";
import * as offer from "./proposal.js";
import { asOffered, changed } from "../shared/provenance.js";
import { addRegion, boundsOf, describeRegion, isEmptyShape, neighbour, relabelRegion, removeRegion, reshapeRegion, shiftRegion } from "./regions.js";
import { boxOf } from "../shared/rle.js";
import { say } from "../shared/words.js";

/** What a label takes when its project says nothing. */
const MASKS = ["mask"];

/**
 * @param {object} options
 * @param {{key: string, shapes?: string[]}[]} options.labels
 * @param {{width: number, height: number}} options.size the image's full size
 * @param {{regions: any[]}|null} options.answer
 * @param {{suggestion: string}[]} [options.rejected]
 * @param {any|null} [options.outline] what was being placed when the page was left
 * @param {any|null} [options.proposal] what the copilot was asked or had offered then
 * @param {string} [options.inHand] the label in hand, if there is such a one here
 * @param {{ask: (prompt: any) => string|null, cancel: () => void}} options.copilot ask gives the prompt's id,
 *   null when there is no copilot
 * @param {() => void} options.onChange after every change of state, selection or label
 */
export function createImageStore({ labels, size, answer, rejected = [], outline = null, proposal = null, inHand, copilot, onChange }) {
  const start = { regions: answer?.regions ?? [], proposal, rejected, outline };
  const labelOf = (key) => labels.find((one) => one.key === key);
  const history = keepDefaults(createHistory(start, { onChange: () => settle() }), "regions", labelOf);
  let label = (labels.find((one) => one.key === inHand) ?? labels[0])?.key ?? null;
  let selected = null;
  let left = null; // what is unfinished, as it was last told
  let handle = null;
  const hidden = new Set();
  const locked = new Set();

  const now = () => history.present;
  const find = (id) => now().regions.find((region) => region.id === id) ?? null;
  const open = (id = selected) => (id && !locked.has(id) ? find(id) : null);
  const openMask = () => (open()?.shape.type === "mask" ? open() : null);
  const takes = (key, type) => (labelOf(key)?.shapes ?? MASKS).includes(type);

  function settle() {
    if (selected && !find(selected)) selected = null;
    if (!selected) handle = null;
    onChange();
  }

  function ask(proposal, name) {
    const asked = copilot.ask(offer.promptOf(proposal));
    if (!asked) return false;
    const next = { ...now(), proposal: offer.waitingFor(proposal, asked) };
    selected = null;
    found.letGoFound();
    if (name) history.push(next, name);
    else history.amend(next);
    return true;
  }

  /** After undo or redo: a question whose answer was dropped is asked again. */
  function reopen() {
    const { proposal } = now();
    copilot.cancel();
    const question = proposal?.asked && { ...proposal, asked: null };
    if (question && !ask(question, "")) history.amend({ ...now(), proposal: question });
  }

  /** The label for a new shape: the one in hand if it takes such shapes, else the first that does, else none. */
  function labelFor(type) {
    if (takes(label, type)) return label;
    return labels.find((one) => takes(one.key, type))?.key ?? null;
  }

  /** A new region. @returns {boolean} false when no label takes such a shape */
  function put(shape, name, provenance, rest = {}) {
    const under = labelFor(shape.type);
    if (!under) return false;
    label = under;
    const added = addRegion(now().regions, label, shape, provenance);
    [selected, handle] = [added.id, null];
    found.letGoFound();
    history.push({ ...now(), proposal: null, ...rest, regions: added.regions }, name);
    return true;
  }

  /** Another shape for a region; one that is the same is no step. */
  function reshape(id, shape, name, run, rest) {
    const differs = !same(find(id).shape, shape);
    const regions = differs ? reshapeRegion(now().regions, id, shape) : now().regions;
    if (differs || rest) history.push({ ...now(), ...rest, regions }, name, run);
    return true;
  }

  /** Change the selected mask, or begin one. @param {(shape: any) => any} change @param {string} name @param {any} [rest] */
  function paintMask(change, name, rest) {
    const region = openMask();
    const shape = change(region?.shape ?? null);
    if (region) return reshape(region.id, shape, name, null, rest);
    return isEmptyShape(shape) ? false : put(shape, name, undefined, rest);
  }

  /** A mask as a label takes it: as it is, as its largest outline, or as the box around it. */
  function asTaken(mask, key) {
    if (takes(key, "mask")) return mask;
    if (takes(key, "polygon")) return largestPolygon(mask, size);
    return takes(key, "box") ? boxShape(boxOf(mask)) : null;
  }

  /** What was found waits beside the answer; a suggestion is selected, or a region is, never both. */
  const found = foundVerbs({
    now, takes, asTaken, size,
    push(state, name, id) {
      [selected, handle] = [id, null];
      history.push(state, name);
    },
    inHand: () => labelFor("mask") ?? label,
    ask: (box, key) => ((label = key), ask(offer.fromBox(box), say("Box"))),
    letGo: () => (selected = handle = null),
    onChange: () => onChange(),
  });

  const store = {
    get state() {
      return now();
    },
    /** Lay down regions that were imported, as one step; says how many. None once there is anything else. */
    bring(found, model) {
      if (now().regions.length || now().proposal || now().outline) return 0;
      let regions = [];
      for (const { suggestion, label: key, shape, attributes } of found) {
        if (!labels.some((one) => one.key === key)) continue;
        regions = addRegion(regions, key, shape, asOffered(suggestion, model)).regions;
        regions = [...regions.slice(0, -1), { ...regions.at(-1), attributes }];
      }
      if (regions.length) history.push({ ...now(), regions }, say("Bring in regions"));
      return regions.length;
    },
    get label() {
      return label;
    },
    get selected() {
      return selected;
    },
    /** The region that may be changed now, or null. */
    get open() {
      return open();
    },
    /** The regions that a press picks from: those in sight that aren't locked. */
    get free() {
      return now().regions.filter(({ id }) => !hidden.has(id) && !locked.has(id));
    },
    get handle() {
      return handle;
    },
    hidden,
    locked,
    history,
    takes,
    ...outlineVerbs({ now, open, put, reshape, history, size, choose: (index) => ((handle = index), onChange()), handle: () => handle, fill: (...all) => store.fill(...all) }),
    ...found,

    /** @returns {boolean} false when there is no copilot to ask */
    promptBox: (box) => ask(offer.fromBox(box), say("Box")),
    promptPoint(x, y, adds) {
      return ask(offer.withPoint(now().proposal, x, y, adds), adds ? say("Add click") : say("Remove click"));
    },
    /**
     * The copilot's masks or its regret; an answer to an older question is dropped, and so are sharper masks once the
     * first were looked through, taken or left.
     */
    receive(message) {
      const { proposal } = now();
      if (!proposal || ![proposal.asked, proposal.sharper].includes(message.id)) return false;
      if (proposal.sharper && message.type !== "masks") return false;
      const next =
        message.type === "masks" ? offer.answered(proposal, message) : offer.unanswered(proposal, message.text);
      history.amend({ ...now(), proposal: next });
      if (proposal.accepting && offer.isReady(next)) store.accept();
      return true;
    },
    /** Whether there are masks to choose from. */
    get several() {
      return (now().proposal?.masks.length ?? 0) > 1;
    },
    cycle(step) {
      const { proposal } = now();
      if (!proposal || proposal.masks.length < 2) return false;
      if (proposal.sharper) copilot.cancel();
      history.amend({ ...now(), proposal: offer.cycled(proposal, step) });
      return true;
    },
    /** The mask that is asked for is taken as soon as it comes. @returns {boolean} whether one is */
    acceptOnArrival() {
      const { proposal } = now();
      if (!proposal?.asked) return false;
      history.amend({ ...now(), proposal: { ...proposal, accepting: true } });
      return true;
    },
    /** The mask on offer becomes a region under the current label, in the shape that the label takes. */
    accept() {
      const { proposal } = now();
      if (!offer.isReady(proposal) || !label) return false;
      copilot.cancel();
      const mask = proposal.masks[proposal.chosen];
      const scale = mask.size[1] / size.width;
      const clicks = proposal.points.filter(([, , adds]) => adds).map(([x, y]) => [x * scale, y * scale]);
      const shape = fullMask(withoutIslands(mask, clicks), size);
      const taken = isEmptyShape(shape) ? null : asTaken(shape, label);
      return taken ? put(taken, say("Accept"), asOffered(proposal.suggestion, proposal.model)) : false;
    },
    reject() {
      const { proposal } = now();
      if (!proposal) return false;
      copilot.cancel();
      const { suggestion } = proposal;
      const gone = suggestion ? [...now().rejected, { suggestion }] : now().rejected;
      history.push({ ...now(), proposal: null, rejected: gone }, say("Reject"));
      return true;
    },
    /** What came of a suggestion, rejected after all. @returns {boolean} false for a person's own region */
    rejectRegion() {
      const region = open();
      const suggestion = region?.provenance.suggestion;
      if (!suggestion) return false;
      history.push({ ...now(), regions: removeRegion(now().regions, region.id), rejected: [...now().rejected, { suggestion }] }, say("Reject"));
      return true;
    },
    /**
     * A label's key acts on the selection: it takes the mask or the suggestion under that label, or renames the region.
     * With nothing selected, and while a mask is asked for, it is the label of what comes next.
     */
    chooseLabel(key) {
      if (offer.isReady(now().proposal)) {
        label = key;
        return store.accept();
      }
      const region = open();
      if (found.foundSelected()) return Boolean(found.acceptFound(key));
      if (!selected) return store.nextLabel(key), true;
      if (!region) return false;
      if (!takes(key, region.shape.type)) return false;
      label = key;
      if (region.label === key) onChange();
      else history.push({ ...now(), regions: relabelRegion(now().regions, selected, key) }, say("Label"));
      return true;
    },
    /** The label of what comes next; what is selected keeps its own. */
    nextLabel(key) {
      selected = handle = null;
      found.letGoFound();
      label = key;
      onChange();
    },
    /** Brush (value 1) or eraser (0) along a path; a mask on offer is accepted first. @returns {boolean} */
    paint(path, radius, value) {
      if (offer.isReady(now().proposal)) store.accept();
      return paintMask((shape) => stroked(shape, path, radius, value, size), value ? say("Brush") : say("Eraser"));
    },
    /** A closed outline: added to the selected mask or taken from it, or a mask of its own. @returns {boolean} */
    fill(outline, value = 1, rest) {
      if (offer.isReady(now().proposal)) store.accept();
      return paintMask((shape) => filled(shape, outline, value, size), say("Freehand"), rest);
    },
    /** The unmarked ground around a pixel, up to the masks and edges around it. @returns {boolean} false on a mask */
    fillAt(x, y) {
      const walls = now().regions.filter(({ id, shape }) => shape.type === "mask" && !hidden.has(id));
      const pocket = pocketAt(walls.map((region) => region.shape), [x, y], size);
      return pocket ? paintMask((shape) => (shape ? joined(shape, pocket) : pocket), say("Fill")) : false;
    },
    /** The selected mask as a function makes it anew; nothing would be no mask. @param {(mask: any, size: any) => any} change */
    remake(change, name) {
      const region = openMask();
      const shape = region && change(region.shape, size);
      return Boolean(shape) && !isEmptyShape(shape) && reshape(region.id, shape, name);
    },
    /** Take the selected mask's pixels from every free mask that lies under it. @returns {number} masks changed */
    clearUnder() {
      const above = find(selected);
      if (above?.shape.type !== "mask") return 0;
      let count = 0;
      const [free, top] = [store.free, now().regions.indexOf(above)];
      const regions = now().regions.flatMap((region, at) => {
        if (at >= top || !free.includes(region) || region.shape.type !== "mask") return [region];
        const shape = without(region.shape, above.shape);
        if (shape === region.shape) return [region];
        count += 1;
        return isEmptyShape(shape) ? [] : [{ ...region, shape, provenance: changed(region.provenance) }];
      });
      if (count) history.push({ ...now(), regions }, say("Clear underneath"));
      return count;
    },
    /**
     * A mask as polygons (one for each part; holes are filled), a polygon or box as a mask, a box as a polygon: the
     * next kind that the label takes. @returns {boolean}
     */
    convert() {
      const region = open();
      const turned = region && turnedInto(region.shape, (type) => takes(region.label, type), size);
      if (!turned?.length) return false;
      let { regions } = now();
      regions = reshapeRegion(regions, region.id, turned[0]);
      for (const shape of turned.slice(1)) {
        regions = addRegion(regions, region.label, shape, changed(region.provenance)).regions;
      }
      handle = null;
      history.push({ ...now(), regions }, say("Convert"));
      return true;
    },
    describe(key, value, id = selected) {
      if (!open(id)) return false;
      if ((open(id).attributes[key] ?? "") === (value ?? "")) return true;
      history.push({ ...now(), regions: describeRegion(now().regions, id, key, value) }, say("Attribute"), `attribute ${id} ${key}`);
      return true;
    },
    select(id) {
      if (id === selected) return;
      [selected, handle] = [id, null];
      found.letGoFound();
      if (id) label = find(id).label;
      onChange();
    },
    /** The region after the selected one (+1: towards the front) or before it. */
    step: (by) => store.select(neighbour(now().regions, selected, by)),
    remove(id = selected) {
      if (!open(id)) return false;
      history.push({ ...now(), regions: removeRegion(now().regions, id) }, say("Delete"));
      return true;
    },
    /** One region to the front (+1) or back (-1). */
    shift(by, id = selected) {
      const regions = open(id) ? shiftRegion(now().regions, id, by) : now().regions;
      history.push(regions === now().regions ? now() : { ...now(), regions }, by > 0 ? say("Forward") : say("Backward"));
      return true;
    },
    /** Several regions at once, in one step. @param {string|null} lead selected then */
    revise(regions, name, lead = selected) {
      [selected, handle] = [lead, null];
      found.letGoFound();
      history.push({ ...now(), regions }, name);
    },
    hide: (id = selected) => turn(hidden, id),
    lock: (id = selected) => turn(locked, id),
    undo: () => history.undo() && (reopen(), true),
    redo: () => history.redo() && (reopen(), true),
    answer: () => ({ regions: now().regions }),
    /** Another copy of the work in this one's place. */
    take({ regions = [] }, rejected) {
      selected = null;
      history.push({ ...now(), regions, rejected }, say("The other copy"));
    },
    /** What is being placed and what the copilot was asked, with the label for it: the same object until one of them changes. */
    unfinished() {
      const { outline, proposal } = now();
      if (left?.outline !== outline || left?.proposal !== proposal || left?.label !== label) left = { outline, proposal, label };
      return outline || proposal ? left : null;
    },
  };

  function turn(set, id) {
    if (!id) return false;
    if (!set.delete(id)) set.add(id);
    handle = null;
    onChange();
    return true;
  }
  if (proposal) reopen();
  return store;
}

/** What a shape becomes, as a list: an empty one when the label takes nothing else. */
function turnedInto(shape, takes, size) {
  const order = { mask: ["polygon", "box"], polygon: ["mask", "box"], box: ["polygon", "mask"] }[shape.type] ?? [];
  const type = order.find(takes);
  if (type === "box") return [boxShape(boundsOf(shape))];
  if (type === "polygon") return shape.type === "mask" ? polygonsOf(shape, size) : [{ type, points: cornersOfBox(shape) }];
  if (type === "mask") return [filled(null, shape.points ?? cornersOfBox(shape), 1, size)].filter((mask) => !isEmptyShape(mask));
  return [];
}

function cornersOfBox({ x, y, width, height }) {
  return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
}

/** A mask's parts as polygons, the largest first; one that would touch itself is drawn with fewer corners. */
function polygonsOf(mask, size) {
  for (const slack of [0.75, 1.5, 3, 6]) {
    const rings = ringsOf(mask, slack).map((ring) => ring.map((point) => placed(point, size)));
    const good = rings.filter((points) => points.length <= 2000 && !faultOf("polygon", points));
    if (good.length && (good.length === rings.length || slack === 6)) {
      return good.sort((a, b) => ringArea(b) - ringArea(a)).map((points) => ({ type: "polygon", points }));
    }
  }
  return [];
}

function largestPolygon(mask, size) {
  return polygonsOf(mask, size)[0] ?? null;
}
