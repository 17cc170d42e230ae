import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../../static/js/studio/clock.js";
import { createSession } from "../../static/js/studio/session.js";
import { inMemory } from "../../static/js/studio/stash.js";
import { WireProblem } from "../../static/js/studio/wire.js";

const task = (id, draft = null) => ({
  assignment: { id, token: `t-${id}`, lease_seconds: 900, draft, task: { id: `task-${id}`, after: 1 } },
});
const NONE = { answer: { spans: [] }, refused: [] };
const nothing = { nothing: { code: "all-done", text: "Done.", retry_seconds: null } };
const problem = (status, code) => new WireProblem({ status, code, text: code });

/** A server that answers from lists, and notes what it was asked. */
function sitting({ claim = [], submit = [], more = {}, stash = inMemory(), trial = false } = {}) {
  const asked = [];
  const answer = (name, list) => async (...given) => {
    asked.push([name, ...given]);
    const next = list.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  const wire = {
    claim: answer("claim", claim),
    trial: answer("trial", claim),
    check: answer("check", submit),
    submit: answer("submit", submit),
    skip: answer("skip", submit),
    draft: async (one, version) => ({ version: version + 1 }),
    heartbeat: async () => ({}),
    release: answer("release", [{ released: true }]),
    ...more,
  };
  const shown = [];
  const view = new Proxy({}, { get: (_, name) => (...given) => shown.push([name, ...given]) });
  const session = createSession({
    wire, stash, view, project: "p1", trial, clock: createClock({ now: () => 0 }), pause: async () => {},
  });
  const names = () => shown.map(([name]) => name);
  return { session, asked, shown, names, stash };
}

test("claim, work, submit: the next task comes with the answer and nothing is left on this machine", async () => {
  const { session, asked, shown, stash } = sitting({
    claim: [task("a1")],
    submit: [{ submitted: { id: "n1" }, ...task("a2") }],
  });
  await session.claim();
  session.change({ answer: { spans: [1] }, refused: [{ suggestion: "u-1" }] });
  assert.equal(await session.submit({ answer: { spans: [1] }, refused: [{ suggestion: "u-1" }] }), true);
  const [, one, body] = asked.find(([name]) => name === "submit");
  assert.equal(one.id, "a1");
  assert.deepEqual(body, { answer: { spans: [1] }, active_ms: 0, refused: ["u-1"] });
  assert.equal(session.assignment.id, "a2");
  assert.equal(await stash.read("a1"), null);
  assert.equal(shown.filter(([name]) => name === "showTask").length, 2);
  await session.release();
});

test("a submit without a network is sent again until it is answered, once more than that never", async () => {
  const { session, asked, names } = sitting({
    claim: [task("a1")],
    submit: [problem(0, "offline"), problem(503, "server-error"), { submitted: {}, ...nothing }],
  });
  await session.claim();
  session.change({ answer: { spans: [] }, refused: [] });
  assert.equal(await session.submit(NONE), true);
  assert.equal(asked.filter(([name]) => name === "submit").length, 3);
  assert.ok(names().includes("showNothing"));
});

test("a second Enter during a submit does nothing", async () => {
  const { session, asked } = sitting({ claim: [task("a1")], submit: [{ submitted: {}, ...nothing }] });
  await session.claim();
  session.change({ answer: { spans: [] }, refused: [] });
  const [first, second] = await Promise.all([session.submit(NONE), session.submit(NONE)]);
  assert.deepEqual([first, second], [true, false]);
  assert.equal(asked.filter(([name]) => name === "submit").length, 1);
});

test("a refused answer leaves the task as it is, with the reason", async () => {
  const { session, shown } = sitting({ claim: [task("a1")], submit: [problem(422, "unknown-label")] });
  await session.claim();
  session.change({ answer: { spans: [] }, refused: [] });
  assert.equal(await session.submit(NONE), false);
  assert.equal(session.assignment.id, "a1");
  assert.equal(shown.find(([name]) => name === "showProblem")[1].code, "unknown-label");
  await session.release();
});

test("a lost lease is told as such, and the work stays on this machine", async () => {
  const { session, names, stash } = sitting({
    claim: [task("a1"), task("a2")],
    submit: [problem(409, "lease-lost")],
  });
  await session.claim();
  session.change({ answer: { spans: [5] }, refused: [] });
  await session.submit(NONE);
  assert.ok(names().includes("showLost"));
  await session.abandon();
  assert.equal(session.assignment.id, "a2");
  assert.deepEqual((await stash.read("a1")).answer, { spans: [5] });
  await session.release();
});

test("a lease that ran out is told, and a submit may still be in time", async () => {
  const { session, names } = sitting({
    claim: [{ assignment: { ...task("a1").assignment, lease_seconds: 0.01 } }],
    submit: [{ submitted: {}, ...nothing }],
    more: { heartbeat: async () => { throw problem(409, "lease-lost"); } },
  });
  await session.claim();
  await session.wake();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(names().includes("showExpired"));
  assert.equal(await session.submit(NONE), true);
  assert.ok(!names().includes("showLost"));
});

test("signed out in the middle: asks to sign in and goes on by itself", async () => {
  const { session, names } = sitting({
    claim: [problem(401, "signed-out"), task("a1")],
  });
  await session.claim();
  assert.ok(names().includes("showSignIn"));
  assert.equal(session.assignment.id, "a1");
  await session.release();
});

test("after a reload unsent work on this machine comes before the server's older draft", async () => {
  const stash = inMemory();
  await stash.write("a1", { version: 2, dirty: true, answer: { spans: [9] }, refused: [], active_ms: 5 });
  const { session, shown } = sitting({ claim: [task("a1", { version: 2, answer: { spans: [] } })], stash });
  await session.claim();
  const [, , work] = shown.find(([name]) => name === "showTask");
  assert.deepEqual(work.answer, { spans: [9] });
  assert.equal(work.version, 2);
  await session.release();
});

test("trying keeps nothing: the answer is checked, then the next task is shown", async () => {
  const { session, asked } = sitting({
    claim: [task("x1"), task("x2")],
    submit: [{ checked: true }],
    trial: true,
  });
  await session.claim();
  session.change({ answer: { spans: [] }, refused: [] });
  await session.submit(NONE);
  assert.deepEqual(asked.map(([name]) => name), ["trial", "check", "trial"]);
  assert.deepEqual(asked[2], ["trial", "p1", 1]);
});
