/**
 * One page's line to the copilot for one assignment. Nothing here is on the path of saving work: every failure ends
 * in a rejected promise or a state with a sentence, and the page goes on.
 *
 * The newest question wins: asking again lets go of the one before, whose promise resolves to null.
 */
import { cancelFrame, maskPromptFrame, openFrame, parseServer, textPromptFrame } from "./protocol.js";

/**
 * connecting: not there yet, questions wait; ready; down: not running just now, tried again by itself;
 * off: not for this work; ended: this assignment is no longer ours.
 * @typedef {"connecting"|"ready"|"down"|"off"|"ended"} Phase
 * @typedef {{phase: Phase, text: string, capability: string, model: string}} State
 */

const BACK_OFF_MS = [500, 1000, 2000, 4000, 8000, 15000, 30000];
const OPEN_AGAIN_MS = 5000;
const PATIENCE_MS = 70_000; // a little more than the server's own; then the line is taken for dead

const SIGNED_OUT = 4401;
const NOT_YOURS = 4403;
const NOT_HELD = 4409;
const ENDINGS = {
  [SIGNED_OUT]: "You are signed out, so the copilot is off.",
  [NOT_YOURS]: "This work is not yours, so the copilot is off.",
  [NOT_HELD]: "This work is no longer yours, so the copilot is off.",
};
const UNANSWERED = ["superseded", "cancelled"];
const DOWN_TEXT = "The copilot is not reachable just now. Go on without it; it comes back by itself.";
const SLOW_TEXT = "The copilot took too long over this one. Try again.";

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
  let state = { phase: "connecting", text: "", capability: "", model: "" };
  let socket = null;
  let tries = 0;
  let count = 0;
  let closed = false;
  let pause = null; // the timer of the next try
  let question = null; // {id, frame, sent, resolve, reject, timer}

  function tell(phase, text = "", more = {}) {
    state = { ...state, ...more, phase, text };
    if (["down", "off", "ended"].includes(phase)) fail(phase === "down" ? "copilot-down" : "copilot-off", text);
    onState(state);
  }

  function connect() {
    pause = null;
    socket = new Socket(url);
    const own = socket;
    own.onopen = () => open();
    own.onmessage = (event) => own === socket && hear(String(event.data));
    own.onclose = (event) => own === socket && lost(event.code);
  }

  function open() {
    pause = null;
    socket.send(openFrame(`o${++count}`, token));
  }

  function lost(code) {
    socket = null;
    never(pause);
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
      if (question && problem.id === question.id) fail("failed", problem.message);
      return;
    }
    if (message.type === "ready") {
      tries = 0;
      tell("ready", "", { capability: message.capability, model: message.model });
      send();
    } else if (message.type === "error") {
      refused(message);
    } else if (question && message.id === question.id) {
      settle((one) => one.resolve(message));
    }
  }

  function refused({ id, code, text }) {
    if (id !== null && id.startsWith("o")) {
      tell(code === "copilot-off" ? "off" : "down", text);
      if (code !== "copilot-off") pause = later(open, OPEN_AGAIN_MS);
    } else if (question && id === question.id) {
      if (UNANSWERED.includes(code)) settle((one) => one.resolve(null));
      else fail(code, text);
    }
  }

  function settle(how) {
    const one = question;
    question = null;
    if (!one) return;
    never(one.timer);
    how(one);
  }

  function fail(code, text) {
    settle((one) => one.reject(new CopilotError(code, text)));
  }

  function send() {
    if (!question || question.sent || state.phase !== "ready") return;
    question.sent = true;
    socket.send(question.frame);
    question.timer = later(() => {
      fail("too-slow", SLOW_TEXT);
      socket?.close();
    }, PATIENCE_MS);
  }

  function ask(makeFrame) {
    settle((one) => one.resolve(null));
    if (state.phase !== "ready" && state.phase !== "connecting") {
      return Promise.reject(new CopilotError("copilot-down", state.text || DOWN_TEXT));
    }
    const id = `p${++count}`;
    return new Promise((resolve, reject) => {
      question = { id, frame: makeFrame(id), sent: false, resolve, reject, timer: null };
      send();
    });
  }

  connect();
  return {
    /** @returns {State} */
    state: () => state,
    /**
     * Masks for points and a box; null if a newer question or a cancel came in between.
     * Throws ProtocolError for a prompt that makes no sense, CopilotError when there is no answer.
     * @param {import("./protocol.js").MaskPrompt} prompt
     * @returns {Promise<import("./protocol.js").Masks|null>}
     */
    segment: (prompt) => ask((id) => maskPromptFrame(id, prompt)),
    /** The spans of the text. @returns {Promise<import("./protocol.js").Spans|null>} */
    spans: () => ask((id) => textPromptFrame(id)),
    /** Forget the present question, at once. */
    cancel() {
      if (question?.sent) socket?.send(cancelFrame(question.id));
      settle((one) => one.resolve(null));
    },
    /** Hang up for good. */
    close() {
      closed = true;
      never(pause);
      settle((one) => one.resolve(null));
      socket?.close();
      socket = null;
    },
  };
}
