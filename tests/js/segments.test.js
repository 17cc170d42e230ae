import assert from "node:assert/strict";
import test from "node:test";

import { channels, segmentsOf, shrunk } from "../../static/js/pages/segments.js";

const words = (pieces) => pieces.map((piece) => [piece.text, piece.labels.join("+")]);

test("text without spans is one piece", () => {
  assert.deepEqual(words(segmentsOf("Oslo", [])), [["Oslo", ""]]);
});

test("a span is cut out of its text", () => {
  const spans = [{ start: 3, end: 7, label: "place" }];
  assert.deepEqual(words(segmentsOf("in Oslo now", spans)), [["in ", ""], ["Oslo", "place"], [" now", ""]]);
});

test("overlapping spans share the middle", () => {
  const spans = [
    { start: 0, end: 4, label: "a" },
    { start: 2, end: 6, label: "b" },
  ];
  assert.deepEqual(words(segmentsOf("abcdef", spans)), [["ab", "a"], ["cd", "a+b"], ["ef", "b"]]);
});

test("a label is told where its span opens, once", () => {
  const spans = [
    { start: 0, end: 6, label: "a" },
    { start: 2, end: 4, label: "b" },
  ];
  assert.deepEqual(
    segmentsOf("abcdef", spans).map((piece) => piece.opens),
    [["a"], ["b"], []],
  );
});

test("offsets count code points, not UTF-16 units", () => {
  assert.deepEqual(words(segmentsOf("😀 Oslo", [{ start: 2, end: 6, label: "place" }])), [["😀 ", ""], ["Oslo", "place"]]);
});

test("the pieces together are the text", () => {
  const text = "Größe 東京 😀 end";
  const spans = [
    { start: 0, end: 5, label: "a" },
    { start: 3, end: 8, label: "b" },
    { start: 8, end: 99, label: "c" },
  ];
  assert.equal(
    segmentsOf(text, spans)
      .map((piece) => piece.text)
      .join(""),
    text,
  );
});

test("a shrunken mask keeps its half", () => {
  const data = new Uint8Array(8 * 4);
  for (let y = 0; y < 4; y += 1) data.fill(1, y * 8, y * 8 + 4);
  assert.deepEqual([...shrunk({ width: 8, height: 4, data }, 4, 2)], [1, 1, 0, 0, 1, 1, 0, 0]);
});

test("a mask may be smaller than its picture's thumbnail", () => {
  assert.deepEqual([...shrunk({ width: 1, height: 1, data: Uint8Array.of(1) }, 2, 2)], [1, 1, 1, 1]);
});

test("a colour has three channels", () => {
  assert.deepEqual(channels("#1971c2"), [25, 113, 194]);
});
