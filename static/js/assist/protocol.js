/**
 * Every message between a page and the copilot, and the only place that reads or writes them here.
 * The twin of assist/session/protocol.py; both are tested against tests/fixtures/assist_protocol.json.
 *
 * @typedef {[number, number, 0|1]} Point  x, y in pixels of the image; 1 includes, 0 leaves out
 * @typedef {[number, number, number, number]} Box  x, y, width, height
 * @typedef {{points?: Point[], box?: Box|null, previous?: string|null}} MaskPrompt
 * @typedef {{size: [number, number], counts: string, score: number, handle: string}} OfferedMask
 * @typedef {{suggestion: string, start: number, end: number, label: string, score: number|null,
 *   band: "high"|"medium"|"low"|null}} OfferedSpan
 * @typedef {{suggestion: string, field: string, label: string, score: number|null}} OfferedClass
 * @typedef {{suggestion: string, label: string, shape: any, attributes: any, score: number|null}} OfferedRegion
 * @typedef {{type: "ready", id: string, capability: "segment"|"spans"|"classify", model: string, waits?: boolean,
 *   imported?: boolean, boxes?: boolean, words?: boolean}} Ready
 * @typedef {{type: "masks", id: string, suggestion: string, model: string, masks: OfferedMask[], best: number,
 *   image_size: [number, number], latency_ms: number, more?: boolean}} Masks
 * @typedef {{type: "spans", id: string, model: string, spans: OfferedSpan[], latency_ms: number}} Spans
 * @typedef {{type: "classes", id: string, model: string, classes: OfferedClass[], latency_ms: number, more?: boolean}} Classes
 * @typedef {{type: "regions", id: string, model: string, regions: OfferedRegion[], latency_ms: number}} Regions
 * @typedef {{suggestion: string, box: Box, label: string, score: number|null, mask: {size: [number, number], counts: string}|null,
 *   attributes?: any, band?: "high"|"medium"|"low"|null}} OfferedBox
 * @typedef {{type: "boxes", id: string, model: string, boxes: OfferedBox[], note: string, latency_ms: number}} Boxes
 * @typedef {{type: "progress", id: string, found: number, done: number, of: number}} Progress of a search: things found, places looked at
 * @typedef {{part: string, label: string, attribute: string, start?: number, end?: number, box?: Box}} Wanted  words for an
 *   attribute of a span or a region
 * @typedef {{type: "words", id: string, suggestion: string, model: string, words: string, latency_ms: number}} Words
 * @typedef {{type: "pong", id: string}} Pong
 * @typedef {{type: "error", id: string|null, code: string, text: string}} Failure
 * @typedef {Ready|Masks|Spans|Classes|Regions|Boxes|Progress|Words|Pong|Failure} ServerMessage
 */

import { say } from "../studio/shared/words.js";

export const MAX_BYTES = 64 * 1024;
const MAX_POINTS = 64;
const MAX_COORDINATE = 1_000_000;
const MAX_NAME = 120;

const ID = /^[A-Za-z0-9_.:-]{1,64}$/;
const WRONG = say("The copilot can make nothing of this. Undo the last step, or go on by hand.");
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A frame that is no message; `code` is too-big, bad-message or bad-prompt. */
export class ProtocolError extends Error {
  /**
   * @param {string} code
   * @param {string} text
   * @param {string|null} [id]
   */
  constructor(code, text, id = null) {
    super(text);
    this.name = "ProtocolError";
    this.code = code;
    this.id = id;
  }
}

/** @param {string} id @param {string} token */
export function openFrame(id, token) {
  return checked({ type: "open", id, token });
}

/** @param {string} id @param {MaskPrompt} prompt */
export function maskPromptFrame(id, { points = [], box = null, previous = null }) {
  return checked({ type: "prompt", id, prompt: { points, box, previous } });
}

/** @param {string} id */
export function textPromptFrame(id) {
  return checked({ type: "prompt", id, prompt: { text: true } });
}

/** The regions that were imported with the image. @param {string} id */
export function importedPromptFrame(id) {
  return checked({ type: "prompt", id, prompt: { imported: true } });
}

/** @param {string} id */
export function boxesPromptFrame(id) {
  return checked({ type: "prompt", id, prompt: { boxes: true } });
}

/** The masks of all that stands apart in the image. @param {string} id */
export function everythingPromptFrame(id) {
  return checked({ type: "prompt", id, prompt: { everything: true } });
}

/** Words for an attribute of what is marked. @param {string} id @param {Wanted} words */
export function wordsPromptFrame(id, words) {
  return checked({ type: "prompt", id, prompt: { words } });
}

/** @param {string} id */
export function cancelFrame(id) {
  return checked({ type: "cancel", id });
}

/** Whether the other side is still there. @param {string} id */
export function pingFrame(id) {
  return checked({ type: "ping", id });
}

/** Nothing leaves that the other side would reject. */
function checked(message) {
  const frame = JSON.stringify(message);
  parseClient(frame);
  return frame;
}

/**
 * The message in a frame from a page, by the rules of `parse` in assist/session/protocol.py. What is wrong with one is said in
 * words there: no page of ours sends such.
 * @param {string} frame
 */
export function parseClient(frame) {
  require(new TextEncoder().encode(frame).length <= MAX_BYTES, "too-big", WRONG, null);
  const fields = parseObject(frame);
  const { type, id, token, prompt } = fields;
  const known = { __proto__: null, open: ["token"], prompt: ["prompt"], cancel: [], ping: [] }[type];
  require(typeof id === "string" && ID.test(id), "bad-message", WRONG, null);
  require(known, "bad-message", WRONG, id);
  only(fields, ["type", "id", ...known], id, "bad-message");
  require(type !== "open" || (typeof token === "string" && UUID.test(token)), "bad-message", WRONG, id);
  if (type === "prompt") checkPrompt(prompt, id);
  return fields;
}

function checkPrompt(prompt, id) {
  const must = (holds) => require(holds, "bad-prompt", WRONG, id);
  must(isObject(prompt));
  if ("text" in prompt) {
    only(prompt, ["text"], id, "bad-prompt");
    return must(prompt.text === true);
  }
  if ("imported" in prompt) {
    only(prompt, ["imported"], id, "bad-prompt");
    return must(prompt.imported === true);
  }
  if ("boxes" in prompt) {
    only(prompt, ["boxes"], id, "bad-prompt");
    return must(prompt.boxes === true);
  }
  if ("everything" in prompt) {
    only(prompt, ["everything"], id, "bad-prompt");
    return must(prompt.everything === true);
  }
  if ("words" in prompt) {
    only(prompt, ["words"], id, "bad-prompt");
    return must(isWanted(prompt.words, id));
  }
  only(prompt, ["points", "box", "previous"], id, "bad-prompt");
  const { points = [], box = null, previous = null } = prompt;
  must(Array.isArray(points) && points.length <= MAX_POINTS);
  must(points.every((point) => isNumbers(point, 3) && (point[2] === 0 || point[2] === 1))); // 1 includes, 0 leaves out
  must(box === null || (isNumbers(box, 4) && box[2] > 0 && box[3] > 0));
  must(previous === null || (typeof previous === "string" && ID.test(previous)));
  must(points.length > 0 || box !== null);
}

function isWanted(words, id) {
  if (!isObject(words)) return false;
  only(words, ["part", "label", "attribute", "start", "end", "box"], id, "bad-prompt");
  const { start = 0, end = 0, box = null } = words;
  const placed = Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= MAX_COORDINATE;
  const boxed = isNumbers(box, 4) && box[2] > 0 && box[3] > 0;
  const named = [words.part, words.label, words.attribute].every((one) => isText(one) && one.length <= MAX_NAME);
  return named && (box === null ? placed : boxed && !placed);
}

/**
 * The message in a frame from the server. Fields it does not know are let be: the server may be newer than the page.
 * @param {string} frame
 * @returns {ServerMessage}
 */
export function parseServer(frame) {
  const fields = parseObject(frame);
  const good = SERVER_CHECKS[fields.type]?.(fields);
  require(good === true, "bad-message", WRONG, typeof fields.id === "string" ? fields.id : null);
  return fields;
}

const SERVER_CHECKS = {
  __proto__: null,
  ready: (m) => isText(m.id) && ["segment", "spans", "classify"].includes(m.capability) && isText(m.model) &&
    [m.waits, m.imported, m.boxes, m.words].every((one) => one === undefined || typeof one === "boolean"),
  masks: (m) =>
    isText(m.id) && isText(m.suggestion) && isText(m.model) && isNumbers(m.image_size, 2) &&
    Number.isFinite(m.latency_ms) && Array.isArray(m.masks) && m.masks.every(isMask) &&
    Number.isInteger(m.best) && m.best >= 0 && m.best < m.masks.length && (m.more === undefined || typeof m.more === "boolean"),
  spans: (m) =>
    isText(m.id) && isText(m.model) && Number.isFinite(m.latency_ms) && Array.isArray(m.spans) &&
    m.spans.every(isSpan),
  classes: (m) =>
    isText(m.id) && isText(m.model) && Number.isFinite(m.latency_ms) && Array.isArray(m.classes) &&
    m.classes.every(isClass) && (m.more === undefined || typeof m.more === "boolean"),
  regions: (m) =>
    isText(m.id) && isText(m.model) && Number.isFinite(m.latency_ms) && Array.isArray(m.regions) &&
    m.regions.every(isRegion),
  boxes: (m) =>
    isText(m.id) && isText(m.model) && Number.isFinite(m.latency_ms) && typeof m.note === "string" &&
    Array.isArray(m.boxes) && m.boxes.every(isBox),
  progress: (m) => isText(m.id) && [m.found, m.done, m.of].every((count) => Number.isInteger(count) && count >= 0),
  words: (m) => isText(m.id) && isText(m.suggestion) && isText(m.model) && isText(m.words) && Number.isFinite(m.latency_ms),
  pong: (m) => isText(m.id),
  error: (m) => (m.id === null || isText(m.id)) && isText(m.code) && isText(m.text),
};

function isMask(mask) {
  return isObject(mask) && isNumbers(mask.size, 2) && isText(mask.counts) && Number.isFinite(mask.score) &&
    isText(mask.handle);
}

function isRegion(region) {
  return isObject(region) && isText(region.suggestion) && isText(region.label) && isObject(region.shape) &&
    isText(region.shape.type) && isObject(region.attributes) && (region.score === null || Number.isFinite(region.score));
}

function isSpan(span) {
  return isObject(span) && isText(span.suggestion) && isText(span.label) &&
    Number.isInteger(span.start) && Number.isInteger(span.end) && 0 <= span.start && span.start < span.end &&
    (span.score === null || Number.isFinite(span.score)) && isBand(span.band);
}

function isBand(band) {
  return [null, undefined, "high", "medium", "low"].includes(band);
}

function isBox(one) {
  return isObject(one) && isText(one.suggestion) && typeof one.label === "string" && isNumbers(one.box, 4) &&
    one.box[2] > 0 && one.box[3] > 0 && (one.score === null || Number.isFinite(one.score)) &&
    isBand(one.band) &&
    (one.mask === null || (isObject(one.mask) && isNumbers(one.mask.size, 2) && isText(one.mask.counts))) &&
    (one.attributes === undefined || isObject(one.attributes));
}

function isClass(one) {
  return isObject(one) && isText(one.suggestion) && isText(one.field) && isText(one.label) &&
    (one.score === null || Number.isFinite(one.score));
}

function parseObject(frame) {
  let value;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new ProtocolError("bad-message", WRONG);
  }
  require(isObject(value), "bad-message", WRONG, null);
  return value;
}

function only(fields, known, id, code) {
  require(Object.keys(fields).every((key) => known.includes(key)), code, WRONG, id);
}

function require(holds, code, text, id) {
  if (!holds) throw new ProtocolError(code, text, id);
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value) {
  return typeof value === "string" && value.length > 0;
}

function isNumbers(value, length) {
  return Array.isArray(value) && value.length === length &&
    value.every((n) => typeof n === "number" && Math.abs(n) <= MAX_COORDINATE);
}
