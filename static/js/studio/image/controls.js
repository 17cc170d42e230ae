/** Buttons around the image: the tools, the zoom, and the bar that holds the copilot's offer. */
import { sureness } from "../shared/confidence.js";
import { element, icon } from "../shared/elements.js";
import { say } from "../shared/words.js";

export const TOOLS = [
  ["box", say("Copilot box")],
  ["click", say("Copilot click")],
  ["brush", say("Brush")],
  ["eraser", say("Eraser")],
  ["lasso", say("Freehand")],
  ["fill", say("Fill")],
  ["rectangle", say("Box by hand")],
  ["polygon", say("Polygon")],
  ["polyline", say("Line")],
  ["point", say("Point")],
  ["select", say("Select and change")],
];

/**
 * @param {HTMLElement} host
 * @param {{kit: string[], act: (action: string) => void, keyOf: (action: string) => string, onRadius: (radius: number) => void}} ways
 */
export function createToolbar(host, { kit, act, keyOf, onRadius }) {
  const button = (action, picture, text) =>
    element(
      "button",
      { class: "tool", type: "button", title: `${text} (${keyOf(action)})`, "aria-label": text, "data-do": action, onclick: () => act(action) },
      icon(picture),
      element("kbd", { class: "tool__key", "aria-hidden": "true" }, keyOf(action)),
    );
  const tools = TOOLS.filter(([name]) => kit.includes(name)).map(([name, text]) => button(`tool:${name}`, name, text));
  const removing = button("removing", "click-minus", say("Clicks take away"));
  const slider = element("input", {
    type: "range", min: "1", max: "100", class: "tool-size__range", "aria-label": say("Brush size"),
    oninput: () => onRadius(Number(slider.value)),
  });
  const size = element("label", { class: "tool-size" }, slider, element("span", { class: "small muted number" }));
  host.replaceChildren(
    element("div", { class: "tools__group" }, ...tools, removing, size),
    element("div", { class: "tools__group" }, button("closer", "plus", say("Closer")), button("further", "minus", say("Further away")), button("fit", "fit", say("Fit"))),
  );
  return {
    /** @param {{tool: string, removing: boolean, radius: number, copilot: boolean}} state */
    mark(state) {
      for (const one of tools) {
        const name = one.dataset.do.slice(5);
        one.setAttribute("aria-pressed", String(name === state.tool));
        one.hidden = !state.copilot && (name === "box" || name === "click");
      }
      removing.setAttribute("aria-pressed", String(state.removing));
      removing.hidden = !["box", "click", "lasso"].includes(state.tool);
      size.hidden = !["brush", "eraser"].includes(state.tool);
      slider.value = String(state.radius);
      size.lastChild.textContent = String(Math.round(state.radius * 2));
    },
  };
}

/**
 * The bar at the foot of the stage: what the copilot offers, and what to do with it.
 * @param {HTMLElement} host
 * @param {{confidence: "hidden"|"band"|"number", act: (action: string) => void, keyOf: (action: string) => string,
 *   choose: (index: number) => void}} ways
 */
export function createOfferBar(host, { confidence, act, keyOf, choose }) {
  const bar = element("div", { class: "offer", hidden: true });
  const hint = element("p", { class: "stage__hint", hidden: true });
  let told = null; // a timer while a regret is shown
  let resting = "";
  host.append(hint, bar);

  function masks(proposal) {
    const all = proposal.masks.map(({ score }) => sureness({ score }, confidence));
    const ranked = all.length < 2 || new Set(all).size > 1; // the same word for each of them says nothing
    const choices = all.map((word, i) => {
      const sure = ranked && word;
      const name = sure ? say("Mask {n}, {sure}", { n: i + 1, sure }) : say("Mask {n}", { n: i + 1 });
      return element(
        "button",
        { class: "button button--small", type: "button", "aria-pressed": String(i === proposal.chosen), "aria-label": name, onclick: () => choose(i) },
        String(i + 1),
        sure && element("span", { class: "offer__score" }, sure),
      );
    });
    return element("div", { class: "button-group", role: "group", "aria-label": say("Which mask ({key})", { key: keyOf("tab-mask") || keyOf("next-mask") }) }, ...choices);
  }

  function content(proposal, label, said) {
    const verb = (action, text, kind) =>
      element("button", { class: `button button--small ${kind}`, type: "button", onclick: () => act(action) }, text, " ", element("kbd", { class: "key" }, keyOf(action)));
    const parts = [];
    if (proposal.masks.length) parts.push(icon("spark"), masks(proposal));
    if (proposal.asked) parts.push(element("span", { class: "cluster small" }, element("span", { class: "spinner" }), proposal.accepting ? say("Looking… It is accepted as soon as it comes.") : say("Looking…")));
    if (proposal.failed) parts.push(element("span", { class: "small offer__failed" }, proposal.failed));
    if (proposal.masks.length) parts.push(verb("accept", label ? say("Accept as {label}", { label }) : say("Accept"), "button--primary"));
    parts.push(verb("reject", proposal.masks.length ? say("Reject") : say("Leave"), ""), said && element("span", { class: "small muted" }, said));
    return parts;
  }

  function rest() {
    told = null;
    hint.hidden = !resting;
    hint.textContent = resting;
  }

  return {
    /** A short word in the hint's place. @param {string} text */
    tell(text) {
      clearTimeout(told);
      hint.hidden = !text;
      hint.textContent = text;
      told = setTimeout(rest, 3500);
    },
    /** @param {{proposal: any|null, label: string, said: string}} state said: in the bar, or in its place */
    show({ proposal, label, said }) {
      bar.hidden = !proposal;
      resting = proposal ? "" : said;
      if (!told) rest();
      if (proposal) bar.replaceChildren(...content(proposal, label, said).filter(Boolean));
    },
  };
}
