/**
 * One page's line to the copilot for one assignment. Nothing here is on the path of saving work: every failure ends
 * in a rejected promise or a state with a sentence, and the page goes on.
 *
 * The newest question wins: asking again lets go of the one before, whose promise resolves to null.
 */
import { say } from "../studio/shared/words.js";
import { boxesPromptFrame, cancelFrame, everythingPromptFrame, importedPromptFrame, maskPromptFrame, openFrame, parseServer, pingFrame, textPromptFrame, wordsPromptFrame } from "./protocol.js";

/**
 * connecting: not there yet, questions wait for the line; ready; down: not running just now, tried again by itself;
 * off: not for this work; ended: this assignment is no longer ours.
 * @typedef {"connecting"|"ready"|"down"|"off"|"ended"} Phase
 * @typedef {{phase: Phase, text: string, capability: string, model: string, waits: boolean, imported: boolean, boxes: boolean,
 *   words: boolean}} State
 */

const BACK_OFF_MS = [500, 1000, 2000, 4000, 8000, 15000, 30000];
const OPEN_AGAIN_MS = 5000;
const PATIENCE_MS = 70_000; // a little more than the server's own
const QUIET_MS = 20_000; // after so long without a word the other side is asked whether it is still there
const SILENT_MS = 10_000; // and after so long without an answer to that the line is taken for dead

const CLICK = "click"; // or whatever else is asked again and again
const NO_WORD = 1006;
const SIGNED_OUT = 4401;
const NOT_YOURS = 4403;
const ELSEWHERE = 4408;
const NOT_HELD = 4409;
const ENDINGS = {
  [SIGNED_OUT]: say("You are signed out, so the copilot is off."),
  [NOT_YOURS]: say("This work is not yours, so the copilot is off."),
  [ELSEWHERE]: say("You have too many windows open, so the copilot is off in this one."),
  [NOT_HELD]: say("This work is no longer yours, so the copilot is off."),
};
const UNANSWERED = ["superseded", "cancelled"];
const GONE = ["copilot-down", "model-missing"]; // the model, though the line lives
const DOWN_TEXT = say("The copilot is not reachable just now. Go on without it; it comes back by itself.");
const SLOW_TEXT = say("The copilot took too long over this one. Try again.");

/** Why there is no answer; `message` is one sentence for a person. */
export class CopilotError extends Error {
  /** @param {string} code @param {string} text */
  constructor(code, text) {
    super(text);
    this.name = "CopilotError";
    this.code = code;
  }
}

/** The address of an assignment's socket, beside the page's own. @param {string} assignment @param {Location} here */
export function socketUrl(assignment, here = window.location) {
  return `${here.protocol === "https:" ? "wss:" : "ws:"}//${here.host}/ws/assist/${assignment}/`;
}

/**
 * @param {{url: string, token: string, onState?: (state: State) => void, Socket?: typeof WebSocket,
 *   later?: (run: () => void, ms: number) => any, never?: (timer: any) => void}} options
 */
export function createCopilot({
  url,
  token,
  onState = () => {},
  Socket = globalThis.WebSocket,
  later = (run, ms) => setTimeout(run, ms),
  never = (timer) => clearTimeout(timer),
}) {
  /** @type {State} */
  let state = { phase: "connecting", text: "", capability: "", model: "", waits: false, imported: false, boxes: false, words: false };
  let socket = null;
  let tries = 0;
  let count = 0;
  let closed = false;
  let opened = false; // the line has said which work it is for; a question may follow at once
  let pause = null; // the timer of the next try
  let heard = 0; // how many messages have come
  let listening = null; // the timer of the next look at whether the other side is there
  /** By kind, {id, frame, sent, resolve, reject, part, timer}: a newer question takes the place of one of its own kind alone. */
  const waiting = new Map();

  function tell(phase, text = "", more = {}) {
    state = { ...state, ...more, phase, text };
    if (["down", "off", "ended"].includes(phase)) fail(phase === "down" ? "copilot-down" : "copilot-off", text);
    onState(state);
  }

  function connect() {
    pause = null;
    socket = new Socket(url);
    const own = socket;
    listen(SILENT_MS + QUIET_MS, gone);
    own.onopen = () => open();
    own.onmessage = (event) => {
      if (own !== socket) return;
      listen(QUIET_MS, knock);
      heard += 1;
      hear(String(event.data));
    };
    own.onclose = (event) => own === socket && lost(event.code);
  }

  function open() {
    pause = null;
    socket.send(openFrame(`o${++count}`, token));
    opened = true;
    send();
  }

  function listen(ms, then) {
    never(listening);
    listening = later(then, ms);
  }

  function knock() {
    if (state.phase === "off") return;
    socket.send(pingFrame(`k${++count}`));
    listen(SILENT_MS, gone);
  }

  /** Nothing is heard any more, not even that the line is closed. */
  function gone() {
    const dead = socket;
    lost(NO_WORD);
    dead?.close();
  }

  function lost(code) {
    socket = null;
    opened = false;
    never(pause);
    never(listening);
    if (closed) return;
    if (ENDINGS[code]) {
      tell("ended", ENDINGS[code]);
      return;
    }
    if (state.phase !== "off") tell("down", DOWN_TEXT);
    else return;
    pause = later(connect, BACK_OFF_MS[Math.min(tries++, BACK_OFF_MS.length - 1)]);
  }

  function hear(frame) {
    let message;
    try {
      message = parseServer(frame);
    } catch (problem) {
      if (problem.id !== null) fail("failed", problem.message, problem.id);
      return;
    }
    if (message.type === "ready") {
      tries = 0;
      const { capability, model, waits = false, imported = false, boxes = false, words = false } = message;
      tell("ready", "", { capability, model, waits, imported, boxes, words });
    } else if (message.type === "error") {
      rejected(message);
    } else if (message.type === "progress" || ("more" in message && message.more)) {
      heardPart(message);
    } else {
      settle((one) => one.resolve(message), message.id);
    }
  }

  /** The question waits on, as patiently as at first. */
  function heardPart(message) {
    for (const one of waiting.values()) {
      if (one.id !== message.id) continue;
      beAnswered(one);
      one.part?.(message);
    }
  }

  function rejected({ id, code, text }) {
    if (id !== null && id.startsWith("o")) {
      tell(code === "copilot-off" ? "off" : "down", text);
      if (code !== "copilot-off") pause = later(open, OPEN_AGAIN_MS);
    } else if (GONE.includes(code)) {
      fail(code, text, id);
      never(pause);
      tell("down", text);
      pause = later(open, OPEN_AGAIN_MS);
    } else if (UNANSWERED.includes(code)) settle((one) => one.resolve(null), id);
    else fail(code, text, id);
  }

  /** What becomes of the question of an id; without one, of all that wait. */
  function settle(how, id) {
    for (const [kind, one] of [...waiting]) {
      if (id !== undefined && one.id !== id) continue;
      waiting.delete(kind);
      never(one.timer);
      how(one);
    }
  }

  function fail(code, text, id) {
    settle((one) => one.reject(new CopilotError(code, text)), id);
  }

  function send() {
    for (const one of waiting.values()) {
      if (one.sent || !opened) continue;
      one.sent = true;
      socket.send(one.frame);
      beAnswered(one);
    }
  }

  function beAnswered(one) {
    never(one.timer);
    one.timer = later(() => {
      fail("too-slow", SLOW_TEXT, one.id);
      gone();
    }, PATIENCE_MS);
  }

  function ask(makeFrame, kind = CLICK, part = null) {
    const before = waiting.get(kind);
    if (before) settle((one) => one.resolve(null), before.id);
    if (state.phase !== "ready" && state.phase !== "connecting") {
      return Promise.reject(new CopilotError("copilot-down", state.text || DOWN_TEXT));
    }
    const id = `p${++count}`;
    return new Promise((resolve, reject) => {
      waiting.set(kind, { id, frame: makeFrame(id), sent: false, resolve, reject, part, timer: null });
      send();
    });
  }

  connect();
  return {
    /** @returns {State} */
    state: () => state,
    /**
     * Masks for points and a box; null if a newer question or a cancel came in between. `part` is told them at once where
     * sharper ones follow.
     * Throws ProtocolError for a prompt that makes no sense, CopilotError when there is no answer.
     * @param {import("./protocol.js").MaskPrompt} prompt
     * @param {(message: import("./protocol.js").Masks) => void} [part]
     * @returns {Promise<import("./protocol.js").Masks|null>}
     */
    segment: (prompt, part) => ask((id) => maskPromptFrame(id, prompt), CLICK, part),
    /**
     * What the text says; `part` is told labels at once where more follows.
     * @param {(message: import("./protocol.js").Classes) => void} [part]
     * @returns {Promise<import("./protocol.js").Spans|import("./protocol.js").Classes|null>}
     */
    text: (part) => ask((id) => textPromptFrame(id), CLICK, part),
    /** The regions that were imported with the image. @returns {Promise<import("./protocol.js").Regions|null>} */
    imported: () => ask((id) => importedPromptFrame(id)),
    /** What a detector sees in the whole image: asked beside the other questions. @returns {Promise<import("./protocol.js").Boxes|null>} */
    boxes: () => ask((id) => boxesPromptFrame(id), "boxes"),
    /**
     * The masks of all that stands apart, likewise; `part` is told how far the search is.
     * @param {(message: import("./protocol.js").Progress) => void} [part]
     * @returns {Promise<import("./protocol.js").Boxes|null>}
     */
    everything: (part) => ask((id) => everythingPromptFrame(id), "everything", part),
    /** Words for an attribute of what is marked, likewise. @returns {Promise<import("./protocol.js").Words|null>} */
    words: (wanted) => ask((id) => wordsPromptFrame(id, wanted), "words"),
    /** Forget the present question, at once. */
    cancel() {
      const question = waiting.get(CLICK);
      if (question?.sent) socket?.send(cancelFrame(question.id));
      if (question) settle((one) => one.resolve(null), question.id);
    },
    /** Ask the other side whether it is there. @returns {() => boolean} whether anything has been heard since */
    knock() {
      const before = heard;
      if (opened) knock();
      return () => heard > before;
    },
    /** Hang up for good. */
    close() {
      closed = true;
      never(pause);
      never(listening);
      settle((one) => one.resolve(null));
      socket?.close();
      socket = null;
    },
  };
}
