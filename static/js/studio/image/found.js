/**
 * What a detector saw in the image: boxes, or the masks that were made of them, waiting to be taken or refused. Beside
 * the store's history, as the offers of texts are: one waits while it is neither in the answer nor rejected.
 */
import { decodeMask, encodeWindow, resizedWindow } from "../shared/rle.js";
import { asOffered, changed } from "../shared/provenance.js";
import { withoutIslands } from "./mask_parts.js";
import { boxShape } from "./outlines.js";
import { addRegion } from "./regions.js";
import { say } from "../shared/words.js";

/**
 * @param {{now: () => any, push: (state: any, name: string, selected: string|null) => void, letGo: () => void, takes: (key: string, type: string) => boolean,
 *   asTaken: (mask: any, key: string) => any,
 *   size: {width: number, height: number}, ask: (box: number[], label: string) => boolean, inHand: () => string, onChange: () => void}} store
 *   letGo: of the selected region, since a suggestion is selected instead
 *   ask: have the copilot find the mask in a box
 *   asTaken: a mask in the shape that a label takes, or null
 *   inHand: the label for what has none of its own
 */
export function foundVerbs({ now, push, letGo, takes, asTaken, size, ask, inHand, onChange }) {
  let offers = []; // the surest first; of one without a label nobody has said what it is: it takes the one in hand
  let current = null; // the selected suggestion
  const asked = new Set(); // those whose mask the copilot was asked for instead

  function waiting() {
    const { regions, rejected } = now();
    const gone = new Set([...regions.map(({ provenance }) => provenance.suggestion), ...rejected.map(({ suggestion }) => suggestion), ...asked]);
    return offers.filter(({ suggestion }) => !gone.has(suggestion));
  }

  const first = () => {
    const all = waiting();
    return all.find(({ suggestion }) => suggestion === current) ?? all[0] ?? null;
  };

  /** The shape in which its label takes an offer, or null. */
  function shapeOf({ box, mask }, label) {
    return (mask && asTaken(fullMask(withoutIslands(mask, []), size), label)) || (takes(label, "box") ? boxShape(box) : null);
  }

  function onwards(by) {
    const all = waiting();
    const at = all.findIndex((one) => one === first());
    return all.length > 1 ? all[(at + by + all.length) % all.length] : null;
  }

  /** Take several in one step; those whose label takes neither box nor a mask at hand stay. @returns {number} how many */
  function takeAll(some, key = null) {
    let { regions } = now();
    const labelOf = (offer) => key ?? (offer.label || inHand());
    const good = some.map((one) => [one, shapeOf(one, labelOf(one))]).filter(([, shape]) => shape);
    let last = null;
    for (const [one, shape] of good) {
      const whole = asOffered(one.suggestion, one.model);
      const added = addRegion(regions, labelOf(one), shape, key && one.label && key !== one.label ? changed(whole) : whole);
      [regions, last] = [added.regions, added.id];
      if (one.attributes) regions = [...regions.slice(0, -1), { ...regions.at(-1), attributes: one.attributes }];
    }
    if (good.length) push({ ...now(), regions }, good.length > 1 ? say("Accept all") : say("Accept"), current ? null : last);
    return good.length;
  }

  return {
    /** The label under which an offer is taken: its own, or else the one in hand. @param {string} own */
    foundLabel: (own) => own || inHand(),
    /** The offers that wait, the surest first. */
    found: waiting,
    /** The one that accept and reject are about, or null. */
    foundNow: first,
    receiveBoxes(message) {
      const others = offers.filter(({ suggestion }) => !message.boxes.some((one) => one.suggestion === suggestion));
      const told = message.boxes.map((one) => ({ ...one, model: message.model }));
      offers = [...others, ...told].sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
      onChange();
    },
    /** The selected suggestion, or null: one that nobody went to isn't selected. */
    foundSelected: () => waiting().find(({ suggestion }) => suggestion === current) ?? null,
    letGoFound: () => (current = null),
    /** Take it under its own label or another; then the next one is selected. @param {string|null} [key] @returns {any|null} what was taken, or asked for */
    acceptFound(key = null) {
      const one = first();
      if (!one) return null;
      current = onwards(1)?.suggestion ?? null;
      if (takeAll([one], key)) return one;
      if (!ask(one.box, key ?? (one.label || inHand()))) return null;
      asked.add(one.suggestion);
      return one;
    },
    rejectFound() {
      const one = first();
      if (!one) return null;
      current = onwards(1)?.suggestion ?? null;
      push({ ...now(), rejected: [...now().rejected, { suggestion: one.suggestion }] }, say("Reject"), null);
      return one;
    },
    /**
     * @param {string[]|null} [bands] those of these bands alone; one without a label of its own has none, since how sure
     *   a mask is says nothing of what is in it
     * @returns {number} how many were taken
     */
    acceptAllFound(bands = null) {
      current = null;
      return takeAll(waiting().filter(({ band }) => bands === null || bands.includes(band)));
    },
    /** Select the suggestion after the one that is marked out (+1), before it, or that very one (0). @returns {any|null} */
    stepFound(by) {
      const next = (by && onwards(by)) || first();
      current = next?.suggestion ?? null;
      if (next) letGo();
      onChange();
      return next;
    },
  };
}

/** A mask as offered (at most 1024 px) at the image's full size. */
export function fullMask({ size: [height, width], counts }, size) {
  if (height === size.height && width === size.width) return { type: "mask", size: [height, width], counts };
  const { bits, box } = resizedWindow(decodeMask({ size: [height, width], counts }), size.height, size.width);
  return { type: "mask", ...encodeWindow(bits, box, size) };
}
