/** The sliders for how the image is looked at, in the side panel. */
import { element } from "../shared/elements.js";
import { LOOK } from "./look.js";
import { say } from "../shared/words.js";

const SLIDERS = [
  ["brightness", say("Brightness"), 25, 300],
  ["contrast", say("Contrast"), 25, 300],
  ["opacity", say("Mask opacity"), 10, 100],
];

/** @param {HTMLElement} host @param {{onChange: () => void, onDone: () => void}} ways */
export function createViewSettings(host, { onChange, onDone }) {
  const rows = SLIDERS.map(([name, text, min, max]) => {
    const slider = element("input", {
      type: "range", min, max, step: 5, value: Math.round(LOOK[name] * 100), "data-look": name,
      oninput: () => ((LOOK[name] = Number(slider.value) / 100), onChange()),
    });
    return element("label", { class: "view-row" }, element("span", { class: "small" }, text), slider);
  });
  const cross = element("input", { type: "checkbox", onchange: () => ((LOOK.crosshair = cross.checked), onChange()) });
  cross.checked = LOOK.crosshair;
  const reset = () => {
    Object.assign(LOOK, { brightness: 1, contrast: 1, opacity: 1 });
    for (const row of rows) row.querySelector("input").value = "100";
    onChange();
  };
  const leave = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    details.open = false;
    onDone();
  };
  const details = element(
    "details",
    { class: "panel-part view-settings", onkeydown: leave },
    element("summary", { class: "panel-part__title" }, say("View")),
    ...rows,
    element("label", { class: "view-row view-row--flag" }, element("span", { class: "small" }, say("Crosshair")), cross),
    element("button", { class: "button button--small", type: "button", onclick: reset }, say("As it was")),
  );
  host.append(details);
  return {
    /** Open and go to the first slider, or close. */
    turn() {
      details.open = !details.open;
      if (details.open) rows[0].querySelector("input").focus();
      else onDone();
    },
  };
}
