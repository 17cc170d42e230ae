/** How sure the copilot is, in the words that the project chose: not at all, a level, or percent. Pure. */
import { say } from "./words.js";

const LEVELS = [
  { from: 0.8, text: say("High") },
  { from: 0.5, text: say("Medium") },
  { from: 0, text: say("Low") },
];
const PERCENT = [0.9, 0.8, 0.7, 0.5];

/**
 * @param {number|null} score in [0, 1]; null from a model that gives none
 * @param {"hidden"|"band"|"number"} how
 * @returns {string} empty where nothing is to be shown
 */
export function sureness(score, how) {
  if (score === null || score === undefined || how === "hidden") return "";
  if (how === "number") return `${Math.round(score * 100)} %`;
  return LEVELS.find(({ from }) => score >= from).text;
}

/**
 * From which score on suggestions may be accepted together; none where scores are hidden or not given.
 * @param {{score: number|null}[]} offers @param {"hidden"|"band"|"number"} how
 * @returns {{from: number, text: string}[]}
 */
export function floors(offers, how) {
  if (how === "hidden" || !offers.some(({ score }) => score !== null && score !== undefined)) return [];
  if (how === "number") return PERCENT.map((from) => ({ from, text: say("{percent} % and more", { percent: Math.round(from * 100) }) }));
  return [
    { from: LEVELS[0].from, text: say("High") },
    { from: LEVELS[1].from, text: say("Medium and high") },
  ];
}
