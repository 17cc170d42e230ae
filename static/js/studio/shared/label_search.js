/** A field above the labels: typing narrows them, the arrow keys go through what is left, Enter chooses. */
import { element } from "./elements.js";
import { say, sayCount } from "./words.js";

export const FEW = 9; // labels that need no search

/** The places of the labels whose names hold all these words; names that begin with them come first. Pure. */
export function matching(names, words) {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  const low = names.map((name) => name.toLowerCase());
  const found = low.map((_, place) => place).filter((place) => parts.every((part) => low[place].includes(part)));
  const begins = (place) => parts.length > 0 && low[place].startsWith(parts.join(" "));
  return [...found.filter(begins), ...found.filter((place) => !begins(place))];
}

/**
 * @param {{host: HTMLElement, buttons: HTMLElement[]}} palette see palette.js
 * @param {{key: string, name: string}[]} labels in the order of the buttons
 * @param {{keyOf: (action: string) => string, onPick: (label: string) => void, announce: (text: string) => void,
 *   onOpen?: () => void, onDone: () => void}} ways onOpen: before the focus goes to the field; onDone: it goes back
 */
export function createLabelSearch({ host, buttons }, labels, { keyOf, onPick, announce, onOpen = () => {}, onDone }) {
  const names = labels.map(({ name }) => name);
  const key = keyOf("find-label");
  const field = element("input", {
    class: "input label-search", type: "search", autocomplete: "off", spellcheck: "false", maxlength: "80",
    placeholder: key ? say("Find a label ({key})", { key }) : say("Find a label"), "aria-label": say("Find a label: type, arrow keys, Enter"),
    hidden: labels.length <= FEW, oninput: () => narrow(true), onkeydown: pressed, onpointerdown: () => onOpen(), onblur: () => leave(),
  });
  host.before(field);
  let found = names.map((_, place) => place);
  let at = -1; // in what was found

  function narrow(tell) {
    found = matching(names, field.value);
    buttons.forEach((button, place) => (button.hidden = !found.includes(place)));
    point(found.length && field.value.trim() ? 0 : -1);
    if (!tell) return;
    announce(at < 0 ? sayCount(found.length, "{count} label", "{count} labels") : say("{label}, {n} of {count}", { label: names[found[at]], n: at + 1, count: found.length }));
  }

  function point(to) {
    at = to;
    buttons.forEach((button, place) => button.toggleAttribute("data-found", place === found[at]));
    buttons[found[at]]?.scrollIntoView({ block: "nearest" });
  }

  function pressed(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by && event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (by && found.length) {
      point((at + by + (at < 0 && by < 0 ? 1 : 0) + found.length) % found.length);
      announce(say("{label}, {n} of {count}", { label: names[found[at]], n: at + 1, count: found.length }));
    }
    if (event.key === "Enter") choose();
    if (event.key === "Escape") onDone();
  }

  function choose() {
    if (at < 0) return;
    const { key } = labels[found[at]];
    onDone();
    onPick(key);
  }

  /** Left, it asks for nothing any more. */
  function leave() {
    field.value = "";
    narrow(false);
    field.hidden = labels.length <= FEW;
  }

  return {
    focus() {
      onOpen();
      field.hidden = false;
      field.focus();
      field.select();
    },
  };
}
