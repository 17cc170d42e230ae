/** Buttons around the image: the tools, the zoom, and the bar that holds the copilot's offer. */
import { element, icon } from "./elements.js";
import { say } from "./words.js";

const TOOLS = [
  ["box", say("Copilot box")],
  ["click", say("Copilot click")],
  ["brush", say("Brush")],
  ["eraser", say("Eraser")],
  ["lasso", say("Outline")],
  ["select", say("Select and move")],
];
const HINTS = {
  box: say("Drag a box around an object; the copilot outlines it."),
  click: say("Click on an object; the copilot outlines it."),
  brush: say("Paint over an object."),
  eraser: say("Select a region, then rub out what is too much."),
  lasso: say("Draw around an object."),
  select: say("Click on a region to select it; drag to move the view."),
};

/**
 * @param {HTMLElement} host
 * @param {{act: (action: string) => void, keyOf: (action: string) => string, onRadius: (radius: number) => void}} ways
 */
export function createToolbar(host, { act, keyOf, onRadius }) {
  const button = (action, picture, text) =>
    element(
      "button",
      { class: "tool", type: "button", title: `${text} (${keyOf(action)})`, "aria-label": text, "data-do": action, onclick: () => act(action) },
      icon(picture),
      element("kbd", { class: "tool__key", "aria-hidden": "true" }, keyOf(action)),
    );
  const tools = TOOLS.map(([name, text]) => button(`tool:${name}`, name, text));
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
        one.toggleAttribute("data-off", !state.copilot && (name === "box" || name === "click"));
      }
      removing.setAttribute("aria-pressed", String(state.removing));
      removing.hidden = !state.copilot || !["box", "click"].includes(state.tool);
      size.hidden = !["brush", "eraser"].includes(state.tool);
      slider.value = String(state.radius);
      size.lastChild.textContent = String(Math.round(state.radius * 2));
    },
  };
}

/**
 * The bar at the foot of the stage: what the copilot offers, and what to do with it.
 * @param {HTMLElement} host
 * @param {{act: (action: string) => void, choose: (index: number) => void}} ways
 */
export function createOfferBar(host, { act, choose }) {
  const bar = element("div", { class: "offer", hidden: true });
  const hint = element("p", { class: "stage__hint", hidden: true });
  host.append(hint, bar);

  function masks(proposal) {
    const choices = proposal.masks.map((mask, i) =>
      element(
        "button",
        { class: "button button--small", type: "button", "aria-pressed": String(i === proposal.chosen), "aria-label": say("Mask {n}", { n: i + 1 }), onclick: () => choose(i) },
        String(i + 1),
        element("span", { class: "offer__score" }, `${Math.round(mask.score * 100)} %`),
      ),
    );
    return element("div", { class: "button-group", role: "group", "aria-label": say("Which mask (M)") }, ...choices);
  }

  function content(proposal, label) {
    const verb = (action, key, text, kind) =>
      element("button", { class: `button button--small ${kind}`, type: "button", onclick: () => act(action) }, text, " ", element("kbd", { class: "key" }, key));
    const parts = [];
    if (proposal.masks.length) parts.push(icon("spark"), masks(proposal));
    if (proposal.asked) parts.push(element("span", { class: "cluster small" }, element("span", { class: "spinner" }), say("Looking…")));
    if (proposal.failed) parts.push(element("span", { class: "small offer__failed" }, proposal.failed));
    if (proposal.masks.length) parts.push(verb("accept", "A", label ? say("Accept as {label}", { label }) : say("Accept"), "button--primary"));
    parts.push(verb("refuse", "X", proposal.masks.length ? say("Refuse") : say("Leave"), ""));
    return parts;
  }

  return {
    /** @param {{proposal: object|null, label: string, tool: string, empty: boolean}} state */
    show({ proposal, label, tool, empty }) {
      bar.hidden = !proposal;
      hint.hidden = Boolean(proposal) || !empty;
      hint.textContent = HINTS[tool];
      if (proposal) bar.replaceChildren(...content(proposal, label));
    },
  };
}
