/** How spans and suggestions look, in the text and in the list: made once each, for items are never changed in place. */
import { sureness } from "../shared/confidence.js";

/**
 * @param {string} text
 * @param {(item: {start: number, end: number}) => {start: number, end: number}} toUnits
 * @param {{labelOf: (key: string) => {name: string, colour: string, pattern?: number}, confidence: "hidden"|"band"|"number"}} terms
 * @returns {(item: any) => {mark: any, row: any}}
 */
export function createLooks(text, toUnits, { labelOf, confidence }) {
  const known = new WeakMap();

  function look(item) {
    const { name, colour, pattern } = labelOf(item.label);
    const sure = item.offer ? sureness(item, confidence) : ""; // in words or in figures
    const tag = sure ? `${name} · ${sure}` : name;
    const mark = { id: item.id, offer: item.offer, ...toUnits(item), colour, pattern, tag };
    return { mark, row: { name: shortly(text.slice(mark.start, mark.end)), detail: tag, colour, pattern } };
  }

  return (item) => {
    if (!known.has(item)) known.set(item, look(item));
    return known.get(item);
  };
}

const MOST = 120; // UTF-16 units of a span that its row and the screen reader name it by

/** Words as they are named: of a span as long as a book, its beginning. @param {string} words */
export function shortly(words) {
  return words.length > MOST ? `${words.slice(0, MOST).replace(/[\ud800-\udbff]$/, "")}…` : words;
}
