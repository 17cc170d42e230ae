import assert from "node:assert/strict";
import test from "node:test";

import { groupsOf, nextGroup, rowAway } from "../../static/js/studio/shell/grid_groups.js";

const tiles = ["a", "b", "c", "d", "e"].map((id) => ({ id }));

test("each tile on the screen is in one group, whatever the server says of those that are not", () => {
  assert.deepEqual(groupsOf([["b", "gone", "d"], ["gone"], ["d", "a"]], tiles), [["b", "d"], ["a"], ["c", "e"]]);
});

test("the next group is one with an open tile, round and round, and just the next one where none is open", () => {
  const groups = [["a", "b"], ["c"], ["d", "e"]];
  assert.equal(nextGroup(groups, ["b", "e"], -1), 0);
  assert.equal(nextGroup(groups, ["b", "e"], 0), 2);
  assert.equal(nextGroup(groups, ["b"], 0), 0);
  assert.equal(nextGroup(groups, [], 2), 0);
});

test("up and down go to the tile under this one, or to the last of a short row", () => {
  const at = (top, left) => ({ host: { offsetTop: top, offsetLeft: left } });
  const nodes = [at(0, 0), at(0, 10), at(0, 20), at(30, 0), at(60, 0), at(60, 10)];
  assert.equal(rowAway(nodes, 2, 1), 1);
  assert.equal(rowAway(nodes, 3, 1), 1);
  assert.equal(rowAway(nodes, 5, -1), -2);
  assert.equal(rowAway(nodes, 1, -1), -6);
});
