import assert from "node:assert/strict";
import { test } from "node:test";
import { written } from "../../static/js/studio/shell/local_store.js";

const spans = (count) => Array.from({ length: count }, (_, i) => ({ id: `s${i}`, start: i, end: i + 1, words: 'a "quoted" line\n', toJSON() { return tally(this); } }));
let put = 0; // parts that were put into words
function tally({ id, start, end, words }) {
  put += 1;
  return { id, start, end, words };
}

test("what is written can be read back as it was", () => {
  const answer = { spans: [{ id: "s1", attributes: { role: "é “x”" } }], note: "", base: null, tags: ["a", 2], tiles: { t1: { fields: [] } } };
  assert.deepEqual(JSON.parse(written(answer)), answer);
  assert.equal(written(null), null);
  assert.deepEqual(JSON.parse(written({})), {});
});

test("after one more mark among two thousand one part is put into words, as among ten", () => {
  for (const count of [10, 2000]) {
    const before = spans(count);
    written({ spans: before });
    put = 0;
    const after = [...before.slice(0, 5), { ...before[5], id: "new" }, ...before.slice(5)];
    assert.equal(JSON.parse(written({ spans: after })).spans.length, count + 1);
    assert.equal(put, 1, String(count));
  }
});
