/**
 * What the copilot was asked about one object, and what it offered. Plain values; each step gives a new one.
 *
 * @typedef {object} Proposal
 * @property {[number, number, 0|1][]} points image pixels; 1 adds, 0 takes away
 * @property {[number, number, number, number]|null} box
 * @property {string|null} asked id of the prompt whose answer is awaited
 * @property {{size: [number, number], counts: string, score: number, handle: string}[]} masks
 * @property {number} chosen index into masks
 * @property {string|null} suggestion
 * @property {string|null} model
 * @property {string|null} failed why there is no answer
 * @property {boolean} [accepting] to be taken as soon as its masks come
 * @property {string|null} [sharper] id of the prompt whose sharper masks may follow; none once somebody looked on
 */

/** @returns {Proposal} */
export function fromBox(box) {
  return { points: [], box, asked: null, masks: [], chosen: 0, suggestion: null, model: null, failed: null };
}

/** One more point; without an earlier proposal it begins one. @param {Proposal|null} proposal */
export function withPoint(proposal, x, y, adds) {
  const before = proposal ?? fromBox(null);
  return { ...before, points: [...before.points, [x, y, adds ? 1 : 0]], failed: null };
}

/** The prompt to send: refinements carry the handle of the mask that is being refined. @param {Proposal} proposal */
export function promptOf({ points, box, masks, chosen }) {
  return { points, box, previous: masks[chosen]?.handle ?? null };
}

/** @param {Proposal} proposal */
export function waitingFor(proposal, asked) {
  return { ...proposal, asked, failed: null, sharper: null, accepting: false };
}

/** The copilot's answer, its own choice first. @param {Proposal} proposal */
export function answered(proposal, reply) {
  return {
    ...proposal,
    asked: null,
    accepting: false,
    failed: null,
    masks: reply.masks.map((mask) => ({ type: "mask", ...mask })),
    chosen: reply.best ?? 0,
    suggestion: reply.suggestion,
    model: reply.model ?? null,
    sharper: reply.more ? reply.id : null,
  };
}

/** No answer came; masks of an earlier answer stay usable. @param {Proposal} proposal */
export function unanswered(proposal, why) {
  return { ...proposal, asked: null, accepting: false, failed: why };
}

/** The next of the masks on offer. @param {Proposal} proposal */
export function cycled(proposal, step = 1) {
  const count = proposal.masks.length;
  return count < 2 ? proposal : { ...proposal, sharper: null, chosen: (proposal.chosen + step + count) % count };
}

/** @param {Proposal|null} proposal */
export function isReady(proposal) {
  return Boolean(proposal?.masks.length);
}
