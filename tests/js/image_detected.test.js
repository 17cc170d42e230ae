import assert from "node:assert/strict";
import { test } from "node:test";
import { Detected } from "../../static/js/studio/image/detected.js";

const BOXES = [
  { suggestion: "u-1", box: [1, 2, 10, 6], label: "cat", score: 0.9, band: "high" },
  { suggestion: "u-2", box: [20, 5, 8, 8], label: "dog", score: 0.8, band: null },
  { suggestion: "u-3", box: [9, 5, 8, 8], label: "", score: 0.99, band: null },
];

/** What a detector found, with the bar that stands below the image. */
async function detected({ confidence = "band", boxes = BOXES } = {}) {
  const [shown, heard, taken] = [[], [], []];
  let now = boxes[0];
  const bar = { bands: boxes.some(({ band }) => band === "high") ? ["high"] : [], show: (state) => shown.push(state) };
  const store = { found: () => boxes, foundNow: () => now, acceptAllFound: (bands) => taken.push(bands) };
  const ways = { store: () => store, confidence, nameOf: (key) => key || "Thing", announce: (text) => heard.push(text), reveal() {}, changed() {}, listens: () => true, build: () => bar };
  const line = new Detected(ways);
  await line.there();
  return { line, heard, taken, words: (box) => ((now = box), line.show(null), shown.at(-1).current) };
}

for (const [confidence, words] of [
  ["band", ["cat, High", "dog", "Thing"]],
  ["number", ["cat, 90 %", "dog, 80 %", "Thing"]],
  ["hidden", ["cat", "dog", "Thing"]],
]) {
  test(`a box is shown with how sure it is, ${confidence}: no word is made of a score alone, nor of a thing's without a name`, async () => {
    const { line, heard, words: wordsOf } = await detected({ confidence });
    assert.deepEqual(BOXES.map(wordsOf), words);
    wordsOf(BOXES[0]);
    line.about(true);
    assert.deepEqual(heard, [`Suggested: ${words[0]}`]);
  });
}

test("the sure boxes are accepted together, and where none is known to be sure that is said", async () => {
  const sure = await detected();
  sure.line.acceptSure();
  assert.deepEqual(sure.taken, [["high"]]);
  const unsure = await detected({ boxes: BOXES.slice(1) });
  assert.equal(unsure.line.acceptSure(), 0);
  assert.deepEqual([unsure.taken, unsure.heard], [[], ["No suggestion here is known to be sure: look at each."]]);
  const hidden = await detected({ boxes: BOXES.slice(1), confidence: "hidden" });
  hidden.line.acceptSure();
  assert.deepEqual(hidden.heard, []);
});
