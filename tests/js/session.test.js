import assert from "node:assert/strict";
import { test } from "node:test";
import { inMemory } from "../../static/js/studio/shell/local_store.js";
import { NONE, nothing, problem, sitting, task } from "./sitting.js";

test("claim, work, submit: the next task comes with the answer and nothing is left on this machine", async () => {
  const { session, asked, shown, localStore } = sitting({
    claim: [task("a1")],
    submit: [{ submitted: { id: "n1" }, ...task("a2") }],
  });
  await session.claim();
  session.change({ answer: { spans: [1] }, rejected: [{ suggestion: "u-1" }] });
  assert.equal(await session.submit({ answer: { spans: [1] }, rejected: [{ suggestion: "u-1" }] }), true);
  const [, one, body] = asked.find(([name]) => name === "submit");
  assert.equal(one.id, "a1");
  assert.deepEqual(body, { answer: { spans: [1] }, active_ms: 0, rejected: ["u-1"] });
  assert.equal(session.assignment.id, "a2");
  assert.equal(await localStore.read("a1"), null);
  assert.equal(shown.filter(([name]) => name === "showTask").length, 2);
  await session.release();
});

test("a submit without a network is sent again until it is answered, once more than that never", async () => {
  const { session, asked, names } = sitting({
    claim: [task("a1")],
    submit: [problem(0, "offline"), problem(503, "server-error"), { submitted: {}, ...nothing }],
  });
  await session.claim();
  session.change({ answer: { spans: [] }, rejected: [] });
  assert.equal(await session.submit(NONE), true);
  assert.equal(asked.filter(([name]) => name === "submit").length, 3);
  assert.ok(names().includes("showNothing"));
});

test("a second Enter during a submit does nothing", async () => {
  const { session, asked } = sitting({ claim: [task("a1")], submit: [{ submitted: {}, ...nothing }] });
  await session.claim();
  session.change({ answer: { spans: [] }, rejected: [] });
  const [first, second] = await Promise.all([session.submit(NONE), session.submit(NONE)]);
  assert.deepEqual([first, second], [true, false]);
  assert.equal(asked.filter(([name]) => name === "submit").length, 1);
});

test("a rejected answer leaves the task as it is, with the reason", async () => {
  const { session, shown } = sitting({ claim: [task("a1")], submit: [problem(422, "unknown-label")] });
  await session.claim();
  session.change({ answer: { spans: [] }, rejected: [] });
  assert.equal(await session.submit(NONE), false);
  assert.equal(session.assignment.id, "a1");
  assert.equal(shown.find(([name]) => name === "showProblem")[1].code, "unknown-label");
  await session.release();
});

test("a lost lease is told as such, and the work stays on this machine", async () => {
  const { session, names, localStore } = sitting({
    claim: [task("a1"), task("a2")],
    submit: [problem(409, "lease-lost")],
  });
  await session.claim();
  session.change({ answer: { spans: [5] }, rejected: [] });
  await session.submit(NONE);
  assert.ok(names().includes("showLost"));
  await session.abandon();
  assert.equal(session.assignment.id, "a2");
  assert.deepEqual((await localStore.read("a1")).answer, { spans: [5] });
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
  const localStore = inMemory();
  await localStore.write("a1", { version: 2, dirty: true, answer: { spans: [9] }, rejected: [], active_ms: 5 });
  const { session, shown } = sitting({ claim: [task("a1", { version: 2, answer: { spans: [] } })], localStore });
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
  session.change({ answer: { spans: [] }, rejected: [] });
  await session.submit(NONE);
  assert.deepEqual(asked.map(([name]) => name), ["trial", "check", "trial"]);
  assert.deepEqual(asked[2], ["trial", "p1", 1]);
});

test("a course's answer is read before the next task is asked for", async () => {
  const lesson = { id: "n1", items: [{ name: "i1" }], done: 1, of: 2, result: null };
  const { session, asked, shown, names } = sitting({ claim: [task("a1"), task("a2")], submit: [{ submitted: { id: "n1" }, lesson }] });
  await session.claim();
  await session.submit(NONE);
  const [, shownLesson, go] = shown.find(([name]) => name === "showLesson");
  assert.deepEqual(shownLesson, lesson);
  assert.equal(asked.filter(([name]) => name === "claim").length, 1);
  assert.ok(!names().includes("showNothing"));
  await go();
  assert.deepEqual(asked.at(-1), ["claim", "p1", "n1"]);
  assert.equal(session.assignment.id, "a2");
  await session.release();
});

test("a lesson that comes with the first claim is shown before any task", async () => {
  const lesson = { id: "n1", items: [{ name: "i1" }], done: 1, of: 2, result: null };
  const { session, shown, names } = sitting({ claim: [{ lesson }, task("a1")] });
  await session.claim();
  assert.ok(!names().includes("showTask"));
  await shown.find(([name]) => name === "showLesson")[2]();
  assert.equal(session.assignment.id, "a1");
  await session.release();
});

test("a tried answer is kept as a known one, and the next task is shown", async () => {
  const kept = [];
  const keep = async (...given) => (kept.push(given), { kept: "Kept." });
  const { session } = sitting({ claim: [task("x1"), task("x2")], trial: true, more: { keep } });
  await session.claim();
  const terms = { course: true, explanation: "", shown: true };
  assert.equal(await session.keep({ spans: [] }, terms), true);
  assert.deepEqual(kept, [["p1", "task-x1", { spans: [] }, terms]]);
  assert.equal(session.assignment.id, "x2");
});

test("where work of another kind comes next the page is opened anew, and nothing of the last task is left", async () => {
  const { session, names, localStore } = sitting({ claim: [task("a1")], submit: [{ submitted: { id: "n1" }, anew: true }] });
  await session.claim();
  session.change(NONE);
  await session.submit(NONE);
  assert.equal(names().filter((name) => name === "openAnew").length, 1);
  assert.equal(names().filter((name) => name === "showTask").length, 1);
  assert.equal(await localStore.read("a1"), null);
});

test("what was begun before it was ours is taken over once, and never shown in the correction of what was made of it", async () => {
  const localStore = inMemory();
  const begun = () => localStore.write("task:task-a1", { version: 0, dirty: true, answer: { spans: [7] } });
  await begun();
  const { session, shown } = sitting({ claim: [task("a1")], localStore });
  await session.claim();
  assert.deepEqual(shown.find(([name]) => name === "showTask")[2].answer, { spans: [7] });
  assert.deepEqual([(await localStore.read("a1")).answer, await localStore.read("task:task-a1")], [{ spans: [7] }, null]);
  await session.release();

  await begun();
  const handedIn = { ...task("a1", { version: 1, answer: { spans: [8] } }).assignment, id: "a1/correct" };
  const correcting = sitting({ claim: [{ assignment: handedIn }], localStore });
  await correcting.session.claim();
  assert.deepEqual(correcting.shown.find(([name]) => name === "showTask")[2].answer, { spans: [8] });
  await correcting.session.release();
});

test("going on to the next task while the last one is being handed in waits for the answer to that", async () => {
  let answer;
  const submit = () => new Promise((resolve) => (answer = () => resolve({ submitted: {}, ...task("a2") })));
  const { session, names } = sitting({ claim: [task("a1"), task("a9")], more: { submit } });
  await session.claim();
  const done = session.submit(NONE);
  await session.abandon(); // "Next task" of the note that says that time ran out
  answer();
  assert.equal(await done, true);
  assert.equal(session.assignment.id, "a2");
  assert.ok(!names().includes("showProblem"));
  await session.release();
});

test("what was submitted is reopened, the task at hand waits with its work, and comes next once that is corrected", async () => {
  const corrected = { submitted: { id: "n2" }, assignment: null, nothing: { code: "corrected", text: "Corrected.", retry_seconds: null } };
  const again = { assignment: { ...task("a1/correct").assignment, draft: { version: 1, answer: { spans: [1] } } } };
  const { session, asked, shown, names, localStore } = sitting({
    claim: [task("a1"), again, task("a2", { version: 1, answer: { spans: [7] } })],
    submit: [{ submitted: { id: "n1" }, ...task("a2") }, corrected],
  });
  await session.claim();
  await session.submit(NONE);
  session.change({ answer: { spans: [7] }, rejected: [] });
  assert.equal(await session.reopen("n1"), true);
  assert.deepEqual(asked.filter(([name]) => name === "claim").at(-1)[1], "corrections/n1");
  assert.deepEqual(shown.filter(([name]) => name === "showTask").at(-1)[2].answer, { spans: [1] });
  assert.deepEqual((await localStore.read("a2")).answer, { spans: [7] });
  assert.equal(await session.submit(NONE), true);
  assert.equal(session.assignment.id, "a2");
  assert.deepEqual(shown.filter(([name]) => name === "showTask").at(-1)[2].answer, { spans: [7] });
  assert.ok(!names().includes("showNothing"));
  await session.release();
});

test("what can't be reopened any more leaves the task at hand as it is", async () => {
  const { session, shown } = sitting({ claim: [task("a1"), problem(409, "correction-over")] });
  await session.claim();
  assert.equal(await session.reopen("n1"), false);
  assert.equal(session.assignment.id, "a1");
  assert.equal(shown.find(([name]) => name === "showProblem")[1].code, "correction-over");
  await session.release();
});
