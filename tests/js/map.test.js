import assert from "node:assert/strict";
import { test } from "node:test";
import { nextThatWay } from "../../static/js/pages/map.js";

const PLACES = [
  { x: 500, y: 500 },
  { x: 600, y: 510 },
  { x: 900, y: 500 },
  { x: 500, y: 100 },
  { x: 520, y: 620 },
];

test("An arrow goes to the nearest point that lies that way", () => {
  assert.equal(nextThatWay(PLACES, 0, [1, 0]), 1);
  assert.equal(nextThatWay(PLACES, 1, [1, 0]), 2);
  assert.equal(nextThatWay(PLACES, 0, [0, -1]), 3);
  assert.equal(nextThatWay(PLACES, 0, [0, 1]), 4);
  assert.equal(nextThatWay(PLACES, 2, [-1, 0]), 1);
});

test("Where nothing lies that way the focus stays", () => {
  assert.equal(nextThatWay(PLACES, 2, [1, 0]), -1);
  assert.equal(nextThatWay(PLACES, 3, [0, -1]), -1);
  assert.equal(nextThatWay([{ x: 1, y: 1 }, { x: 1, y: 1 }], 0, [1, 0]), -1);
});
