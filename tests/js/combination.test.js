import assert from "node:assert/strict";
import { test } from "node:test";
import { createCombination, NOTHING } from "../../static/js/review/combination.js";

const span = (start, label, id = "s1") => ({ id, start, end: start + 4, label, attributes: {}, provenance: { source: "human" } });
const answer = (agreement, ...spans) => ({ answer: { spans }, agreement, changed: false });

/** Three say the first alike; of the second two say place and one person; the third is one's alone; the last is a tie. */
function disputed(more = {}) {
  const answers = [
    answer(0.5, span(0, "person"), span(10, "place", "s2"), span(40, "person", "s3")),
    answer(0.8, span(0, "person"), span(10, "place", "s2"), span(20, "place", "s3")),
    answer(0.3, span(0, "person"), span(10, "person", "s2"), span(40, "place", "s3")),
  ];
  const matches = [[[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 1], [2, 1]], [[1, 2]], [[0, 2], [2, 2]]];
  return createCombination({ matches, answers, list: "spans", ...more });
}

test("what all say is taken; what differs is open, one after another", () => {
  const made = disputed();
  assert.deepEqual(made.picks, [1, null, null, null]); // of whom the others agree with most
  assert.deepEqual([made.at, made.open, made.differing], [1, [1, 2, 3], 3]);
  made.take(2);
  made.leave();
  assert.deepEqual([made.at, made.picks], [3, [1, 2, NOTHING, null]]);
  made.take(1); // who has nothing here: so nothing is here
  assert.deepEqual([made.picks[3], made.open], [NOTHING, []]);
  assert.deepEqual(made.answer().spans.map(({ id, start, label }) => [id, start, label]), [["s1", 0, "person"], ["s2", 10, "person"]]);
  made.history.undo();
  assert.deepEqual(made.open, [3]);
});

test("the majority is one key, for one difference or for all; a tie stays open", () => {
  const made = disputed();
  made.agree();
  assert.deepEqual([made.picks[1], made.at], [1, 2]);
  assert.equal(made.agreeAll(), 1);
  assert.deepEqual([made.picks, made.at], [[1, 1, NOTHING, null], 3]);
  assert.equal(made.agree(), false);
});

test("an audit is told no majority", () => {
  const made = disputed({ blind: true });
  assert.equal(made.agreeAll(), 0);
  assert.deepEqual(made.open, [1, 2, 3]);
});

test("an answer taken whole is told as the one that the decision began with", () => {
  const made = disputed();
  assert.equal(made.whole(), -1);
  for (const i of [0, 1, 2, 3]) {
    made.go(i);
    made.take(0);
  }
  assert.equal(made.whole(), 0);
});

test("what other hands changed has no say, and what was taken before is gone on with", () => {
  const answers = [answer(0.5, span(0, "person")), { answer: { spans: [] }, agreement: null, changed: true }, answer(0.5, span(0, "person"))];
  const made = createCombination({ matches: [[[0, 0], [2, 0]]], answers, list: "spans" });
  assert.deepEqual([made.open, made.take(1)], [[], false]);
  assert.deepEqual(disputed({ picks: [0, 1, null, 2] }).open, [2]);
});
