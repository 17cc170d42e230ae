/**
 * Every message between a page and the copilot, and the only place that reads or writes them here.
 * The twin of assist/protocol.py; both are tested against tests/fixtures/assist_protocol.json.
 *
 * @typedef {[number, number, 0|1]} Point  x, y in pixels of the image; 1 includes, 0 leaves out
 * @typedef {[number, number, number, number]} Box  x, y, width, height
 * @typedef {{points?: Point[], box?: Box|null, previous?: string|null}} MaskPrompt
 * @typedef {{size: [number, number], counts: string, score: number, handle: string}} OfferedMask
 * @typedef {{suggestion: string, start: number, end: number, label: string, score: number|null}} OfferedSpan
 * @typedef {{suggestion: string, field: string, label: string, score: number|null}} OfferedClass
 * @typedef {{type: "ready", id: string, capability: "segment"|"spans"|"classify", model: string, waits?: boolean}} Ready
 * @typedef {{type: "masks", id: string, suggestion: string, model: string, masks: OfferedMask[], best: number,
 *   image_size: [number, number], latency_ms: number}} Masks
 * @typedef {{type: "spans", id: string, model: string, spans: OfferedSpan[], latency_ms: number}} Spans
 * @typedef {{type: "classes", id: string, model: string, classes: OfferedClass[], latency_ms: number}} Classes
 * @typedef {{type: "pong", id: string}} Pong
 * @typedef {{type: "error", id: string|null, code: string, text: string}} Failure
 * @typedef {Ready|Masks|Spans|Classes|Pong|Failure} ServerMessage
 */

export const MAX_BYTES = 64 * 1024;
export const MAX_POINTS = 64;
export const MAX_COORDINATE = 1_000_000;

const ID = /^[A-Za-z0-9_.:-]{1,64}$/;
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

/** @param {string} id */
export function cancelFrame(id) {
  return checked({ type: "cancel", id });
}

/** Whether the other side is still there. @param {string} id */
export function pingFrame(id) {
  return checked({ type: "ping", id });
}

/** Nothing leaves that the other side would refuse. */
function checked(message) {
  const frame = JSON.stringify(message);
  parseClient(frame);
  return frame;
}

/**
 * The message in a frame from a page, by the rules of `parse` in assist/protocol.py.
 * @param {string} frame
 */
export function parseClient(frame) {
  if (new TextEncoder().encode(frame).length > MAX_BYTES) {
    throw new ProtocolError("too-big", `A message has at most ${MAX_BYTES / 1024} kB.`);
  }
  const fields = parseObject(frame);
  const id = fields.id;
  if (typeof id !== "string" || !ID.test(id)) {
    throw new ProtocolError("bad-message", "A message has an id of 1 to 64 letters, digits or . _ : -");
  }
  switch (fields.type) {
    case "open":
      only(fields, ["type", "id", "token"], id, "bad-message");
      require(typeof fields.token === "string" && UUID.test(fields.token), "bad-message", "The token is a UUID.", id);
      return fields;
    case "prompt":
      only(fields, ["type", "id", "prompt"], id, "bad-message");
      checkPrompt(fields.prompt, id);
      return fields;
    case "cancel":
    case "ping":
      only(fields, ["type", "id"], id, "bad-message");
      return fields;
    default:
      throw new ProtocolError("bad-message", "The type is open, prompt, cancel or ping.", id);
  }
}

function checkPrompt(prompt, id) {
  const must = (holds, text) => require(holds, "bad-prompt", text, id);
  must(isObject(prompt), "A prompt is an object.");
  if ("text" in prompt) {
    only(prompt, ["text"], id, "bad-prompt");
    must(prompt.text === true, "A text prompt says text: true.");
    return;
  }
  only(prompt, ["points", "box", "previous"], id, "bad-prompt");
  const { points = [], box = null, previous = null } = prompt;
  must(Array.isArray(points), "points is a list.");
  must(points.length <= MAX_POINTS, `A prompt has at most ${MAX_POINTS} points.`);
  for (const point of points) {
    must(isNumbers(point, 3), "A point is [x, y, 1 or 0].");
    must(point[2] === 0 || point[2] === 1, "A point ends in 1 (include) or 0 (leave out).");
  }
  must(box === null || isNumbers(box, 4), "A box is [x, y, width, height], or null.");
  must(box === null || (box[2] > 0 && box[3] > 0), "A box is wider and higher than nothing.");
  must(previous === null || (typeof previous === "string" && ID.test(previous)),
    "previous is the handle of a mask, or null.");
  must(points.length > 0 || box !== null, "A prompt has at least one point or a box.");
}

/**
 * The message in a frame from the server. Fields it does not know are let be: the server may be newer than the page.
 * @param {string} frame
 * @returns {ServerMessage}
 */
export function parseServer(frame) {
  const fields = parseObject(frame);
  const good = SERVER_CHECKS[fields.type]?.(fields);
  require(good === true, "bad-message", "The server said something this page does not understand.",
    typeof fields.id === "string" ? fields.id : null);
  return fields;
}

const SERVER_CHECKS = {
  __proto__: null,
  ready: (m) => isText(m.id) && ["segment", "spans", "classify"].includes(m.capability) && isText(m.model) &&
    (m.waits === undefined || typeof m.waits === "boolean"),
  masks: (m) =>
    isText(m.id) && isText(m.suggestion) && isText(m.model) && isNumbers(m.image_size, 2) &&
    Number.isFinite(m.latency_ms) && Array.isArray(m.masks) && m.masks.every(isMask) &&
    Number.isInteger(m.best) && m.best >= 0 && m.best < m.masks.length,
  spans: (m) =>
    isText(m.id) && isText(m.model) && Number.isFinite(m.latency_ms) && Array.isArray(m.spans) &&
    m.spans.every(isSpan),
  classes: (m) =>
    isText(m.id) && isText(m.model) && Number.isFinite(m.latency_ms) && Array.isArray(m.classes) &&
    m.classes.every(isClass),
  pong: (m) => isText(m.id),
  error: (m) => (m.id === null || isText(m.id)) && isText(m.code) && isText(m.text),
};

function isMask(mask) {
  return isObject(mask) && isNumbers(mask.size, 2) && isText(mask.counts) && Number.isFinite(mask.score) &&
    isText(mask.handle);
}

function isSpan(span) {
  return isObject(span) && isText(span.suggestion) && isText(span.label) &&
    Number.isInteger(span.start) && Number.isInteger(span.end) && 0 <= span.start && span.start < span.end &&
    (span.score === null || Number.isFinite(span.score));
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
    throw new ProtocolError("bad-message", "This is not JSON.");
  }
  require(isObject(value), "bad-message", "A message is a JSON object.", null);
  return value;
}

function only(fields, known, id, code) {
  const unknown = Object.keys(fields).filter((key) => !known.includes(key)).sort();
  require(unknown.length === 0, code, `Unknown field: ${String(unknown[0]).slice(0, 40)}.`, id);
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
