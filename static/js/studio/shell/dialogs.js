/** The studio's dialogs: asking, and telling what can't be told in passing. */
import { byId } from "../shared/elements.js";

/** @type {Map<HTMLDialogElement, ((given: {answer: string, fields: Record<string, any>}) => void)[]>} */
const askers = new Map();

/** Whether any dialog is open: keys then belong to it. */
export function dialogOpen() {
  return document.querySelector("dialog[open]") !== null;
}

/** A figure chooses the reason that it stands beside, but where words are written. */
function choose(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("textarea, input:not([type=radio], [type=checkbox])")) return;
  const radio = event.currentTarget.querySelectorAll("[data-numbered] input")[Number(event.key) - 1];
  if (!radio) return;
  event.preventDefault();
  radio.checked = true;
  radio.focus();
}

/**
 * Open a dialog and wait for its answer.
 * @param {string} id
 * @returns {Promise<{answer: string, fields: Record<string, any>}>} answer "" when it was closed
 */
export function ask(id) {
  const dialog = byId(id);
  const form = dialog.querySelector("form");
  if (dialog.open) return new Promise(() => {});
  form.reset();
  dialog.returnValue = "";
  dialog.addEventListener("keydown", choose);
  dialog.addEventListener("close", closed);
  dialog.showModal();
  return new Promise((resolve) => askers.set(dialog, [...(askers.get(dialog) ?? []), resolve]));
}

/** One closing answers one question: a browser may tell of it when the dialog was opened once more already. */
function closed({ currentTarget: dialog }) {
  const [first, ...later] = askers.get(dialog);
  askers.set(dialog, later);
  first({ answer: later.length ? "" : dialog.returnValue, fields: Object.fromEntries(new FormData(dialog.querySelector("form"))) });
}
