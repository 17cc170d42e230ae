import assert from "node:assert/strict";
import { test } from "node:test";
import { createImageStore } from "../../static/js/studio/image/store.js";
import { serves, toolInHand, toolsFor } from "../../static/js/studio/image/kit.js";
import { areaOf } from "../../static/js/studio/shared/rle.js";

const size = { width: 100, height: 80 };
const ALL = ["mask", "box", "polygon", "polyline", "point"];

function store(extra = {}) {
  const copilot = { ask: () => "p1", cancel() {} };
  return createImageStore({ labels: [{ key: "cat", shapes: ALL }, { key: "dog", shapes: ["box"] }], size, answer: null, copilot, onChange() {}, ...extra });
}

const only = (mine) => mine.answer().regions[0].shape;

test("a box is drawn, moved, sized and taken back step by step", () => {
  const mine = store();
  mine.drawBox([10, 10, 20, 10]);
  mine.nudge(1, 0);
  mine.nudge(1, 0);
  mine.grow(0, 5);
  assert.deepEqual(only(mine), { type: "box", x: 12, y: 10, width: 20, height: 15 });
  mine.undo();
  mine.undo();
  assert.deepEqual(only(mine), { type: "box", x: 10, y: 10, width: 20, height: 10 });
  mine.redo();
  assert.equal(only(mine).x, 12);
});

test("a polygon is placed corner by corner; each is one step; one that crosses itself isn't closed", () => {
  const mine = store();
  for (const at of [[10, 10], [50, 50], [50, 10], [10, 50]]) mine.addPlace("polygon", at);
  assert.equal(mine.finishOutline(), "crossing");
  mine.undo();
  assert.equal(mine.state.outline.points.length, 3);
  assert.equal(mine.finishOutline(), "");
  assert.equal(mine.state.outline, null);
  assert.deepEqual(only(mine).points, [[10, 10], [50, 50], [50, 10]]);
  mine.undo();
  assert.equal(mine.state.outline.points.length, 3);
});

test("corners are chosen, moved, added and removed by key; the shape never crosses itself", () => {
  const mine = store();
  for (const at of [[10, 10], [50, 10], [50, 50]]) mine.addPlace("polygon", at);
  mine.finishOutline();
  assert.equal(mine.stepHandle(1), 0);
  mine.nudge(-5, 0);
  assert.deepEqual(only(mine).points[0], [5, 10]);
  mine.insertCorner();
  assert.deepEqual(only(mine).points[1], [27.5, 10]);
  assert.equal(mine.handle, 1);
  assert.equal(mine.pull(1, [90, 40]), false);
  assert.equal(mine.removeCorner(), true);
  assert.equal(only(mine).points.length, 3);
  assert.equal(mine.removeCorner(0), false);
});

test("points are in sight or hidden, lines are as drawn", () => {
  const mine = store();
  mine.putPoint([3.333, 200]);
  mine.turnVisible();
  assert.deepEqual(only(mine), { type: "point", x: 3.33, y: 80, visible: false });
  for (const at of [[1, 1], [9, 9]]) mine.addPlace("polyline", at);
  assert.equal(mine.finishOutline(), "");
  assert.deepEqual(mine.answer().regions[1].shape, { type: "polyline", points: [[1, 1], [9, 9]] });
});

test("what was being placed when the page was left goes on from there", () => {
  const mine = store({ outline: { type: "polyline", points: [[1, 1]] } });
  mine.addPlace("polyline", [5, 5]);
  assert.equal(mine.finishOutline(), "");
});

test("a label that takes no such shape gives way to one that does, and can't name it later", () => {
  const mine = store();
  mine.nextLabel("dog");
  mine.putPoint([1, 1]);
  assert.equal(mine.answer().regions[0].label, "cat");
  mine.select("r1");
  assert.equal(mine.chooseLabel("dog"), false);
  const none = store({ labels: [{ key: "a" }] });
  assert.equal(none.drawBox([1, 1, 5, 5]), false);
});

test("a label's key renames what is selected, what was just drawn too; after Escape it names the next one", () => {
  const mine = store();
  mine.drawBox([10, 10, 20, 10]);
  mine.chooseLabel("dog");
  assert.deepEqual([mine.answer().regions[0].label, mine.selected], ["dog", "r1"]);
  mine.select(null);
  mine.chooseLabel("cat");
  mine.drawBox([40, 10, 20, 10]);
  assert.deepEqual(mine.answer().regions.map((region) => region.label), ["dog", "cat"]);
  mine.step(-1);
  assert.equal(mine.selected, "r1");
  mine.lock();
  assert.equal(mine.chooseLabel("cat"), false);
  assert.equal(mine.answer().regions[0].label, "dog");
});

test("what changes nothing is no step: a nudge at the edge, a word said again", () => {
  const mine = store();
  mine.drawBox([0, 0, 20, 10]);
  mine.nudge(-1, 0);
  mine.describe("pose", "");
  assert.equal(mine.history.undoName, "Box");
});

test("an unfinished polygon keeps the label that was in hand, over a reload as well", () => {
  const first = store();
  first.chooseLabel("dog");
  first.chooseLabel("cat");
  assert.equal(first.unfinished(), null);
  first.addPlace("polygon", [1, 1]);
  first.chooseLabel("dog");
  const left = structuredClone(first.unfinished());
  assert.equal(first.unfinished(), first.unfinished(), "the same as long as nothing changes");
  const second = store({ outline: left.outline, proposal: left.proposal, inHand: left.label });
  assert.deepEqual([second.label, second.state.outline.points], ["dog", [[1, 1]]]);
  assert.equal(store({ inHand: "gone" }).label, "cat");
});

test("mask to polygon and back, box to polygon; only what the label takes", () => {
  const mine = store();
  mine.fill([[10, 10], [50, 10], [50, 50], [10, 50]]);
  const area = areaOf(only(mine));
  mine.convert();
  assert.equal(only(mine).type, "polygon");
  mine.convert();
  assert.equal(areaOf(only(mine)), area);
  const masks = store({ labels: [{ key: "cat" }] });
  masks.fill([[10, 10], [50, 10], [50, 50]]);
  assert.equal(masks.convert(), false);
});

test("pixels underneath are taken away in one step, but not from what is locked", () => {
  const mine = store();
  mine.fill([[0, 0], [40, 0], [40, 40], [0, 40]]);
  mine.select(null);
  mine.fill([[60, 0], [90, 0], [90, 40], [60, 40]]);
  mine.lock("r2");
  mine.select(null);
  mine.fill([[20, 0], [80, 0], [80, 40], [20, 40]]);
  assert.equal(mine.clearUnder(), 1);
  assert.deepEqual(mine.answer().regions.map((region) => areaOf(region.shape)), [800, 1200, 2400]);
  mine.undo();
  assert.equal(areaOf(only(mine)), 1600);
});

test("locked regions stay as they are", () => {
  const mine = store();
  mine.drawBox([10, 10, 20, 10]);
  mine.lock();
  assert.deepEqual([mine.nudge(1, 1), mine.remove(), mine.convert(), mine.describe("a", "b")], [false, false, false, false]);
  mine.lock();
  assert.equal(mine.remove(), true);
});

test("order and attributes are steps like all others; typing a word is one", () => {
  const mine = store();
  mine.drawBox([10, 10, 20, 10]);
  mine.drawBox([30, 10, 20, 10]);
  mine.shift(-1);
  assert.deepEqual(mine.answer().regions.map((region) => region.id), ["r2", "r1"]);
  for (const text of ["s", "si", "sit"]) mine.describe("pose", text);
  assert.deepEqual(mine.answer().regions[0].attributes, { pose: "sit" });
  mine.undo();
  assert.deepEqual(mine.answer().regions[0].attributes, {});
  mine.undo();
  assert.deepEqual(mine.answer().regions.map((region) => region.id), ["r1", "r2"]);
});

test("the copilot's mask becomes what the label takes", () => {
  const mine = store({ labels: [{ key: "dog", shapes: ["box"] }] });
  const rest = store();
  rest.fill([[10, 10], [50, 10], [50, 50], [10, 50]]);
  const { size: full, counts } = only(rest);
  mine.promptBox([10, 10, 40, 40]);
  mine.receive({ type: "masks", id: "p1", suggestion: "u-1", model: "sam@1", best: 0, masks: [{ size: full, counts, score: 1, handle: "h" }] });
  mine.accept();
  assert.deepEqual(only(mine), { type: "box", x: 10, y: 10, width: 40, height: 40 });
  assert.equal(mine.answer().regions[0].provenance.source, "suggestion");
});

test("the tools are those that the labels call for, and something is always in hand", () => {
  assert.deepEqual(toolsFor([{ shapes: ["point"] }]), ["point", "select"]);
  assert.deepEqual(toolsFor([{ shapes: ["box"] }]), ["box", "click", "rectangle", "select"]);
  assert.equal(toolInHand("box", toolsFor([{ shapes: ["point"] }]), true, { shapes: ["point"] }), "point");
  assert.equal(toolInHand("box", toolsFor([{ shapes: ["box"] }]), false, { shapes: ["box"] }), "rectangle");
  assert.equal(toolInHand("box", toolsFor([{}]), false, {}), "lasso");
  assert.equal(serves("select", { shapes: ["point"] }), true);
});
