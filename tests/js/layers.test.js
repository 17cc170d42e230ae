import assert from "node:assert/strict";
import { test } from "node:test";
import { regionAt } from "../../static/js/studio/shared/layers.js";
import { encodeMask } from "../../static/js/studio/shared/rle.js";

const image = { width: 60, height: 40 };

function square(id, left, top, side) {
  const data = new Uint8Array(image.width * image.height);
  for (let y = top; y < top + side; y += 1) data.fill(1, y * image.width + left, y * image.width + left + side);
  return { id, shape: { type: "mask", ...encodeMask({ ...image, data }) } };
}

const polygon = (id, x, y, side) => ({ id, shape: { type: "polygon", points: [[x, y], [x + side, y], [x + side, y + side], [x, y + side]] } });
const small = square("mask", 8, 8, 6);
const outline = polygon("polygon", 10, 4, 30);

test("a click on a polygon's line is the polygon's, whatever smaller mask lies under it", () => {
  for (const regions of [[small, outline], [outline, small]]) {
    assert.equal(regionAt(regions, 10, 10, 2).id, "polygon");
    assert.equal(regionAt(regions, 12, 12, 1).id, "polygon", "inside it too: outlines are drawn over masks");
    assert.equal(regionAt(regions, 8.5, 13, 0.5).id, "mask");
  }
});

test("of masks the one in front is picked, not the smallest", () => {
  const large = square("large", 5, 5, 30);
  assert.equal(regionAt([small, large], 10, 10).id, "large");
  assert.equal(regionAt([large, small], 10, 10).id, "mask");
  assert.equal(regionAt([large, small], 30, 30).id, "large");
  assert.equal(regionAt([large], 50, 5), null);
});

test("on lines that lie on each other the selected one stays; else the nearest line is picked", () => {
  const beside = polygon("beside", 40, 4, 15);
  assert.equal(regionAt([outline, beside], 40, 10, 3, "polygon").id, "polygon");
  assert.equal(regionAt([outline, beside], 40, 10, 3, "beside").id, "beside");
  assert.equal(regionAt([polygon("a", 10, 4, 30), polygon("b", 12, 4, 30)], 10.4, 20, 3).id, "a");
});

test("with Alt what lies beneath the selected one is picked, around to the top again", () => {
  const large = square("large", 5, 5, 30);
  const regions = [small, large, outline];
  const order = [null, "polygon", "large", "mask"].map((selected) => regionAt(regions, 12, 12, 1, selected, true).id);
  assert.deepEqual(order, ["polygon", "large", "mask", "polygon"]);
});
