/** Sending answers back to those who gave them, or only noting a mistake: a dialog asks whose, why, and what to say. */
import { ask } from "../studio/shell/dialogs.js";
import { element, byId } from "../studio/shared/elements.js";
import { say } from "../studio/shared/words.js";

/**
 * @param {{answers: any[], chosen: () => number, urls: {back: string, mistake: string}, token: string,
 *   send: (url: string, body: any) => Promise<any>, onBack: (request: () => Promise<any>) => void, onNoted: () => void,
 *   onProblem: (problem: any) => void}} work onBack: sends the request that ends the review
 */
export function createSendBack({ answers, chosen, urls, token, send, onBack, onNoted, onProblem }) {
  const names = byId("back-answers");
  names.replaceChildren(
    ...answers.map(({ id, name, changed }, index) =>
      element("label", { class: "choice", hidden: changed }, element("input", { type: "checkbox", name: `answer-${index}`, value: id, disabled: changed }), element("span", {}, name)),
    ),
  );

  const boxes = [...names.querySelectorAll("input")];
  // What is typed stays while nobody's answer is ticked: the form isn't sent before.
  const check = () => boxes.find((box) => !box.disabled)?.setCustomValidity(boxes.some((box) => box.checked) ? "" : say("Choose whose answer it is."));
  names.addEventListener("change", check);

  return async function open() {
    const asked = ask("back-dialog");
    const box = boxes[chosen()];
    if (box && !box.disabled) box.checked = true;
    check();
    const { answer, fields } = await asked;
    const ids = Object.entries(fields).flatMap(([key, value]) => (key.startsWith("answer-") ? [value] : []));
    if (!answer || !ids.length) return;
    const body = { token, answers: ids, reason: fields.reason, note: fields.note.trim() };
    if (answer === "back") return onBack(() => send(urls.back, body));
    try {
      await send(urls.mistake, body);
      onNoted();
    } catch (problem) {
      onProblem(problem);
    }
  };
}
