import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createOffsets } from "../../static/js/studio/shared/offsets.js";

const cases = JSON.parse(readFileSync(new URL("../fixtures/offsets.json", import.meta.url)));

for (const { name, text, length, spans } of cases) {
  test(`${name}: code points and UTF-16 units are converted both ways`, () => {
    const offsets = createOffsets(text);
    assert.equal(offsets.length, length);
    for (const [start, end, words] of spans) {
      assert.equal(offsets.slice(start, end), words);
      assert.equal(offsets.toCodePoint(offsets.toUtf16(start)), start);
      assert.equal(offsets.toCodePoint(offsets.toUtf16(end)), end);
    }
    const points = Array.from(text);
    for (let i = 0, unit = 0; i <= points.length; i += 1) {
      assert.equal(offsets.toUtf16(i), unit);
      unit += points[i]?.length ?? 0;
    }
  });
}

test("a unit in the middle of a pair belongs to that character", () => {
  const offsets = createOffsets("a🌊b");
  assert.deepEqual([0, 1, 2, 3, 4].map((unit) => offsets.toCodePoint(unit)), [0, 1, 1, 2, 3]);
});

test("a lone surrogate counts as one character", () => {
  const offsets = createOffsets("a\ud83cb");
  assert.equal(offsets.length, 3);
  assert.equal(offsets.toUtf16(2), 2);
});
