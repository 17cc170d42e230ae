import assert from "node:assert/strict";
import { test } from "node:test";
import { asOffered } from "../../static/js/studio/shared/provenance.js";
import * as model from "../../static/js/studio/text/spans.js";
import { snap, tokenAt, tokensOf } from "../../static/js/studio/text/tokens.js";

const add = (spans, start, end, label, provenance) =>
  model.addSpan(spans, { start, end, label, provenance }).spans;

test("spans are kept in order and the same mark twice is one", () => {
  let spans = add([], 8, 13, "place");
  spans = add(spans, 0, 3, "person");
  assert.deepEqual(spans.map((span) => span.id), ["s2", "s1"]);
  assert.equal(model.addSpan(spans, { start: 0, end: 3, label: "person" }).spans, spans);
  assert.equal(add(spans, 0, 3, "place").length, 3);
});

test("an accepted offer that is changed counts as edited", () => {
  const spans = add([], 0, 3, "person", asOffered("u-1", "spacy@3.8"));
  assert.equal(model.changeSpan(spans, "s1", { label: "person" }), spans);
  assert.equal(model.changeSpan(spans, "s1", { label: "place" })[0].provenance.source, "edited");
  assert.equal(model.changeSpan(spans, "s1", { end: 5 })[0].provenance.suggestion, "u-1");
});

test("a change that would empty a span is rejected, one that meets a twin joins it", () => {
  let spans = add([], 0, 3, "person");
  spans = add(spans, 0, 3, "place");
  assert.equal(model.changeSpan(spans, "s1", { end: 0 }), spans);
  assert.equal(model.changeSpan(spans, "s1", { label: "place" }).length, 1);
});

test("pieces cover the whole text and name every span over them", () => {
  let spans = add([], 2, 8, "organization");
  spans = add(spans, 4, 6, "place");
  spans = add(spans, 6, 12, "person");
  const pieces = model.piecesOf(14, spans);
  assert.deepEqual(pieces.map((piece) => [piece.start, piece.end, piece.ids.join()]), [
    [0, 2, ""],
    [2, 4, "s1"],
    [4, 6, "s1,s2"],
    [6, 8, "s1,s3"],
    [8, 12, "s3"],
    [12, 14, ""],
  ]);
  assert.deepEqual(model.piecesOf(0, []), []);
});

test("overlapping spans never share a line, and short ones lie nearest the words", () => {
  let spans = add([], 0, 20, "organization");
  spans = add(spans, 2, 6, "person");
  spans = add(spans, 8, 12, "place");
  const lanes = model.lanesOf(spans);
  assert.equal(lanes.get("s2"), 0);
  assert.equal(lanes.get("s3"), 0);
  assert.equal(lanes.get("s1"), 1);
});

test("words keep their apostrophes, hyphens and accents; signs stand alone", () => {
  const text = "O'Neil, Jose\u0301 🌊 x-ray.";
  const words = tokensOf(text).map(({ start, end }) => text.slice(start, end));
  assert.deepEqual(words, ["O'Neil", ",", "Jose\u0301", "🌊", "x-ray", "."]);
});

test("a sloppy selection snaps to whole words", () => {
  const tokens = tokensOf("in Twin Falls today");
  assert.deepEqual(snap(tokens, 5, 10), { start: 3, end: 13 });
  assert.deepEqual(snap(tokens, 2, 9), { start: 3, end: 13 });
  assert.equal(snap(tokens, 2, 3), null);
  assert.equal(tokenAt(tokens, 7), 1 + 1);
  assert.equal(tokenAt(tokens, 99), 3);
  assert.equal(tokenAt([], 0), -1);
});

test("many are added in one go, each once", () => {
  const spans = add([], 0, 3, "person");
  const next = model.addSpans(spans, [{ start: 8, end: 9, label: "place" }, { start: 0, end: 3, label: "person" }, { start: 8, end: 9, label: "place" }, { start: 5, end: 6, label: "place" }]);
  assert.deepEqual(next.map((span) => [span.id, span.start]), [["s1", 0], ["s3", 5], ["s2", 8]]);
  assert.equal(model.addSpans(next, [{ start: 5, end: 6, label: "place" }]), next);
});

test("an attribute is set, and left out when blank", () => {
  const spans = model.describeSpan(add([], 0, 3, "person"), "s1", "role", "judge");
  assert.deepEqual(spans[0].attributes, { role: "judge" });
  assert.deepEqual(model.describeSpan(spans, "s1", "role", "")[0].attributes, {});
});

test("lanes of two thousand spans are those of each heap by itself", () => {
  const spans = Array.from({ length: 2000 }, (_, i) => ({ id: `s${i}`, start: i * 10, end: i * 10 + (i % 2 ? 8 : 14), label: "x" }));
  const lanes = model.lanesOf(spans);
  for (const [i, one] of spans.entries()) {
    for (const other of spans.slice(Math.max(0, i - 3), i)) {
      if (other.end > one.start) assert.notEqual(lanes.get(one.id), lanes.get(other.id));
    }
  }
});

test("lanes are remembered: one more span among two thousand places as few anew as among ten", () => {
  const fresh = (count) => {
    const spans = Array.from({ length: count }, (_, i) => ({ id: `s${i}`, start: i * 10, end: i * 10 + (i % 2 ? 8 : 14), label: "x" }));
    const place = model.createLanes();
    const before = new Set(place(spans));
    assert.deepEqual(new Map([...before].map((span) => [span.id, span.lane])), model.lanesOf(spans));
    const after = place([...spans.slice(0, 3), { id: "new", start: 21, end: 24, label: "x" }, ...spans.slice(3)]);
    assert.equal(after.length, count + 1);
    return after.filter((span) => !before.has(span)).map((span) => span.id);
  };
  assert.deepEqual(fresh(10), fresh(2000));
  assert.deepEqual(model.createLanes()([{ id: "s1", start: 0, end: 2, lane: 4 }]).map((span) => span.lane), [4], "who brings a lane keeps it");
});

test("the next id is one more than the highest, whatever others look like", () => {
  const ids = (...all) => all.map((id) => ({ id }));
  assert.equal(model.addSpan(ids("s2", "s10", "s9"), { start: 0, end: 1, label: "x" }).id, "s11");
  assert.equal(model.addSpan(ids("note", "s1e400", "s"), { start: 0, end: 1, label: "x" }).id, "s1");
});
