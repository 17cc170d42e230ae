import assert from "node:assert/strict";
import { test } from "node:test";
import { createImageStore } from "../../static/js/studio/image/store.js";
import { areaOf, encodeMask } from "../../static/js/studio/shared/rle.js";

const size = { width: 40, height: 30 };
const labels = [{ key: "cat" }, { key: "dog" }];

function square(side, width = 40, height = 30) {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < side; y += 1) data.fill(1, y * width, y * width + side);
  return encodeMask({ height, width, data });
}

function offered(id, { suggestion = "u-1", width, height } = {}) {
  const mask = (side, score) => ({ ...square(side, width, height), score, handle: `h-${id}-${side}` });
  return { type: "masks", id, suggestion, model: "sam@1", best: 1, masks: [mask(4, 0.5), mask(8, 0.9), mask(12, 0.7)] };
}

/** A store with a copilot that notes what it was asked. */
function store(extra = {}) {
  const asked = [];
  const copilot = { ask: (prompt) => `p${asked.push(prompt)}`, cancel() {} };
  const made = createImageStore({ labels, size, answer: null, copilot, onChange() {}, ...extra });
  return { store: made, asked };
}

test("box, answer, label: three steps to a region that says where it came from", () => {
  const { store: mine, asked } = store();
  mine.promptBox([1, 2, 10, 10]);
  assert.deepEqual(asked[0], { points: [], box: [1, 2, 10, 10], previous: null });
  mine.receive(offered("p1"));
  mine.chooseLabel("dog");
  const [region] = mine.answer().regions;
  assert.equal(region.label, "dog");
  assert.equal(areaOf(region.shape), 64);
  assert.deepEqual(region.provenance, { source: "suggestion", suggestion: "u-1", model: "sam@1" });
  assert.equal(mine.state.proposal, null);
  assert.equal(mine.selected, "r1");
});

test("the next click refines the mask that was chosen", () => {
  const { store: mine, asked } = store();
  mine.promptPoint(5, 6, true);
  mine.receive(offered("p1"));
  mine.cycle(1);
  mine.promptPoint(9, 9, false);
  assert.deepEqual(asked[1], { points: [[5, 6, 1], [9, 9, 0]], box: null, previous: "h-p1-12" });
});

test("sharper masks take the place of the first, unless somebody looked through those, took one or asked again", () => {
  const sharp = { ...offered("p1", { suggestion: "u-2" }), best: 0 };
  const first = { ...offered("p1"), more: true };
  const begun = () => {
    const made = store();
    made.store.promptPoint(5, 6, true);
    made.store.receive(first);
    return made;
  };
  const { store: mine } = begun();
  const steps = mine.history.steps?.length;
  assert.equal(mine.receive(sharp), true);
  assert.equal(mine.state.proposal.suggestion, "u-2");
  assert.equal(mine.history.steps?.length, steps, "no step of its own");
  assert.equal(mine.receive(sharp), false, "it comes once");
  mine.accept();
  assert.deepEqual([mine.answer().regions[0].provenance.suggestion, areaOf(mine.answer().regions[0].shape)], ["u-2", 16]);
  for (const act of ["cycle", "accept", "reject", "undo"]) {
    const { store: other } = begun();
    const had = other[act](1) && other.state.proposal;
    assert.equal(other.receive(sharp), false, act);
    assert.equal(other.state.proposal, had, act);
  }
  const { store: again } = begun();
  again.promptPoint(7, 7, true);
  assert.equal(again.receive(sharp), false, "it is late, and another question is open");
  assert.equal(again.receive(offered("p2", { suggestion: "u-3" })), true);
  const { store: failed } = begun();
  assert.equal(failed.receive({ type: "error", id: "p1", code: "too-slow", text: "Too slow." }), false);
  assert.equal(failed.state.proposal.failed, null, "the first stands");
});

test("whoever looks through the masks lets go of sharper ones at once", () => {
  let cancelled = 0;
  const { store: mine } = store({ copilot: { ask: () => "p1", cancel: () => (cancelled += 1) } });
  mine.promptPoint(5, 6, true);
  mine.receive({ ...offered("p1"), more: true });
  mine.cycle(1);
  mine.cycle(1);
  assert.equal(cancelled, 1);
});

test("an answer to an older question is dropped", () => {
  const { store: mine } = store();
  mine.promptPoint(5, 6, true);
  mine.promptPoint(7, 7, true);
  assert.equal(mine.receive(offered("p1")), false);
  assert.equal(mine.accept(), false);
  assert.equal(mine.receive(offered("p2")), true);
  assert.equal(mine.accept(), true);
});

test("undo takes back the accept, the click and the box, one by one; redo asks again", () => {
  const { store: mine, asked } = store();
  mine.promptBox([0, 0, 9, 9]);
  mine.receive(offered("p1"));
  mine.promptPoint(3, 3, true);
  mine.receive(offered("p2", { suggestion: "u-2" }));
  mine.accept();
  mine.undo();
  assert.equal(mine.state.proposal.suggestion, "u-2");
  mine.undo();
  assert.equal(mine.state.proposal.suggestion, "u-1");
  mine.undo();
  assert.equal(mine.state.proposal, null);
  assert.equal(mine.undo(), false);
  mine.redo();
  mine.redo();
  mine.redo();
  assert.equal(mine.answer().regions.length, 1);
  assert.equal(asked.length, 2);
});

test("redo of a question that was never answered asks it anew", () => {
  const { store: mine, asked } = store();
  mine.promptPoint(5, 5, true);
  mine.undo();
  assert.equal(mine.receive(offered("p1")), false);
  mine.redo();
  assert.equal(asked.length, 2);
  assert.equal(mine.receive(offered("p2")), true);
});

test("a rejected offer is remembered by its id, an unanswered one is only let go", () => {
  const { store: mine } = store();
  mine.promptPoint(5, 5, true);
  mine.reject();
  mine.promptPoint(5, 5, true);
  mine.receive(offered("p2", { suggestion: "u-9" }));
  mine.reject();
  assert.deepEqual(mine.state.rejected, [{ suggestion: "u-9" }]);
  mine.undo();
  assert.deepEqual(mine.state.rejected, []);
});

test("a mask at half size is accepted at the image's full size", () => {
  const { store: mine } = store();
  mine.promptPoint(5, 5, true);
  mine.receive(offered("p1", { width: 20, height: 15 }));
  mine.accept();
  const { shape } = mine.answer().regions[0];
  assert.deepEqual(shape.size, [30, 40]);
  assert.equal(areaOf(shape), 256);
});

test("brush and eraser change the selected region and mark an accepted offer as edited", () => {
  const { store: mine } = store();
  mine.promptPoint(5, 5, true);
  mine.receive(offered("p1"));
  mine.accept();
  mine.paint([[4, 4], [30, 4]], 2, 1);
  let [region] = mine.answer().regions;
  assert.equal(region.provenance.source, "edited");
  assert.ok(areaOf(region.shape) > 64 + 60);
  mine.paint([[0, 0], [39, 0]], 60, 0);
  assert.deepEqual(mine.answer().regions, []);
  assert.equal(mine.selected, null);
  mine.undo();
  [region] = mine.answer().regions;
  assert.ok(areaOf(region.shape) > 64);
});

test("without a copilot everything by hand still works", () => {
  const { store: mine } = store({ copilot: { ask: () => null, cancel() {} } });
  assert.equal(mine.promptBox([0, 0, 5, 5]), false);
  assert.equal(mine.history.canUndo, false);
  mine.chooseLabel("dog");
  mine.fill([[2, 2], [12, 2], [12, 12], [2, 12]]);
  mine.select(null);
  mine.paint([[20, 20]], 3, 1);
  assert.deepEqual(mine.answer().regions.map((one) => one.label), ["dog", "dog"]);
  assert.equal(areaOf(mine.answer().regions[0].shape), 100);
  assert.equal(mine.answer().regions[0].provenance.source, "human");
});

test("the eraser does nothing where nothing is selected", () => {
  const { store: mine } = store();
  assert.equal(mine.paint([[5, 5]], 3, 0), false);
  assert.equal(mine.history.canUndo, false);
});

test("erasing where the mask is not is no step, and marks nothing as edited", () => {
  const { store: mine } = store();
  mine.promptPoint(5, 5, true);
  mine.receive(offered("p1"));
  mine.accept();
  assert.equal(mine.paint([[30, 25]], 3, 0), true);
  assert.equal(mine.fill([[20, 20], [30, 20], [30, 28]], 0), true);
  assert.equal(mine.paint([[2, 2]], 1, 1), true, "nor is painting what is painted");
  assert.equal(mine.history.undoName, "Accept");
  assert.equal(mine.answer().regions[0].provenance.source, "suggestion");
});

test("after accepting, a label's key renames what was accepted, until the next prompt", () => {
  const { store: mine } = store();
  mine.promptPoint(5, 5, true);
  mine.receive(offered("p1"));
  mine.accept();
  mine.chooseLabel("dog");
  assert.deepEqual([mine.answer().regions[0].label, mine.label], ["dog", "dog"]);
  mine.promptPoint(20, 20, true);
  mine.chooseLabel("cat");
  mine.receive(offered("p2"));
  mine.accept();
  assert.deepEqual(mine.answer().regions.map((region) => region.label), ["dog", "cat"]);
});

test("a mask that was accepted before it came is taken when it comes, unless another was asked for or none came", () => {
  const { store: mine } = store();
  mine.promptPoint(5, 5, true);
  assert.equal(mine.acceptOnArrival(), true);
  mine.receive(offered("p1"));
  assert.equal(mine.answer().regions.length, 1);
  assert.equal(mine.acceptOnArrival(), false);
  mine.promptPoint(5, 5, true);
  mine.acceptOnArrival();
  mine.promptPoint(6, 6, true);
  mine.receive(offered("p3"));
  assert.equal(mine.answer().regions.length, 1, "the newer question was not accepted");
  mine.reject();
  mine.promptPoint(5, 5, true);
  mine.acceptOnArrival();
  mine.receive({ type: "error", id: "p4", text: "No." });
  mine.promptPoint(5, 6, true);
  mine.receive(offered("p5"));
  assert.equal(mine.answer().regions.length, 1);
});

test("clicks that wait and masks on offer outlive the page, and what had no answer is asked again", () => {
  const first = store();
  first.store.chooseLabel("dog");
  first.store.promptPoint(5, 5, true);
  first.store.receive(offered("p1"));
  const offer = structuredClone(first.store.unfinished());
  first.store.promptPoint(9, 9, false);
  const waiting = structuredClone(first.store.unfinished());
  const again = (left, extra) => store({ proposal: left.proposal, inHand: left.label, ...extra });
  const second = again(offer);
  assert.deepEqual(second.asked, []);
  assert.equal(second.store.accept(), true);
  assert.equal(second.store.answer().regions[0].label, "dog");
  const third = again(waiting);
  assert.deepEqual(third.asked, [{ points: [[5, 5, 1], [9, 9, 0]], box: null, previous: "h-p1-8" }]);
  assert.equal(third.store.receive(offered("p1")), true);
  const alone = again(waiting, { copilot: { ask: () => null, cancel() {} } });
  assert.deepEqual([alone.store.state.proposal.asked, alone.store.accept()], [null, true], "the masks of before are still on offer");
});

test("another copy of the work is one step, and undo brings this one back", () => {
  const mine = stacked(3);
  mine.take({ regions: mine.answer().regions.slice(0, 1) }, []);
  assert.equal(mine.answer().regions.length, 1);
  mine.undo();
  assert.equal(mine.answer().regions.length, 3);
});

test("a copilot that fails says why and leaves the earlier masks", () => {
  const { store: mine } = store();
  mine.promptPoint(5, 5, true);
  mine.receive(offered("p1"));
  mine.promptPoint(6, 6, true);
  mine.receive({ type: "error", id: "p2", code: "runtime-down", text: "The copilot is down." });
  assert.equal(mine.state.proposal.failed, "The copilot is down.");
  assert.equal(mine.accept(), true);
});

/** A store with squares of 10, the first at x 0, each 5 further right and over the one before. */
function stacked(count) {
  const mine = store().store;
  for (let i = 0; i < count; i += 1) {
    mine.select(null);
    mine.fill([[5 * i, 0], [5 * i + 10, 0], [5 * i + 10, 10], [5 * i, 10]]);
  }
  return mine;
}

test("pixels are taken from what lies underneath alone, and from nothing that is hidden or locked", () => {
  const mine = stacked(3);
  mine.select("r2");
  assert.equal(mine.clearUnder(), 1);
  assert.deepEqual(mine.answer().regions.map((one) => areaOf(one.shape)), [50, 100, 100]);
  mine.undo();
  mine.shift(-1); // to the back: nothing is under it
  assert.equal(mine.clearUnder(), 0);
  mine.undo();
  mine.hide("r1");
  assert.equal(mine.clearUnder(), 0);
  mine.hide("r1");
  mine.lock("r1");
  assert.equal(mine.clearUnder(), 0);
});

test("a mask's outline that is placed by keyboard adds, or takes away", () => {
  const mine = stacked(1);
  const place = (points) => points.forEach((at) => mine.addPlace("lasso", at));
  place([[2, 2], [6, 2], [6, 6], [2, 6]]);
  assert.equal(mine.finishOutline(0), "");
  assert.equal(areaOf(mine.answer().regions[0].shape), 84);
  assert.equal(mine.state.outline, null);
  mine.undo();
  assert.equal(mine.state.outline.points.length, 4);
  mine.select(null);
  assert.equal(mine.finishOutline(0), "nothing");
  assert.equal(areaOf(mine.answer().regions[0].shape), 100);
});

test("an outline placed over an offer takes the offer first, as the mouse's does", () => {
  const { store: mine } = store();
  mine.promptPoint(5, 5, true);
  mine.receive(offered("p1"));
  for (const at of [[20, 20], [24, 20], [24, 24], [20, 24]]) mine.addPlace("lasso", at);
  assert.equal(mine.finishOutline(), "");
  const [region, more] = mine.answer().regions;
  assert.equal(more, undefined);
  assert.equal(areaOf(region.shape), 64 + 16);
  assert.equal(region.provenance.source, "edited");
});

test("a press picks only what is in sight and not locked", () => {
  const mine = stacked(3);
  mine.hide("r1");
  mine.lock("r3");
  assert.deepEqual(mine.free.map((one) => one.id), ["r2"]);
});

test("an outline that encloses nothing is said to, and not that no label takes such a shape", () => {
  const { store: mine } = store();
  for (const at of [[20, 20], [20.1, 20], [20.1, 20.1]]) mine.addPlace("lasso", at);
  assert.equal(mine.finishOutline(), "hollow");
});

test("regions that were imported lie there as one step, under their offers, and never over begun work", () => {
  const { store: mine } = store();
  const box = { type: "box", x: 1, y: 2, width: 5, height: 6 };
  const brought = (label, suggestion) => ({ suggestion, label, shape: box, attributes: { seen: true }, score: 0.9 });
  assert.equal(mine.bring([brought("cat", "u-1"), brought("gone", "u-2"), brought("dog", "u-3")], "Detector@imported-00"), 2);
  const [cat, dog] = mine.answer().regions;
  assert.deepEqual([cat.id, cat.label, dog.id, dog.label], ["r1", "cat", "r2", "dog"]);
  assert.deepEqual(cat.provenance, { source: "suggestion", suggestion: "u-1", model: "Detector@imported-00" });
  assert.deepEqual(cat.attributes, { seen: true });
  assert.equal(mine.bring([brought("cat", "u-4")], "Detector@imported-00"), 0);
  mine.history.undo();
  assert.deepEqual(mine.answer().regions, []);
});
