/**
 * The spans of a text answer, as plain values. Offsets are code points, the end is exclusive.
 * @typedef {{id: string, start: number, end: number, label: string, attributes: any, provenance: any}} Span
 */
import { byHand, changed, nextId } from "../shared/provenance.js";

function inOrder(spans) {
  return [...spans].sort((a, b) => a.start - b.start || b.end - a.end || (a.label < b.label ? -1 : 1));
}

/** A span that says exactly the same, or undefined. */
function twinOf(spans, { start, end, label }) {
  return spans.find((span) => span.start === start && span.end === end && span.label === label);
}

/** Add a span; marking the same words with the same label twice changes nothing. */
export function addSpan(spans, { start, end, label, provenance = byHand() }) {
  const twin = twinOf(spans, { start, end, label });
  if (twin) return { spans, id: twin.id };
  const id = nextId(spans, "s");
  return { spans: inOrder([...spans, { id, start, end, label, attributes: {}, provenance }]), id };
}

/** Add many in one go; those that say what is there already are left out. @returns {Span[]} the same list if all are */
export function addSpans(spans, wanted) {
  const known = new Set(spans.map(saying));
  const fresh = wanted.filter((one) => !known.has(saying(one)) && known.add(saying(one)));
  if (!fresh.length) return spans;
  const first = Number(nextId(spans, "s").slice(1));
  const made = fresh.map(({ start, end, label, provenance = byHand() }, i) => ({ id: `s${first + i}`, start, end, label, attributes: {}, provenance }));
  return inOrder([...spans, ...made]);
}

/** Another label for many; of those that say the same then, one stays. @param {Set<string>} ids @returns {Span[]} */
export function relabelSpans(spans, ids, label) {
  const said = new Set(spans.filter(({ id }) => !ids.has(id)).map(saying));
  const next = spans.map((span) => (ids.has(span.id) && span.label !== label ? { ...span, label, provenance: changed(span.provenance) } : span));
  return inOrder(next.filter((span) => !ids.has(span.id) || (!said.has(saying(span)) && said.add(saying(span)))));
}

/** What two spans must share to be the same mark. */
export function saying({ start, end, label }) {
  return `${start} ${end} ${label}`;
}

/** One attribute of one span; left out when it is blank. @returns {Span[]} */
export function describeSpan(spans, id, key, value) {
  return spans.map((span) => {
    if (span.id !== id) return span;
    const { [key]: _, ...rest } = span.attributes;
    return { ...span, attributes: value === "" || value === null ? rest : { ...rest, [key]: value } };
  });
}

/** @param {Span[]} spans @returns {Span[]} */
export function removeSpan(spans, id) {
  return spans.filter((span) => span.id !== id);
}

/** New label or edges for one span. What came from an offer then counts as edited. @returns {Span[]} */
export function changeSpan(spans, id, change) {
  const old = spans.find((span) => span.id === id);
  if (!old) return spans;
  const next = { ...old, ...change };
  if (next.start >= next.end) return spans;
  const same = next.start === old.start && next.end === old.end && next.label === old.label;
  if (same) return spans;
  const rest = removeSpan(spans, id);
  if (twinOf(rest, next)) return rest;
  return inOrder([...rest, { ...next, provenance: changed(old.provenance) }]);
}

/**
 * Cut the text where any span starts or ends.
 * @returns {{start: number, end: number, ids: string[]}[]} pieces in order, covering 0..length
 */
export function piecesOf(length, spans) {
  const cuts = new Set([0, length]);
  for (const span of spans) {
    cuts.add(span.start);
    cuts.add(span.end);
  }
  const edges = [...cuts].sort((a, b) => a - b);
  const opening = [...spans].sort((a, b) => a.start - b.start);
  const pieces = [];
  let open = [];
  let next = 0;
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const [start, end] = [edges[i], edges[i + 1]];
    open = open.filter((span) => span.end > start);
    while (next < opening.length && opening[next].start <= start) open.push(opening[next++]);
    pieces.push({ start, end, ids: open.map((span) => span.id) });
  }
  return pieces;
}

/**
 * Which line under the text each span is drawn on, so that overlapping ones never share a line:
 * short spans lie next to the words, the ones around them further out.
 * @returns {Map<string, number>} id → 0, 1, …
 */
export function lanesOf(spans) {
  const lane = new Map();
  for (const group of touching(spans)) {
    const lanes = [];
    for (const span of [...group].sort((a, b) => a.end - a.start - (b.end - b.start) || a.start - b.start)) {
      let at = lanes.findIndex((row) => row.every((other) => other.end <= span.start || other.start >= span.end));
      if (at < 0) at = lanes.push([]) - 1;
      lanes[at].push(span);
      lane.set(span.id, at);
    }
  }
  return lane;
}

/**
 * Lanes that are remembered: a span is placed anew only when one that it touches has come, gone or changed.
 * @returns {<T extends {id: string, start: number, end: number, lane?: number}>(spans: T[]) => (T & {lane: number})[]}
 *   in the order of the text; a span that brings a lane keeps it
 */
export function createLanes() {
  const known = new WeakMap(); // the first of a group → the group, and the same with their lanes

  function placed(group) {
    const before = known.get(group[0]);
    if (before && alike(before.group, group)) return before.placed;
    const lanes = lanesOf(group);
    const made = group.map((span) => ({ lane: lanes.get(span.id), ...span }));
    known.set(group[0], { group, placed: made });
    return made;
  }

  return (spans) => touching(spans).flatMap(placed);
}

/** Whether two lists hold the very same things. */
export function alike(one, other) {
  return one.length === other.length && one.every((item, i) => item === other[i]);
}

/** Spans in groups of which none overlaps another: thousands of spans are then many small questions. */
function touching(spans) {
  const groups = [];
  let until = -1;
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.start >= until) groups.push([]);
    groups[groups.length - 1].push(span);
    until = Math.max(until, span.end);
  }
  return groups;
}
