import assert from "node:assert/strict";
import { test } from "node:test";
import { createImageStore } from "../../static/js/studio/image/store.js";
import { areaOf, encodeMask } from "../../static/js/studio/shared/rle.js";

const size = { width: 40, height: 30 };
const labels = [{ key: "cat", shapes: ["box"] }, { key: "dog", shapes: ["mask"] }];
const mask = encodeMask({ height: 15, width: 20, data: new Uint8Array(300).fill(1, 0, 20) });
const SEEN = {
  type: "boxes", id: "p1", model: "things@1", note: "", latency_ms: 5,
  boxes: [
    { suggestion: "u-2", box: [20, 5, 8, 8], label: "dog", score: 0.5, mask, band: "medium" },
    { suggestion: "u-1", box: [1.4, 2, 10, 6], label: "cat", score: 0.9, mask: null, band: "high" },
    { suggestion: "u-3", box: [30, 20, 8, 8], label: "dog", score: null, mask: null, band: null },
  ],
};

function seen(extra = {}) {
  const asked = [];
  const copilot = { ask: (prompt) => `p${asked.push(prompt)}`, cancel() {} };
  const store = createImageStore({ labels, size, answer: null, copilot, onChange() {}, ...extra });
  store.receiveBoxes(SEEN);
  return { store, asked };
}
const waiting = (store) => store.found().map(({ suggestion }) => suggestion);

test("the surest comes first and is taken as its label takes it, with where it came from", () => {
  const { store } = seen();
  assert.deepEqual(waiting(store), ["u-1", "u-2", "u-3"]);
  store.acceptFound();
  const [region] = store.answer().regions;
  assert.equal(region.label, "cat");
  assert.equal(region.shape.type, "box");
  assert.deepEqual(region.provenance, { source: "suggestion", suggestion: "u-1", model: "things@1" });
  assert.deepEqual(waiting(store), ["u-2", "u-3"]);
});

test("a mask comes at the image's full size", () => {
  const { store } = seen();
  store.stepFound(1);
  store.acceptFound();
  const [{ shape, label }] = store.answer().regions;
  assert.deepEqual([label, shape.type, shape.size], ["dog", "mask", [30, 40]]);
  assert.equal(areaOf(shape), 80);
});

test("a box whose label wants a mask that isn't there is asked for as one", () => {
  const { store, asked } = seen();
  store.stepFound(-1);
  assert.equal(store.foundNow().suggestion, "u-3");
  store.acceptFound();
  assert.deepEqual(asked, [{ points: [], box: [30, 20, 8, 8], previous: null }]);
  assert.equal(store.label, "dog");
  assert.deepEqual(waiting(store), ["u-1", "u-2"]);
});

test("what is refused is told, and undo brings it back", () => {
  const { store } = seen();
  store.rejectFound();
  assert.deepEqual(store.state.rejected, [{ suggestion: "u-1" }]);
  assert.deepEqual(waiting(store), ["u-2", "u-3"]);
  store.undo();
  assert.deepEqual(waiting(store), ["u-1", "u-2", "u-3"]);
});

test("all that are sure are one step, and those without a mask stay", () => {
  const { store } = seen();
  assert.equal(store.acceptAllFound(["high", "medium"]), 2);
  assert.deepEqual(waiting(store), ["u-3"]);
  store.undo();
  assert.equal(store.answer().regions.length, 0);
  assert.equal(store.acceptAllFound(["low"]), 0);
});

test("after one is taken the next one is selected: a label's key takes that one so, and the last one is renamed", () => {
  const { store } = seen({ labels: [{ key: "cat", shapes: ["box"] }, { key: "dog", shapes: ["box", "mask"] }] });
  store.acceptFound();
  assert.equal(store.selected, null);
  assert.equal(store.foundSelected().suggestion, "u-2");
  store.chooseLabel("cat");
  store.acceptFound();
  store.chooseLabel("cat");
  const taken = store.answer().regions.map(({ label, provenance }) => [label, provenance.suggestion, provenance.source]);
  assert.deepEqual(taken, [["cat", "u-1", "suggestion"], ["cat", "u-2", "edited"], ["cat", "u-3", "edited"]]);
});

test("a region and a suggestion are never selected both", () => {
  const { store } = seen();
  store.stepFound(0);
  store.drawBox([1, 1, 5, 5]);
  assert.deepEqual([store.selected, store.foundSelected()], ["r1", null]);
  store.stepFound(0);
  assert.deepEqual([store.selected, store.foundSelected().suggestion], [null, "u-1"]);
  store.select("r1");
  assert.equal(store.foundSelected(), null);
});

test("what came of a suggestion is rejected with it, and a person's own region isn't", () => {
  const { store } = seen();
  store.acceptAllFound(["high"]);
  store.select("r1");
  assert.equal(store.rejectRegion(), true);
  assert.deepEqual([store.answer().regions, store.state.rejected], [[], [{ suggestion: "u-1" }]]);
  store.drawBox([1, 1, 5, 5]);
  assert.equal(store.rejectRegion(), false);
});

test("what an answer kept or refused before a reload doesn't wait again", () => {
  const { store } = seen();
  store.acceptFound();
  store.rejectFound();
  const again = seen({ answer: store.answer(), rejected: store.state.rejected });
  assert.deepEqual(waiting(again.store), ["u-3"]);
});

test("what was read in a box comes with it", () => {
  const { store } = seen();
  store.receiveBoxes({ ...SEEN, boxes: [{ ...SEEN.boxes[1], attributes: { says: "12.50" } }] });
  store.acceptFound();
  assert.deepEqual(store.answer().regions[0].attributes, { says: "12.50" });
});

test("what nobody has named takes the label in hand, beside what a detector saw", () => {
  const { store } = seen();
  store.receiveBoxes({ type: "boxes", id: "p2", model: "masks@1", note: "", latency_ms: 5, boxes: [{ suggestion: "u-9", box: [0, 0, 20, 2], label: "", score: 0.95, mask }] });
  assert.deepEqual(waiting(store), ["u-9", "u-1", "u-2", "u-3"]);
  store.acceptFound();
  const [{ label, shape, provenance }] = store.answer().regions;
  assert.deepEqual([label, shape.type, provenance], ["dog", "mask", { source: "suggestion", suggestion: "u-9", model: "masks@1" }]);
  store.receiveBoxes(SEEN);
  assert.deepEqual(waiting(store), ["u-1", "u-2", "u-3"], "told again, each waits once");
});

test("what nobody has named is not among what the copilot is sure of, and is named as it is taken", () => {
  const { store } = seen({ labels: [{ key: "cat", shapes: ["box"] }, { key: "dog", shapes: ["mask"] }], inHand: "cat" });
  const unnamed = { suggestion: "u-9", box: [0, 0, 20, 2], label: "", score: 0.95, mask };
  store.receiveBoxes({ type: "boxes", id: "p2", model: "masks@1", note: "", latency_ms: 5, boxes: [unnamed] });
  assert.equal(store.label, "cat");
  assert.equal(store.foundLabel(store.foundNow().label), "dog");
  assert.equal(store.acceptAllFound(["high", "medium"]), 2);
  assert.deepEqual(waiting(store), ["u-9", "u-3"]);
  store.acceptFound();
  assert.equal(store.answer().regions.at(-1).label, "dog");
});
