import assert from "node:assert/strict";
import { test } from "node:test";
import { createClassificationStore } from "../../static/js/studio/classification/store.js";
import { linesOf, marksIn, safer } from "../../static/js/studio/shell/copies.js";
import { createGridStore } from "../../static/js/studio/shell/grid_store.js";
import { createTextStore } from "../../static/js/studio/text/store.js";

const regions = (count) => ({ regions: Array.from({ length: count }, (_, i) => ({ id: `r${i}`, label: i ? "cat" : "dog" })) });
const labels = [{ key: "cat", name: "Cat" }, { key: "dog", name: "Dog" }, { key: "person", name: "Person" }];

test("Enter in the dialog of two copies never loses work: the larger copy is advised, of equal ones the newer", () => {
  assert.equal(safer({ answer: regions(3), at: 1 }, { answer: regions(1), at: 2 }), "mine");
  assert.equal(safer({ answer: regions(1), at: 2 }, { answer: regions(3), at: 1 }), "theirs");
  assert.equal(safer({ answer: regions(2), at: 1 }, { answer: regions(2), at: 2 }), "theirs");
  assert.equal(safer({ answer: regions(2), at: 3 }, { answer: regions(2), at: 2 }), "mine");
});

test("marks are counted and said for every kind of answer", () => {
  const field = { key: "mood", name: "Mood" };
  const about = { task: { payload: { text: "\u{1F600} Ann met Bo, Cy, Di" } }, project: { labels, fields: [field] } };
  assert.deepEqual(linesOf(regions(3), about), ["Dog × 1", "Cat × 2"]);
  const spans = [[2, 5], [10, 12], [14, 16], [18, 20]].map(([start, end]) => ({ start, end, label: "person" }));
  assert.deepEqual(linesOf({ spans }, about), ["Person × 4: “Ann”, “Bo”, “Cy”…"]);
  assert.deepEqual(linesOf({ fields: [{ field: "mood", kind: "choice", value: "cat" }] }, about), ["Mood: Cat"]);
  const tiles = { a: { fields: [{ field: "mood", kind: "choice", value: "dog" }] }, b: { fields: [] } };
  assert.deepEqual([marksIn({ tiles }).length, linesOf({ tiles }, about)], [1, ["Dog × 1"]]);
  assert.equal(marksIn({}).length, 0);
});

test("in every editor the other copy is one step, and undo brings this one back", () => {
  const span = { id: "s1", start: 0, end: 3, label: "person", attributes: {}, provenance: { source: "human", suggestion: null } };
  const text = createTextStore({ answer: { spans: [span] }, onChange() {} });
  text.take({ spans: [] }, []);
  assert.deepEqual(text.answer().spans, []);
  text.undo();
  assert.deepEqual(text.answer().spans, [span]);

  const field = { key: "mood", name: "Mood", kind: "choice", required: true };
  const choices = [{ key: "good", name: "Good", field: "mood" }, { key: "bad", name: "Bad", field: "mood" }];
  const part = (value) => ({ field: "mood", kind: "choice", value, provenance: { source: "human", suggestion: null, model: null } });
  const store = createClassificationStore({ fields: [field], labels: choices, payload: {}, answer: { fields: [part("good")] } });
  store.take({ fields: [part("bad")] }, []);
  assert.equal(store.values.mood, "bad");
  store.undo();
  assert.equal(store.values.mood, "good");

  const tiles = ["a", "b"].map((id) => ({ id, task: { payload: {} } }));
  const grid = createGridStore({ field, labels: choices, tiles, answer: { tiles: { a: { fields: [part("good")] } } } });
  grid.take({ tiles: { b: { fields: [part("bad")] } } });
  assert.deepEqual([grid.valueOf("a"), grid.valueOf("b")], [undefined, "bad"]);
  grid.undo();
  assert.deepEqual([grid.valueOf("a"), grid.valueOf("b")], ["good", undefined]);
});
