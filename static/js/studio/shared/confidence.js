/** How sure the copilot is, in the words that the project chose: not at all, a band, or percent. Pure. */
import { say } from "./words.js";

/**
 * The server derives a suggestion's band from what people decided without help; null where that tells too little. A word
 * is never made of a score alone: a model's own is no measure of how often it is right.
 * @typedef {"high"|"medium"|"low"|null} Band
 */
const BANDS = { high: say("High"), medium: say("Medium"), low: say("Low") };

/**
 * @param {{score?: number|null, band?: Band}} offer its score in [0, 1]; null from a model that gives none
 * @param {"hidden"|"band"|"number"} how
 * @returns {string} empty where nothing is to be shown
 */
export function sureness({ score = null, band = null }, how) {
  if (how === "hidden") return "";
  if (how === "number") return score === null ? "" : `${Math.round(score * 100)} %`;
  return band ? BANDS[band] : "";
}

/**
 * Which bands may be accepted together: none where nothing on offer is known to be high, or scores are hidden.
 * @param {{band?: Band}[]} offers @param {"hidden"|"band"|"number"} how
 * @returns {{bands: string[], text: string}[]}
 */
export function sureBands(offers, how) {
  if (how === "hidden" || !offers.some(({ band }) => band === "high")) return [];
  return [
    { bands: ["high"], text: BANDS.high },
    { bands: ["high", "medium"], text: say("Medium and high") },
  ];
}
