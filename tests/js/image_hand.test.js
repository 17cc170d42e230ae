import assert from "node:assert/strict";
import { test } from "node:test";
import { createHand } from "../../static/js/studio/image/hand.js";

const CAT = { key: "cat", shapes: ["mask"] };
const SHIP = { key: "ship", shapes: ["box"] };
const SIZE = { width: 2000, height: 500 };

test("a tool that asks the copilot is taken, and said to be of no use while nobody is there", () => {
  const hand = createHand([CAT], SIZE);
  assert.equal(hand.take("box"), true);
  assert.equal(hand.tool(CAT), "box");
  hand.hears(false);
  assert.equal(hand.take("click"), false);
  assert.equal(hand.tool(CAT), "lasso", "what stands in for it");
  assert.equal(hand.take("brush"), true);
});

test("a tool names the first label that it is of use for", () => {
  const hand = createHand([CAT, SHIP], SIZE);
  hand.take("rectangle");
  assert.notEqual(hand.tool(CAT), "rectangle");
  assert.equal(hand.labelOfTool(), SHIP);
  const none = createHand([CAT], SIZE);
  none.take("rectangle");
  assert.equal(none.labelOfTool(), undefined);
});

test("tool, label, width and snapping go along to the next picture, what clicks do doesn't", () => {
  const hand = createHand([CAT, SHIP], SIZE);
  hand.take("brush");
  hand.keepLabel("ship");
  hand.resize(40.4);
  for (const what of ["snapping", "removing", "bare"]) hand.turn(what);
  const next = createHand([CAT, SHIP], { width: 500, height: 250 });
  assert.deepEqual([next.tool(CAT), next.label, next.radius, next.snaps], ["brush", "ship", 40, false]);
  assert.deepEqual([hand.reach(), next.reach()], [80, 20], "as wide on a picture of any size");
  assert.deepEqual(next.on, { removing: false, bare: false });
  assert.equal(next.turn("snapping"), true);
});

test("the brush is neither thinner than its slider goes nor thicker", () => {
  const hand = createHand([CAT], SIZE);
  hand.resize(0.2);
  assert.equal(hand.radius, 1);
  hand.resize(180);
  assert.equal(hand.radius, 100);
});
