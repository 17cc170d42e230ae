import assert from "node:assert/strict";
import { test } from "node:test";
import { asMinutes, createClock } from "../../static/js/studio/shell/clock.js";

test("a long pause counts as half a minute, time out of sight not at all", () => {
  let time = 0;
  const clock = createClock({ now: () => time });
  time = 10_000;
  clock.touch();
  time = 200_000;
  clock.touch();
  assert.equal(clock.read(), 40_000);
  clock.show(false);
  time = 900_000;
  assert.equal(clock.read(), 40_000);
  clock.show(true);
  time = 905_000;
  assert.equal(clock.read(), 45_000);
  clock.restart();
  assert.equal(clock.read(), 0);
});

test("minutes are printed", () => {
  assert.equal(asMinutes(75_900), "1:15");
  assert.equal(asMinutes(0), "0:00");
});
