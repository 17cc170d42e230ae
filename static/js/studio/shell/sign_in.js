/** Signing in again when the session has run out: in another tab, and this page sees it by itself. */
import { ask } from "./dialogs.js";
import { byId } from "../shared/elements.js";
import { renewToken } from "../shared/token.js";

const LOOK_AGAIN = 2000; // ms between two looks whether somebody has signed in

let asking = null;

/**
 * Ask, once however many requests were rejected.
 * @returns {Promise<boolean>} whether somebody is signed in now; false when the question was closed
 */
export function signInAgain() {
  asking ??= answered().finally(() => (asking = null));
  return asking;
}

async function answered() {
  const dialog = byId("sign-in-dialog");
  const look = async () => (await renewToken()) && dialog.close("seen");
  const looking = setInterval(look, LOOK_AGAIN);
  addEventListener("focus", look);
  const { answer } = await ask(dialog.id);
  clearInterval(looking);
  removeEventListener("focus", look);
  return answer === "seen" || (Boolean(answer) && renewToken());
}
