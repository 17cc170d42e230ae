import assert from "node:assert/strict";
import { test } from "node:test";
import { arranged, noFilter } from "../../static/js/studio/shared/list_order.js";

const READ = {
  a: { words: "person maria", label: "person", name: "Person", size: 4, score: null, source: "human" },
  b: { words: "boat of maria red", label: "boat", name: "Boat", size: 9, score: 0.4, source: "suggestion" },
  c: { words: "person jun", label: "person", name: "Person", size: 1, score: 0.9, source: "edited" },
};
const ITEMS = Object.keys(READ);
const ask = (filter) => arranged(ITEMS, { ...noFilter(), ...filter }, (item) => READ[item]);

test("without a filter the very same list stays", () => {
  assert.equal(ask({}), ITEMS);
  assert.equal(ask({ words: "  " }), ITEMS);
});

test("marks are filtered by words, by label and by source, all together", () => {
  assert.deepEqual(ask({ words: "Maria" }), ["a", "b"]);
  assert.deepEqual(ask({ words: "red maria" }), ["b"]);
  assert.deepEqual(ask({ label: "person" }), ["a", "c"]);
  assert.deepEqual(ask({ source: "edited" }), ["c"]);
  assert.deepEqual(ask({ label: "person", words: "maria", source: "human" }), ["a"]);
  assert.deepEqual(ask({ label: "boat", source: "human" }), []);
});

test("they are sorted by label, size and sureness; equal ones keep their order", () => {
  assert.deepEqual(ask({ sort: "label" }), ["b", "a", "c"]);
  assert.deepEqual(ask({ sort: "size" }), ["b", "a", "c"]);
  assert.deepEqual(ask({ sort: "score" }), ["b", "c", "a"]);
  assert.deepEqual(ask({ sort: "size", label: "person" }), ["a", "c"]);
  assert.deepEqual(ITEMS, ["a", "b", "c"]);
});
