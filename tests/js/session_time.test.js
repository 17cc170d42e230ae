import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../../static/js/studio/shell/clock.js";
import { inMemory } from "../../static/js/studio/shell/local_store.js";
import { NONE, prefetching, held, nothing, problem, sitting, task } from "./sitting.js";

/** A clock whose time is moved by hand, by somebody who does something every second of it. */
function ticking() {
  let at = 0;
  const clock = createClock({ now: () => at });
  const work = (seconds) => { for (let i = 0; i < seconds; i += 1) { at += 1000; clock.touch(); } };
  return { clock, work, rest: (seconds) => (at += 1000 * seconds) };
}

test("the time at work on a task goes with it, long pauses and hours out of sight left out, and starts anew with the next", async () => {
  const { clock, work, rest } = ticking();
  const { session, asked } = sitting({
    claim: [task("a1")],
    submit: [{ submitted: {}, ...task("a2") }, { submitted: {}, ...nothing }],
    clock,
  });
  await session.claim();
  work(12);
  rest(600); // half a minute of it counts
  clock.touch();
  clock.show(false);
  rest(3600);
  clock.show(true);
  work(3);
  await session.submit(NONE);
  work(4);
  await session.submit(NONE);
  const times = asked.filter(([name]) => name === "submit").map(([, , body]) => body.active_ms);
  assert.deepEqual(times, [45_000, 4000]);
});

test("of a task that is shown early time counts from its showing, not from the answer to the last one", async () => {
  const { clock, work } = ticking();
  const { session, asked, answer } = await prefetching({ submitted: {}, ...held("a2") }, { clock });
  work(7);
  const done = session.submit(NONE);
  assert.equal(asked[0][1].active_ms, 7000);
  work(5);
  answer();
  await done;
  work(2);
  const last = session.submit(NONE);
  assert.equal(asked[1][1].active_ms, 7000);
  answer();
  await last;
  await session.release();
});

test("a task that comes back rejected goes on from the time it had, and one that came instead starts at nothing", async () => {
  const { clock, work } = ticking();
  const rejected = await prefetching(problem(422, "bad-answer"), { clock });
  work(7);
  const done = rejected.session.submit(NONE);
  work(5);
  rejected.answer();
  await done;
  work(1);
  assert.equal(clock.read(), 8000);
  await rejected.session.release();
  const other = ticking();
  const moved = await prefetching({ submitted: {}, ...held("a3") }, { clock: other.clock });
  const gone = moved.session.submit(NONE);
  other.work(5);
  moved.answer();
  await gone;
  assert.equal(other.clock.read(), 0);
  await moved.session.release();
});

test("after a reload time goes on from what was kept with the work", async () => {
  const { clock, work } = ticking();
  const localStore = inMemory();
  await localStore.write("a1", { version: 2, dirty: true, answer: { spans: [9] }, rejected: [], active_ms: 30_000 });
  const { session, asked } = sitting({ claim: [task("a1", { version: 2, answer: { spans: [] } })], submit: [{ submitted: {}, ...nothing }], localStore, clock });
  await session.claim();
  work(2);
  await session.submit(NONE);
  assert.equal(asked.find(([name]) => name === "submit")[2].active_ms, 32_000);
});
