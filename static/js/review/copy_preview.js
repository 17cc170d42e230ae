/** What is in each of two copies of one review, side by side, for whoever is to choose one. */
import { copyNode } from "../studio/shell/copies.js";
import { say, sayCount } from "../studio/shared/words.js";

/**
 * What a reviewer was at in a copy, and its note.
 * @param {any} work as drafts keep it @param {{id: string, name: string}[]} answers
 * @returns {string[]}
 */
export function linesOfWork({ base, note, picks }, answers) {
  const from = answers.find(({ id }) => id === base)?.name;
  const open = picks?.filter((one) => one === null).length;
  const edited = from ? say("Edited, begun with {name}", { name: from }) : say("Edited");
  const combined = open ? sayCount(open, "Combined, {count} part is open", "Combined, {count} parts are open") : say("Combined");
  const state = picks ? combined : base === undefined ? say("The answers are compared") : edited;
  return [state, note?.trim() ? say("Note: {note}", { note: note.trim() }) : say("No note")];
}

/**
 * @param {{host: HTMLElement, about: {task: any, project: any}, answers: {id: string, name: string}[],
 *   answerOf: (picks: (number|null)[]) => any}} page answerOf: what was combined, by what was taken
 * @returns {(mine: {work: any, at: number}, theirs: {work: any, at: number}) => void}
 */
export function createPreview({ host, about, answers, answerOf }) {
  const shown = (title, { work, at }) => {
    const answer = work.picks ? answerOf(work.picks) : work.base === undefined ? null : work;
    return copyNode(title, { answer, at }, about, { lines: linesOfWork(work, answers) });
  };
  return (mine, theirs) => host.replaceChildren(shown(say("What I see here"), mine), shown(say("The other copy"), theirs));
}
