/** Answers beside each other, each in a comparison of its own; who moves or zooms in one does so in all. */
import { element } from "../studio/shared/elements.js";

/**
 * @param {HTMLElement} stage emptied first
 * @param {any} work as a comparison takes it
 * @param {(stage: HTMLElement, work: any) => any} createComparison
 */
export function createSideBySide(stage, work, createComparison) {
  const grid = element("div", { class: "side-by-side", tabindex: "-1" });
  stage.replaceChildren(grid);
  let panes = [];
  let drawn = "";

  /** The answers in sight, in their own order. */
  function inSight() {
    return work.shown().sort((a, b) => a.index - b.index);
  }

  function build() {
    for (const { view } of panes) view.close();
    const answers = inSight();
    panes = answers.map(({ id, name, colour }) => {
      const place = element("div", { class: "side-by-side__stage" });
      const head = element("h3", { class: "side-by-side__name" }, name);
      head.style.setProperty("--answer", colour);
      grid.append(element("section", { class: "side-by-side__pane", "aria-label": name }, head, place));
      return { id, place, head, view: null };
    });
    grid.replaceChildren(...panes.map(({ head }) => head.parentElement));
    for (const pane of panes) {
      const shown = () => inSight().filter((one) => one.id === pane.id);
      pane.view = createComparison(pane.place, { ...work, shown, onLook: (view) => follow(pane, view) });
    }
    drawn = answers.map(({ id }) => id).join(" ");
  }

  function follow(leader, view) {
    for (const pane of panes) if (pane !== leader) pane.view?.look?.(view);
  }

  build();
  return {
    redraw() {
      if (inSight().map(({ id }) => id).join(" ") !== drawn) build();
      const answers = new Map(inSight().map((one) => [one.id, one]));
      for (const { id, head, view } of panes) {
        head.toggleAttribute("data-chosen", answers.get(id)?.chosen ?? false);
        view.redraw();
      }
    },
    fit: () => panes.forEach(({ view }) => view.fit()),
    zoom: (factor) => panes.forEach(({ view }) => view.zoom(factor)),
    reveal: (part) => panes.forEach(({ view }) => view.reveal?.(part)),
    focus: () => (panes[0] ? panes[0].view.focus() : grid.focus({ preventScroll: true })),
    ready: () => Promise.all(panes.map(({ view }) => view.ready())),
    close: () => panes.forEach(({ view }) => view.close()),
  };
}
