/**
 * The copilot as the editors see it: questions with an id, answers when they come, never an exception, never a wait.
 * The line itself is assist/socket.js; without one (switched off) every question is declined.
 */
import { createCopilot, socketUrl } from "../../assist/socket.js";
import { say } from "../shared/words.js";

const SLOW = 1500; // ms after which the copilot is asked whether it is there, and once more until the page says what it heard

/**
 * @param {{id: string|null, token: string|null, project: {copilot: boolean}, task?: {id: string}}} assignment
 * @param {{onState: (state: {phase: string, text: string, model?: string, waits?: boolean, imported?: boolean, boxes?: boolean, words?: boolean}) => void,
 *   onAnswer: (message: any) => void}} hear
 */
export function joinCopilot(assignment, { onState, onAnswer }) {
  if (!assignment.project.copilot) return absent(onState);
  let count = 0;
  let newest = "";
  let phase = "connecting";
  let timer = null;

  const line = createCopilot({
    url: socketUrl(assignment.id ?? `try/${assignment.task.id}`),
    token: assignment.token ?? assignment.task.id, // a trial holds nothing; the message only has the same shape
    onState(state) {
      phase = state.phase;
      onState(state);
    },
  });

  const nextId = () => `q${++count}`;
  const listens = () => phase === "ready" || phase === "connecting";

  function follow(promise, id = nextId()) {
    newest = id;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const there = line.knock();
      timer = setTimeout(() => onState(there() ? { phase: "slow", text: say("The copilot is slow just now. Go on without it.") } : { phase: "cut", text: say("No connection just now. Go on without it.") }), SLOW);
    }, SLOW);
    promise.then((message) => heard(id, message), (problem) => heard(id, { type: "error", code: problem.code, text: problem.message }));
    return id;
  }

  function heard(id, message) {
    if (newest === id) clearTimeout(timer);
    if (phase === "ready") onState(line.state());
    if (message) onAnswer({ ...message, id });
  }

  return {
    /** Sharper masks may follow the first. @returns {string|null} the question's id; null when nobody listens */
    ask: (prompt, id = nextId()) => (listens() ? follow(line.segment(prompt, (part) => heard(id, part)), id) : null),
    /** The answer may come in parts; each holds what came before. */
    askText: (_none, id = nextId()) => (listens() ? follow(line.text((part) => heard(id, part)), id) : null),
    askImported: (_none, id = nextId()) => (listens() ? follow(line.imported(), id) : null),
    /** All that a detector sees: it comes when it comes, and nobody is told that it is slow. */
    askBoxes() {
      if (listens()) line.boxes().then((message) => message && onAnswer(message), ({ message }) => onAnswer({ type: "no-boxes", text: message }));
    },
    /** The masks of all that stands apart, in the same way; how far the search is comes meanwhile. */
    askEverything() {
      if (listens()) line.everything(onAnswer).then((message) => message && onAnswer(message), ({ message }) => onAnswer({ type: "no-boxes", text: message }));
    },
    /** Words for an attribute of what is marked. @returns {Promise<any>|null} null when nobody listens */
    askWords: (wanted) => (listens() ? line.words(wanted) : null),
    cancel() {
      clearTimeout(timer);
      line.cancel();
    },
    get listens() {
      return listens();
    },
    close() {
      clearTimeout(timer);
      line.close();
    },
  };
}

function absent(onState) {
  onState({ phase: "none", text: "", model: "" });
  return { ask: () => null, askText: () => null, askImported: () => null, askBoxes() {}, askEverything() {}, askWords: () => null, cancel() {}, listens: false, close() {} };
}
