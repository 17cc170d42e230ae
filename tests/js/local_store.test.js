import assert from "node:assert/strict";
import { test } from "node:test";
import { inMemory, ofPerson, sweep, written } from "../../static/js/studio/shell/local_store.js";

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

test("of people who share a browser nobody is shown what another left", async () => {
  const store = inMemory();
  const [ann, ben] = ["ann", "ben"].map((person) => ofPerson(store, person));
  await ann.write("task:t1", { answer: { spans: [1] } });
  await ann.write("a1", { answer: { spans: [2] } });
  assert.deepEqual([await ben.read("task:t1"), await ben.read("a1")], [null, null]);
  assert.deepEqual((await ann.read("a1")).answer, { spans: [2] });
});

test("what was begun early goes after some days, or when somebody else comes; unsent work of one's own stays", async () => {
  const [store, now, day] = [inMemory(), 1e12, 24 * 3600 * 1000];
  for (const [key, days] of /** @type {[string, number][]} */ ([["@ann task:t1", 1], ["@ann task:t2", 9], ["@ann a1", 9], ["@ben task:t1", 1], ["@ben b1", 9], ["task:t3", 1], ["c1", 1], ["c2", 9]])) {
    await store.write(key, { at: now - days * day });
  }
  await store.write("@ann a1 other", { copies: [] });
  await sweep(store, "ann", now);
  assert.deepEqual(await store.keys(), ["@ann task:t1", "@ann a1", "@ben b1", "c1", "@ann a1 other"]);
});
