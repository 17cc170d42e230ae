/**
 * How words become spans: what is selected, by words or by letters, and what a label does with it: marks it, marks every
 * place that says the same, or stays on for the next selections.
 */
import { shortly } from "./looks.js";
import { occurrencesOf } from "./occurrences.js";
import { charactersOf, snap, tokenAt, tokensOf } from "./tokens.js";
import { say, sayCount } from "../shared/words.js";

/**
 * Offsets are UTF-16 units here, code points at the store.
 * @param {string} text
 * @param {{store: any, page: any, picker: any, nameOf: (label: string) => string,
 *   toPoints: (edges: any) => any, toUnits: (item: any) => {start: number, end: number},
 *   pressed: (id: string, event: PointerEvent) => boolean, announce: (text: string) => void,
 *   onModes: () => void, onMarked: () => void}} editor pressed: whether a click on a span was about several; onModes: what
 *   the next selection or label does is another; onMarked: many places were
 */
export function createMarking(text, editor) {
  const { store, page, picker, nameOf, toPoints, toUnits, announce } = editor;
  const words = tokensOf(text);
  let characters = null;
  let letters = false; // steps and selections go by letters, not by words
  let all = false; // the next label marks every place that says the same
  let sticky = null; // the label that stays on

  const byLetters = () => (characters ??= charactersOf(text));
  const tokens = () => (letters ? byLetters() : words);
  const occurrences = (start, end) => occurrencesOf(text, text.slice(start, end), letters ? null : words);

  function offerLabels() {
    const { start, end } = page.selection();
    const rects = page.rectsOf(start, end);
    if (rects.length) picker.show(rects[rects.length - 1]);
  }

  function mark({ start, end }, label) {
    if (all) return markAll({ start, end }, label);
    const points = toPoints({ start, end });
    store.mark(points.start, points.end, label);
    page.clear();
    announce(say("{words}: {label}", { words: shortly(text.slice(start, end)), label: nameOf(label) }));
  }

  /** Every place that says the same as these words, whole words unless letters are what is selected. */
  function markAll({ start, end }, label) {
    const places = occurrences(start, end);
    all = false;
    const fresh = store.markAll(places.map((place) => toPoints(place)), label);
    page.clear();
    editor.onMarked();
    const values = { all: places.length, label: nameOf(label), words: shortly(text.slice(start, end)) };
    announce(sayCount(fresh, "{words}: found {all} times, one now marked as {label}.", "{words}: found {all} times, {count} now marked as {label}.", values));
  }

  return {
    /** What a step is: words, or characters. */
    tokens,
    /** @returns {{letters: boolean, all: boolean, sticky: string|null}} */
    get modes() {
      return { letters, all, sticky };
    },

    /** Where the word, or letter, at an offset begins or ends. @param {number} offset @param {"start"|"end"} end */
    edgeAt(offset, end) {
      const token = tokens()[tokenAt(tokens(), end === "start" ? offset : Math.max(0, offset - 1))];
      if (!token) return offset;
      return end === "start" ? token.start : token.end;
    },

    /** What the mouse or a finger has just selected, or clicked. */
    picked(event) {
      const selection = page.selection();
      if (!selection || selection.start === selection.end) {
        const span = event.target.closest?.(".span");
        if (span && (event.ctrlKey || event.metaKey) && editor.pressed(span.dataset.id, event)) return;
        return store.select(span?.dataset.id ?? null);
      }
      const chosen = snap(event.altKey ? byLetters() : tokens(), selection.start, selection.end);
      if (!chosen) return;
      store.select(null);
      page.select(chosen.start, chosen.end);
      if (sticky) return mark(chosen, sticky);
      offerLabels();
    },

    /** A finger's selection has come to rest. */
    rested: () => page.selection() && offerLabels(),

    /** A label's key or button: marks the selection, renames what is current, or stays on for the next selections. */
    label(key) {
      const selection = page.selection();
      picker.hide();
      if (selection && selection.start < selection.end) return mark(selection, key);
      if (store.relabel(key)) return;
      sticky = sticky === key ? null : key;
      editor.onModes();
      if (sticky) announce(say("Each selection is now marked as {label}.", { label: nameOf(key) }));
    },

    /** Mark all that says the same as the selection or the current span; with no label in hand, as the next one says. */
    everywhere() {
      const selection = page.selection();
      const selected = selection?.start < selection?.end ? selection : null;
      const item = selected ? null : store.item(store.current);
      if (item) return markAll(toUnits(item), item.label);
      if (selected && sticky) return markAll(selected, sticky);
      all = !all;
      editor.onModes();
      if (!all) return announce(say("Only the selection is marked."));
      if (!selected) return announce(say("The next label marks every occurrence of the selection."));
      const count = occurrences(selected.start, selected.end).length;
      announce(sayCount(count, "Found once. A label's key marks it.", "Found {count} times. A label's key marks them all."));
    },

    /** Letters instead of words, and back. */
    turnLetters() {
      letters = !letters;
      editor.onModes();
      announce(letters ? say("Letter by letter.") : say("Word by word."));
    },

    /** Move one end of the current span by one word, or letter. @param {"start"|"end"} end @param {1|-1} by */
    moveEdge(end, by) {
      const item = store.item(store.current);
      if (!item) return;
      const span = toUnits(item);
      const steps = tokens();
      const at = tokenAt(steps, end === "start" ? span.start : span.end - 1);
      const token = steps[Math.min(Math.max(at + by, 0), steps.length - 1)];
      store.resize(toPoints({ [end]: token[end] }));
    },

    /** The next label marks one place alone. @returns {boolean} whether it would have marked all */
    one() {
      if (!all) return false;
      all = false;
      editor.onModes();
      return true;
    },
  };
}
