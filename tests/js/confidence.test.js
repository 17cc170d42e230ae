import assert from "node:assert/strict";
import { test } from "node:test";
import { sureBands, sureness } from "../../static/js/studio/shared/confidence.js";
import { createTextStore } from "../../static/js/studio/text/store.js";

const SURE = { suggestion: "u-1", start: 0, end: 3, label: "person", score: 0.93, band: "high" };
const HALF = { suggestion: "u-2", start: 8, end: 13, label: "place", score: 0.55, band: "medium" };
const MUTE = { suggestion: "u-3", start: 20, end: 24, label: "date", score: null, band: null };
const UNKNOWN = { suggestion: "u-4", start: 30, end: 34, label: "date", score: 0.99, band: null };

const WORDS = [
  // offer, hidden, band, number
  [SURE, "", "High", "93 %"],
  [HALF, "", "Medium", "55 %"],
  [{ score: 0.97, band: "low" }, "", "Low", "97 %"],
  [UNKNOWN, "", "", "99 %"],
  [{ score: 0.99 }, "", "", "99 %"],
  [MUTE, "", "", ""],
];

for (const [offer, hidden, band, number] of WORDS) {
  test(`${JSON.stringify(offer)}: the project chooses what is told, and no word is made of a score alone`, () => {
    assert.deepEqual(["hidden", "band", "number"].map((how) => sureness(offer, how)), [hidden, band, number]);
  });
}

const OFFERS = [
  // offers, how, what "accept the sure ones" may take
  [[SURE, HALF, MUTE], "band", [["high"], ["high", "medium"]]],
  [[SURE, MUTE], "number", [["high"], ["high", "medium"]]],
  [[SURE], "hidden", []],
  [[HALF, MUTE, UNKNOWN], "band", []],
  [[UNKNOWN], "number", []],
  [[], "band", []],
];

for (const [offers, how, bands] of OFFERS) {
  test(`of ${offers.length} offers (${offers.map(({ band }) => band)}), ${how}: together only what is known to be high`, () => {
    assert.deepEqual(sureBands(offers, how).map((one) => one.bands), bands);
  });
}

test("accepting the sure ones leaves the others pending, and is one step back", () => {
  const store = createTextStore({ answer: null, onChange() {} });
  store.receive({ spans: [SURE, HALF, MUTE, UNKNOWN], model: "some@1" });
  assert.equal(store.acceptAll(["high"]), true);
  assert.deepEqual(store.answer().spans.map(({ start }) => start), [0]);
  assert.equal(store.acceptAll(["high"]), false, "nothing is left that is so sure");
  store.history.undo();
  assert.equal(store.pending().length, 4);
});
