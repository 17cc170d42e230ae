import assert from "node:assert/strict";
import { test } from "node:test";

import { openAttributes } from "../../static/js/studio/shared/required_attributes.js";
import { withCopies } from "../../static/js/studio/image/region_groups.js";
import { createImageStore } from "../../static/js/studio/image/store.js";
import { createTextStore } from "../../static/js/studio/text/store.js";

const POSE = { key: "pose", name: "Pose", kind: "choice", choices: ["standing", "lying"], required: true, default: "standing" };
const SEEN = { key: "seen", name: "Seen", kind: "flag", default: false };
const LABELS = [
  { key: "cat", shapes: ["box"], attributes: [POSE, SEEN] },
  { key: "dog", shapes: ["box"], attributes: [{ ...POSE, default: "lying" }] },
  { key: "sky", shapes: ["box"] },
];
const labelOf = (key) => LABELS.find((one) => one.key === key);
const HUMAN = { source: "human", suggestion: null, model: null };

function images() {
  const copilot = { ask: () => null, cancel() {} };
  return createImageStore({ labels: LABELS, size: { width: 40, height: 30 }, answer: null, copilot, onChange() {} });
}

test("a new box begins with the defaults of its label, and says that nobody touched them", () => {
  const mine = images();
  mine.drawBox([1, 1, 9, 9]);
  const [region] = mine.answer().regions;
  assert.deepEqual(region.attributes, { pose: "standing", seen: false });
  assert.deepEqual(region.provenance, { ...HUMAN, untouched: ["pose", "seen"] });
  assert.deepEqual(openAttributes(mine.answer().regions, labelOf), [], "required, and filled");
});

test("what a person says is theirs, and stays when the label changes; what nobody said goes along with the label", () => {
  const mine = images();
  mine.drawBox([1, 1, 9, 9]);
  mine.describe("seen", true);
  assert.deepEqual(mine.answer().regions[0].provenance.untouched, ["pose"]);
  mine.select("r1");
  mine.chooseLabel("dog");
  const [region] = mine.answer().regions;
  assert.deepEqual([region.attributes, region.provenance.untouched], [{ seen: true, pose: "lying" }, ["pose"]]);
  mine.chooseLabel("sky");
  assert.deepEqual(mine.answer().regions[0].attributes, { seen: true });
  assert.deepEqual(mine.answer().regions[0].provenance, HUMAN);
  mine.history.undo();
  assert.deepEqual(mine.answer().regions[0].attributes, { seen: true, pose: "lying" });
});

test("one that a person empties stays empty, and a copy says as much as what it was made of", () => {
  const mine = images();
  mine.drawBox([1, 1, 9, 9]);
  mine.describe("pose", "");
  const { regions } = mine.answer();
  assert.deepEqual(regions[0].attributes, { seen: false });
  const [, copy] = withCopies(regions, regions, { size: { width: 40, height: 30 } }).regions;
  assert.deepEqual(copy.provenance, { ...HUMAN, untouched: ["seen"] });
});

test("spans begin so too, marked or taken from an offer", () => {
  const store = createTextStore({ answer: null, labelOf, onChange() {} });
  store.receive({ model: "ner@1", spans: [{ suggestion: "u-1", start: 4, end: 7, label: "dog", score: 0.9 }] });
  store.accept("u-1");
  store.mark(0, 3, "cat");
  const [mine, taken] = store.answer().spans;
  assert.deepEqual([mine.attributes, mine.provenance.untouched], [{ pose: "standing", seen: false }, ["pose", "seen"]]);
  assert.deepEqual(taken.provenance, { source: "suggestion", suggestion: "u-1", model: "ner@1", untouched: ["pose"] });
});
