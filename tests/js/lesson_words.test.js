import assert from "node:assert/strict";
import { test } from "node:test";
import { verdict } from "../../static/js/studio/shell/lesson_words.js";

test("what is off but counts isn't called right", () => {
  assert.equal(verdict({ score: 1, differences: [], close: [] }), "Right");
  assert.equal(verdict({ score: 1, differences: [], close: ["57 % in common"] }), "Good enough, it counts in full");
  assert.equal(verdict({ score: 0.5, differences: ["Missed"], close: ["57 % in common"] }), "Partly right: 50 %");
  assert.equal(verdict({ score: 0, differences: ["Missed"], close: [] }), "Not right");
});
