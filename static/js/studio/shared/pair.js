/** Two candidates side by side under what was asked, each a text to read or an image to zoom and move. */
import { element, icon } from "./elements.js";
import { OF_FIELD, ordered } from "../preference/bindings.js";
import { createPicture, createReading, lookTools } from "./subject.js";
import { say } from "./words.js";

/**
 * @param {{stage: HTMLElement, tools: HTMLElement, task: any, keyOf: (action: string) => string, left: string,
 *   names: Record<string, string>, actions?: Record<string, string>, choose?: (candidate: string) => void}} options
 *   `left` is the candidate on the left; `names` and the `actions` that choose them are by candidate
 */
export function createPair({ stage, tools, task, keyOf, left, names, actions = {}, choose }) {
  const { prompt } = task.payload;
  const sides = ordered(left).map((candidate) => makeSide(candidate));
  const pictures = sides.map((side) => side.picture).filter(Boolean);
  /** @type {HTMLElement|null} */
  const asked = prompt && createReading(say("What was asked"), prompt);
  asked?.classList.add("pair__prompt");
  const host = element("div", { class: "pair" }, asked, element("div", { class: "pair__sides" }, ...sides.map((side) => side.host)));
  stage.replaceChildren(host);
  const subject = {
    text: pictures.length ? null : host,
    zoom: (factor) => pictures.forEach((one) => one.zoom(factor)),
    fit: () => pictures.forEach((one) => one.fit()),
    focus: () => (asked ?? sides[0].view).focus({ preventScroll: true }),
    ready: () => Promise.all(pictures.map((one) => one.ready())),
    close: () => pictures.forEach((one) => one.close()),
    /** What is preferred stands at its side, in words. @param {Record<string, unknown>} values */
    show(values) {
      for (const side of sides) side.mark(values[OF_FIELD]);
    },
  };
  tools.replaceChildren(...(pictures.length ? [lookTools(keyOf, subject)] : []));
  return subject;

  function makeSide(candidate) {
    const content = task.payload[candidate];
    const image = task.images?.[candidate];
    const name = names[candidate];
    const key = actions[candidate] && keyOf(actions[candidate]);
    const sign = element("span", { class: "badge badge--good pair__sign", hidden: true });
    const head = element("header", { class: "pair__head", "data-chooses": Boolean(choose) }, element("h3", { class: "pair__name" }, name), key && element("kbd", { class: "key" }, key), sign);
    if (choose) head.addEventListener("click", () => choose(candidate)); // by key and by the panel's buttons as well
    const frame = image ? element("div", { class: "pair__frame" }) : createReading(name, content.text);
    const picture = image ? createPicture(frame, image, say("Image {name}", { name })) : null;
    const host = element("article", { class: "pair__side", "data-pictured": Boolean(image) }, head, frame);
    return {
      host,
      picture,
      view: /** @type {any} */ (image ? frame.firstChild : frame),
      mark(value) {
        const chosen = value === candidate;
        host.toggleAttribute("data-chosen", chosen);
        sign.hidden = !chosen && value !== "tie";
        if (chosen) sign.replaceChildren(icon("check"), say("Better"));
        else sign.replaceChildren(say("About equal"));
      },
    };
  }
}
