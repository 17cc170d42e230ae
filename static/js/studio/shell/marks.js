/** The small signs in the studio's bar: saved or not, the copilot, the time. */
import { asMinutes } from "./clock.js";
import { byId } from "../shared/elements.js";
import { say } from "../shared/words.js";

const SAVED = {
  saved: say("Saved"),
  unsaved: say("Saving…"),
  saving: say("Saving…"),
  offline: say("Offline, kept here"),
  conflict: say("Two copies"),
  rejected: say("Not saved"),
  submitted: say("Submitted"), // in another tab, as is the next
  returned: say("Given back"),
};
const COPILOT = {
  connecting: say("Copilot…"),
  ready: say("Copilot"),
  slow: say("Copilot slow"),
  cut: say("No connection"),
  down: say("Copilot away"),
  off: say("Copilot off"),
  ended: say("Copilot off"),
};

/** @param {{clock: any, announce: (text: string) => void}} options */
export function createMarks({ clock, announce }) {
  const saved = byId("saved-mark");
  const copilot = byId("copilot-mark");
  const timer = byId("timer");
  let before = "saved";
  setInterval(() => (timer.textContent = asMinutes(clock.read())), 1000);

  return {
    /** @param {string} state see drafts.js @param {{told?: boolean}} [how] told: the page says otherwise why it is so */
    showSaved(state, { told = false } = {}) {
      saved.dataset.state = state;
      saved.textContent = SAVED[state] ?? "";
      if (!told && state === "offline" && before !== "offline") announce(say("No network. Your work is kept on this machine."));
      if (state === "saved" && before === "offline") announce(say("The network is back. Your work is saved."));
      if (state === "saved" || state === "offline") before = state;
    },
    /** @param {{phase: string, text: string, model?: string}} state see assist/socket.js; "none" hides the sign */
    showCopilot({ phase, text, model }) {
      copilot.hidden = phase === "none";
      copilot.dataset.state = phase;
      copilot.textContent = COPILOT[phase] ?? "";
      copilot.title = text || (model ? say("Model {model}", { model }) : "");
    },
  };
}
