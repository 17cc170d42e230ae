import assert from "node:assert/strict";
import { test } from "node:test";
import { createGroup } from "../../static/js/studio/shared/mark_group.js";

/** A list of five marks, of which the editor knows one as selected. */
function marks(order = ["a", "b", "c", "d", "e"]) {
  const editor = { lead: null };
  const group = createGroup({ lead: () => editor.lead, choose: (id) => (editor.lead = id), order: () => order, onChange: () => {} });
  return { editor, group, now: () => [...group.now()].sort().join("") };
}

test("one more and one less, and the rest is let go when another is selected by itself", () => {
  const { editor, group, now } = marks();
  editor.lead = "b";
  assert.equal(now(), "b");
  group.toggle("d");
  group.toggle("e");
  assert.equal(now(), "bde");
  assert.equal(editor.lead, "e");
  group.toggle("e");
  assert.equal(now(), "bd");
  assert.equal(editor.lead, "d");
  group.toggle("b");
  assert.equal(now(), "d");
  group.toggle("d");
  assert.equal(now(), "");
  group.take(["a", "c"]);
  editor.lead = "d"; // a click, or a key
  assert.equal(now(), "d");
  assert.equal(group.several, false);
});

test("a range goes from where it began, forth and back, in the order of the list", () => {
  const { editor, group, now } = marks(["e", "c", "a", "b", "d"]);
  editor.lead = "c";
  group.reach("b");
  assert.equal(now(), "abc");
  group.reach("a");
  assert.equal(now(), "ac");
  group.reach("e");
  assert.equal(now(), "ce");
  assert.equal(editor.lead, "e");
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
