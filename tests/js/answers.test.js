import assert from "node:assert/strict";
import { test } from "node:test";
import { bestOf, colourOf, labelCounts, letterOf, nextOf, sharedSpans, standingOf } from "../../static/js/review/answers.js";

const labels = [{ key: "person", name: "Person" }, { key: "place", name: "Place" }];

test("labels are counted in the project's order, unknown ones last", () => {
  const answer = { spans: [{ label: "place" }, { label: "gone" }, { label: "person" }, { label: "place" }] };
  assert.deepEqual(labelCounts(answer, labels), [
    { name: "Person", count: 1 },
    { name: "Place", count: 2 },
    { name: "gone", count: 1 },
  ]);
  assert.deepEqual(labelCounts({ regions: [] }, labels), []);
});

test("a span that two gave is one mark with both letters; one that all gave says so", () => {
  const span = (start, end, label) => ({ start, end, label });
  const marks = sharedSpans([
    { letter: "A", index: 0, spans: [span(0, 3, "person"), span(5, 9, "place")] },
    { letter: "B", index: 1, spans: [span(0, 3, "person"), span(5, 9, "person")] },
  ]);
  assert.deepEqual(marks.map((mark) => [mark.letters.join(""), mark.label, mark.all]), [
    ["AB", "person", true],
    ["A", "place", false],
    ["B", "person", false],
  ]);
});

test("one answer alone is not everybody", () => {
  const [mark] = sharedSpans([{ letter: "A", index: 0, spans: [{ start: 0, end: 3, label: "person" }] }]);
  assert.equal(mark.all, false);
});

test("letters, colours and agreement", () => {
  assert.equal(letterOf("Answer C"), "C");
  assert.notEqual(colourOf(0), colourOf(1));
  assert.equal(colourOf(0), colourOf(8));
  assert.equal(standingOf(null), null);
  assert.deepEqual(standingOf(0.914), { kind: "good", percent: 91 });
  assert.equal(standingOf(0.2).kind, "bad");
});

test("an answer that other hands changed is never chosen", () => {
  const changed = { agreement: null, changed: true };
  const [low, high] = [0.4, 0.6].map((agreement) => ({ agreement, changed: false }));
  assert.equal(bestOf([changed, low, high, changed]), 2);
  assert.equal(bestOf([{ agreement: null, changed: false }]), 0);
  assert.deepEqual([bestOf([]), bestOf([changed])], [-1, -1]);
  const saying = (id, label, agreement) => ({ agreement, changed: false, answer: { spans: [{ id, start: 0, end: 4, label }] } });
  assert.equal(bestOf([saying("s1", "cat", 0), saying("s1", "dog", 0)]), -1, "of two that differ none is proposed");
  assert.equal(bestOf([saying("s1", "dog", 0.2), saying("s2", "cat", 0.6), saying("s3", "cat", 0.6)]), 1);
  assert.deepEqual([1, 2].map((from) => nextOf([changed, low, high, changed], from, 1)), [2, 1]);
  assert.deepEqual([1, -1].map((step) => nextOf([low, high, low], -1, step)), [0, 2]); // where none is chosen yet
  assert.deepEqual([1, 2].map((from) => nextOf([changed, low, high, changed], from, -1)), [2, 1]);
  assert.deepEqual([nextOf([], -1, 1), nextOf([changed], -1, -1), nextOf([low], 0, 1)], [-1, -1, 0]);
});
