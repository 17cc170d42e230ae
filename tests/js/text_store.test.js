import assert from "node:assert/strict";
import { test } from "node:test";
import { createTextStore } from "../../static/js/studio/text/store.js";

const offer = (suggestion, start, end, label) => ({ suggestion, start, end, label, score: null });
const offers = [offer("u-1", 0, 3, "person"), offer("u-2", 8, 13, "place"), offer("u-3", 20, 24, "date")];

function store(extra = {}) {
  const made = createTextStore({ answer: null, onChange() {}, ...extra });
  made.receive({ spans: offers, model: "spacy@3.8" });
  return made;
}

test("A takes the offer at hand as it is and goes on to the next", () => {
  const mine = store();
  assert.equal(mine.current, "u-1");
  mine.accept();
  assert.equal(mine.current, "u-2");
  assert.deepEqual(mine.answer().spans, [{
    id: "s1", start: 0, end: 3, label: "person", attributes: {},
    provenance: { source: "suggestion", suggestion: "u-1", model: "spacy@3.8" },
  }]);
});

test("an offer of somebody else beside the model is taken as theirs", () => {
  const mine = createTextStore({ answer: null, onChange() {} });
  mine.receive({ spans: [offers[0], { ...offers[1], model: "decided-terms@1" }], model: "spacy@3.8" });
  mine.accept("u-1");
  mine.accept("u-2");
  assert.deepEqual(mine.answer().spans.map(({ provenance }) => provenance.model), ["spacy@3.8", "decided-terms@1"]);
});

test("another label or other edges make an accepted offer an edited one", () => {
  const mine = store();
  mine.relabel("place");
  assert.equal(mine.answer().spans[0].provenance.source, "edited");
  mine.select("u-2");
  mine.resize({ end: 15 });
  const span = mine.answer().spans.find((one) => one.start === 8);
  assert.deepEqual([span.end, span.provenance.source, span.provenance.suggestion], [15, "edited", "u-2"]);
});

test("a rejection is remembered with its words, and undo takes it back", () => {
  const mine = store();
  mine.reject("u-2");
  assert.deepEqual(mine.state.rejected, [{ suggestion: "u-2", start: 8, end: 13, label: "place" }]);
  assert.deepEqual(mine.pending().map((one) => one.suggestion), ["u-1", "u-3"]);
  mine.history.undo();
  assert.equal(mine.pending().length, 3);
});

test("accept all takes what is left, in one step", () => {
  const mine = store();
  mine.reject("u-1");
  mine.acceptAll();
  assert.equal(mine.answer().spans.length, 2);
  assert.equal(mine.acceptAll(), false);
  mine.history.undo();
  assert.deepEqual(mine.answer().spans, []);
  assert.equal(mine.pending().length, 2);
});

test("an accepted offer that is deleted counts as rejected and is not offered again", () => {
  const mine = store();
  mine.accept("u-1");
  mine.remove("s1");
  assert.deepEqual(mine.state.rejected.map((one) => one.suggestion), ["u-1"]);
  assert.deepEqual(mine.pending().map((one) => one.suggestion), ["u-2", "u-3"]);
});

test("what a person has marked so already is not offered, nor what was rejected before a reload", () => {
  const mine = store({ rejected: [{ suggestion: "old", start: 20, end: 24, label: "date" }] });
  mine.mark(8, 13, "place");
  assert.deepEqual(mine.pending().map((one) => one.suggestion), ["u-1"]);
  assert.equal(mine.answer().spans[0].provenance.source, "human");
});

test("stepping visits spans and offers in the order of the text", () => {
  const mine = store();
  mine.mark(4, 7, "person");
  const seen = [];
  mine.select(null);
  for (let i = 0; i < 5; i += 1) {
    mine.step(1);
    seen.push(mine.current);
  }
  assert.deepEqual(seen, ["u-1", "s1", "u-2", "u-3", "u-1"]);
});

test("without a copilot marking works the same", () => {
  const mine = createTextStore({ answer: null, onChange() {} });
  assert.equal(mine.accept(), false);
  assert.equal(mine.reject(), false);
  assert.equal(mine.mark(0, 3, "person"), true);
  assert.equal(mine.mark(0, 3, "person"), false);
  assert.equal(mine.answer().spans.length, 1);
});

test("accept all leaves what the model is less sure of", () => {
  const mine = store();
  mine.receive({ spans: [{ ...offers[0], band: "high" }, { ...offers[1], band: "medium" }, offers[2]], model: "m@1" });
  mine.acceptAll(["high"]);
  assert.deepEqual(mine.answer().spans.map((span) => span.start), [0]);
  assert.equal(mine.pending().length, 2);
  assert.equal(mine.acceptAll(["high"]), false);
});

test("many places are marked in one step, those marked before left alone", () => {
  const mine = store();
  mine.mark(0, 3, "person");
  assert.equal(mine.markAll([{ start: 0, end: 3 }, { start: 30, end: 33 }], "person"), 1);
  mine.history.undo();
  assert.equal(mine.answer().spans.length, 1);
});

test("letters typed into an attribute are one step", () => {
  const mine = store();
  mine.mark(30, 33, "person");
  for (const value of ["j", "ju", "judge"]) mine.describe("role", value);
  mine.history.undo();
  assert.deepEqual(mine.answer().spans[0].attributes, {});
  mine.select("u-1");
  assert.equal(mine.describe("role", "x"), false);
});

test("marking every place of a suggestion takes it, and every other that says the same, in one step", () => {
  const mine = createTextStore({ answer: null, onChange() {} });
  mine.receive({ spans: [offer("u-1", 0, 2, "person"), offer("u-2", 10, 12, "person"), offer("u-3", 20, 22, "place")], model: "m@1" });
  const places = [0, 10, 20].map((start) => ({ start, end: start + 2 }));
  assert.equal(mine.markAll(places, "person"), 3);
  assert.deepEqual(mine.answer().spans.map(({ provenance }) => [provenance.source, provenance.suggestion]), [["suggestion", "u-1"], ["suggestion", "u-2"], ["human", null]]);
  assert.deepEqual(mine.pending().map((one) => one.suggestion), ["u-3"], "another label is another word");
  mine.undo();
  assert.deepEqual([mine.answer().spans.length, mine.pending().length], [0, 3]);
});

test("undo and redo say what came, changed or went", () => {
  const mine = store();
  const place = (one) => one && [one.start, one.end];
  mine.mark(30, 35, "person");
  mine.resize({ end: 40 });
  mine.remove();
  mine.reject("u-2");
  assert.deepEqual([mine.undo(), mine.undo(), mine.undo(), mine.undo()].map(place), [[8, 13], [30, 40], [30, 35], [30, 35]]);
  assert.equal(mine.undo(), null);
  assert.deepEqual([mine.redo(), mine.redo(), mine.redo(), mine.redo()].map(place), [[30, 35], [30, 40], [30, 40], [8, 13]]);
});

test("a suggestion that waits stays the same item while others are accepted, and a span while others change", () => {
  const mine = store();
  const item = (id) => mine.items().find((one) => one.id === id);
  const third = item("u-3");
  mine.accept();
  const first = item("s1");
  mine.reject();
  assert.equal(item("u-3"), third);
  assert.equal(item("s1"), first);
});

test("several are labelled, taken, rejected and deleted together, each in one step", () => {
  const mine = store();
  mine.mark(30, 34, "place");
  mine.mark(30, 34, "date");
  mine.relabelMany(new Set(["s1", "s2", "u-1", "u-2"]), "place");
  assert.deepEqual(mine.state.spans.map(({ start, label, provenance }) => [start, label, provenance.source]), [
    [0, "place", "edited"], [8, "place", "suggestion"], [30, "place", "human"],
  ], "of two that say the same one stays");
  mine.undo();
  assert.deepEqual(mine.state.spans.map(({ id }) => id), ["s2", "s1"]);
  assert.equal(mine.acceptMany(new Set(["u-1", "u-3", "s1"])), 2);
  assert.equal(mine.removeMany(new Set(["s1", "s3", "u-2"])), 3);
  assert.deepEqual(mine.state.spans.map(({ start }) => start), [20, 30]);
  assert.deepEqual(mine.state.rejected.map(({ suggestion }) => suggestion).sort(), ["u-1", "u-2"]);
  mine.undo();
  assert.equal(mine.state.spans.length, 4);
  assert.deepEqual(mine.state.rejected, []);
});

test("how sure the copilot was stays known when an offer was taken", () => {
  const mine = createTextStore({ answer: null, onChange() {} });
  mine.receive({ spans: [{ ...offers[0], score: 0.7 }], model: "spacy@3.8" });
  mine.accept("u-1");
  mine.mark(30, 34, "place");
  assert.deepEqual(mine.items().map((item) => mine.scoreOf(item)), [0.7, null]);
});

test("accept and reject act on the selected span: one that was trimmed is taken already, and another offer isn't touched", () => {
  const mine = store();
  mine.resize({ end: 2 });
  assert.equal(mine.accept(), false);
  assert.deepEqual(mine.pending().map(({ suggestion }) => suggestion), ["u-2", "u-3"]);
  assert.equal(mine.stepToOffer(), true);
  assert.equal(mine.current, "u-2");
  mine.select("s1");
  assert.equal(mine.reject(), true);
  assert.deepEqual([mine.state.spans, mine.state.rejected.map(({ suggestion }) => suggestion)], [[], ["u-1"]]);
  mine.mark(30, 34, "place");
  assert.equal(mine.reject(), false);
  assert.equal(mine.pending().length, 2);
});
