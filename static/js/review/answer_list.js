/** The answers in the side panel: which is in sight, which is chosen, how well each agrees with the others. */
import { element, icon, swatch } from "../studio/shared/elements.js";
import { say } from "../studio/shared/words.js";
import { labelCounts, standingOf } from "./answers.js";

/**
 * @param {HTMLElement} host
 * @param {{key: string, name: string}[]} labels
 * @param {{onChoose: (index: number) => void, onHide: (index: number) => void, onEarlier: (index: number) => void, act: (action: string) => void,
 *   keyOf: (action: string) => string, combines: boolean}} ways
 */
export function createAnswerList(host, labels, { onChoose, onHide, onEarlier, act, keyOf, combines }) {
  const list = element("ol", { class: "answers" });
  const way = (action, text) =>
    element("button", { class: "button button--small", type: "button", onclick: () => act(action) }, text, " ", element("kbd", { class: "key" }, keyOf(action)));
  const edit = way("edit", say("Edit it"));
  host.append(
    element(
      "section",
      { class: "panel-part", "aria-labelledby": "answers-title" },
      element("h2", { class: "panel-part__title", id: "answers-title" }, say("Answers")),
      list,
      element("div", { class: "review__ways" }, combines && way("combine", say("Combine them")), edit, way("fresh", say("Start fresh"))),
    ),
  );

  function row(one) {
    const standing = standingOf(one.agreement);
    const counts = labelCounts(one.answer, labels);
    const words = counts.map(({ name, count }) => (count > 1 ? `${name} × ${count}` : name)).join(", ");
    return element(
      "li",
      { class: "answer", "data-chosen": one.chosen, "data-hidden": one.hidden },
      element(
        "div",
        { class: "answer__head" },
        element(
          "button",
          { class: "answer__choose", type: "button", "aria-pressed": String(one.chosen), "data-index": one.index, "data-verb": "choose", disabled: one.changed, onclick: () => onChoose(one.index) },
          swatch(one.colour),
          one.name,
          one.index < 9 && element("kbd", { class: "key" }, String(one.index + 1)),
          standing && element("span", { class: `badge badge--${standing.kind} number`, title: say("Mean agreement with the other answers") }, say("{percent} % agreed", { percent: standing.percent })),
        ),
        !one.changed && element(
          "button",
          { class: "marks__verb", type: "button", "aria-pressed": String(one.hidden), "data-index": one.index, "data-verb": "hide", title: one.hidden ? say("Show") : say("Hide"), "aria-label": say("Hide {name}", { name: one.name }), onclick: () => onHide(one.index) },
          icon(one.hidden ? "eye-off" : "eye"),
        ),
      ),
      element("p", { class: "answer__marks" }, one.changed ? say("Changed by other hands after it was handed in; it has no vote") : words || say("Says that there is nothing to mark")),
      ...told(one),
    );
  }

  /** The mistakes that were found in it before, and what was mended since. */
  function told({ index, mistakes = [], changes = null, shownEarlier }) {
    const lines = mistakes.map(({ reason, note, state }) => element("li", {}, `${state}: ${reason}`, note && ` · ${note}`));
    return [
      lines.length > 0 && element("ul", { class: "answer__mistakes small" }, ...lines),
      changes && element(
        "details",
        { class: "answer__changes small" },
        element("summary", {}, say("What was mended")),
        changes.length ? element("ul", {}, ...changes.map((words) => element("li", {}, words))) : element("p", {}, say("Nothing that is told in words.")),
        element("button", { class: "button button--small", type: "button", "aria-pressed": String(shownEarlier), "data-index": index, "data-verb": "earlier", onclick: () => onEarlier(index) }, say("Show it as it was"), " ", element("kbd", { class: "key" }, keyOf("earlier"))),
      ),
    ];
  }

  return {
    show(answers) {
      const { index, verb } = document.activeElement?.dataset ?? {};
      list.replaceChildren(...answers.map(row));
      edit.disabled = !answers.some((one) => one.chosen);
      if (index !== undefined && verb) list.querySelector(`[data-index="${index}"][data-verb="${verb}"]`)?.focus();
    },
  };
}
