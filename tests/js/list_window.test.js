import assert from "node:assert/strict";
import { test } from "node:test";
import { rowAfter, rowsInPage, topFor } from "../../static/js/studio/shared/list_window.js";

const sight = (more) => ({ count: 600, row: 30, top: 0, height: 300, ...more });
const ends = (rows) => [rows[0], rows.at(-1), rows.length];

test("the rows in sight and half a frame's worth on either side stand in the page", () => {
  assert.deepEqual(ends(rowsInPage(sight())), [0, 14, 15]);
  assert.deepEqual(ends(rowsInPage(sight({ top: 3000 }))), [95, 114, 20]);
  assert.deepEqual(ends(rowsInPage(sight({ top: 3015 }))), [95, 115, 21]);
  assert.deepEqual(ends(rowsInPage(sight({ top: 600 * 30 - 300 }))), [585, 599, 15]);
});

test("whatever is scrolled to, no row in sight is missing, and the page holds few", () => {
  for (let top = 0; top <= 600 * 30; top += 7) {
    const rows = rowsInPage(sight({ top }));
    const seen = Array.from({ length: 600 }, (_, i) => i).filter((i) => i * 30 < top + 300 && (i + 1) * 30 > top);
    assert.ok(seen.every((i) => rows.includes(i)), String(top));
    assert.ok(rows.length <= 21, String(rows.length));
    assert.deepEqual(rows, [...new Set(rows)].sort((a, b) => a - b));
  }
});

test("the row that has the focus stays in its place however far away", () => {
  assert.deepEqual(rowsInPage(sight({ top: 9000 }), 3).slice(0, 2), [3, 295]);
  assert.deepEqual(rowsInPage(sight(), 599).slice(-2), [14, 599]);
  assert.deepEqual(rowsInPage(sight(), 5), rowsInPage(sight()));
  assert.deepEqual(rowsInPage(sight(), -1), rowsInPage(sight()));
});

test("a list that grew short under its scroll, a small one and an empty one", () => {
  assert.deepEqual(rowsInPage(sight({ count: 2, top: 9000 }), 1), [1]);
  assert.deepEqual(rowsInPage(sight({ count: 3 })), [0, 1, 2]);
  assert.deepEqual(rowsInPage(sight({ count: 0 }), 0), []);
});

test("a frame too low for a row still has some", () => {
  assert.deepEqual(rowsInPage(sight({ height: 0, top: 300 })), [6, 7, 8, 9, 10, 11, 12, 13]);
});

test("a row is scrolled to no further than is needed", () => {
  assert.equal(topFor(sight({ top: 3000 }), 100), 3000);
  assert.equal(topFor(sight({ top: 3000 }), 109), 3000);
  assert.equal(topFor(sight({ top: 3000 }), 110), 3030);
  assert.equal(topFor(sight({ top: 3015 }), 100), 3000);
  assert.equal(topFor(sight({ height: 20 }), 7), 210);
});

test("keys lead from row to row and not beyond the ends", () => {
  assert.equal(rowAfter("ArrowDown", 4, 600), 5);
  assert.equal(rowAfter("ArrowUp", 0, 600), 0);
  assert.equal(rowAfter("PageDown", 595, 600), 599);
  assert.equal(rowAfter("PageUp", 15, 600), 5);
  assert.equal(rowAfter("Home", 400, 600), 0);
  assert.equal(rowAfter("End", 0, 600), 599);
  assert.equal(rowAfter("a", 4, 600), null);
});
