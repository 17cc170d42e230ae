import assert from "node:assert/strict";
import { test } from "node:test";
import { createGroup } from "../../static/js/studio/shared/mark_group.js";

/** A list of five marks, of which the room knows one as selected. */
function marks(order = ["a", "b", "c", "d", "e"]) {
  const room = { lead: null };
  const group = createGroup({ lead: () => room.lead, choose: (id) => (room.lead = id), order: () => order, onChange: () => {} });
  return { room, group, now: () => [...group.now()].sort().join("") };
}

test("one more and one less, and the rest is let go when another is selected by itself", () => {
  const { room, group, now } = marks();
  room.lead = "b";
  assert.equal(now(), "b");
  group.toggle("d");
  group.toggle("e");
  assert.equal(now(), "bde");
  assert.equal(room.lead, "e");
  group.toggle("e");
  assert.equal(now(), "bd");
  assert.equal(room.lead, "d");
  group.toggle("b");
  assert.equal(now(), "d");
  group.toggle("d");
  assert.equal(now(), "");
  group.take(["a", "c"]);
  room.lead = "d"; // a click, or a key
  assert.equal(now(), "d");
  assert.equal(group.several, false);
});

test("a range goes from where it began, forth and back, in the order of the list", () => {
  const { room, group, now } = marks(["e", "c", "a", "b", "d"]);
  room.lead = "c";
  group.reach("b");
  assert.equal(now(), "abc");
  group.reach("a");
  assert.equal(now(), "ac");
  group.reach("e");
  assert.equal(now(), "ce");
  assert.equal(room.lead, "e");
});

test("a range from nothing is what is reached alone, and what the list doesn't show isn't reached", () => {
  const { group, now } = marks();
  group.reach("x");
  assert.equal(now(), "");
  group.reach("c");
  assert.equal(now(), "c");
  group.reach("d");
  assert.equal(now(), "cd");
});

test("what is gone is no longer selected", () => {
  const { group, now } = marks();
  group.take(["a", "b", "c"]);
  group.keep((id) => id !== "a");
  assert.equal(now(), "bc");
});
