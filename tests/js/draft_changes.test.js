import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { changesBetween, same } from "../../static/js/studio/shell/draft_changes.js";

const cases = JSON.parse(readFileSync(new URL("../fixtures/draft_changes.json", import.meta.url)));

for (const { name, base, next, changes } of cases) {
  test(`what differs: ${name}`, () => assert.deepEqual(changesBetween(base, next), changes));
}

test("parts that are the same object aren't looked into", () => {
  const part = Object.defineProperty({ id: "a" }, "n", { enumerable: true, get: () => assert.fail("looked into") });
  assert.equal(changesBetween({ spans: [part] }, { spans: [part] }), null);
});

test("the order of an object's fields says nothing, that of a list does", () => {
  assert.ok(same({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }));
  assert.ok(!same([1, 2], [2, 1]));
  assert.ok(!same({ a: undefined }, { b: undefined }));
  assert.ok(!same([], {}));
});
