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
function sitting({ claim = [], submit = [], more = {}, stash = inMemory(), trial = false, clock = createClock({ now: () => 0 }) } = {}) {
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
    wire, stash, view, project: "p1", trial, clock, pause: async () => {},
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

// --- what is foreseen is shown before it is ours --------------------------------------------------------------------

const PROJECT = { labels: ["a"], copilot: true };
const held = (id, more = {}) => ({ assignment: { ...task(id).assignment, project: PROJECT, ...more } });
const foreseen = (id) => ({ ahead: { ...task(id).assignment, id: null, token: null, seal: "s", project: PROJECT } });

/** A sitting whose next task is foreseen, and whose submit is answered when told to. */
async function foreseeing(reply, { stash, more = {}, clock } = {}) {
  let answer;
  const wire = {
    ahead: async () => foreseen("a2"),
    submit: (...given) => (asked.push(given), new Promise((resolve, reject) => (answer = () => (reply instanceof Error ? reject(reply) : resolve(reply))))),
    ...more,
  };
  const asked = [];
  const found = sitting({ claim: [held("a1")], more: wire, stash, clock });
  await found.session.claim();
  await found.session.lookAhead();
  return { ...found, asked, answer: () => answer() };
}
const shownTasks = (shown) => shown.filter(([name]) => name === "showTask").map(([, one]) => one.task.id);
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

test("the next task is shown before the server has answered, and the claim confirms it", async () => {
  const { session, shown, names, asked, answer, stash } = await foreseeing({ submitted: {}, ...held("a2", { project: { ...PROJECT, copilot: false } }) });
  const done = session.submit({ answer: { spans: [1] }, refused: [] });
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2"], "at once");
  assert.equal(session.assignment.id, null);
  session.change({ answer: { spans: [2] }, refused: [] });
  await soon();
  assert.deepEqual((await stash.read("task:task-a2")).answer, { spans: [2] }, "what is begun is safe already");
  assert.deepEqual(asked[0][2], { task: "task-a2", seal: "s" });
  answer();
  assert.equal(await done, true);
  assert.equal(session.assignment.id, "a2");
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2"], "not shown anew");
  assert.ok(names().includes("showHeld") && !names().includes("showMoved"));
  await soon();
  assert.deepEqual((await stash.read("a2")).answer, { spans: [2] });
  assert.equal(await stash.read("task:task-a2"), null);
  await session.release();
});

test("when somebody else was faster, what comes instead is shown, and what was begun is said to be gone", async () => {
  const { session, shown, names, answer } = await foreseeing({ submitted: {}, ...held("a3") });
  const done = session.submit(NONE);
  session.change({ answer: { spans: [2] }, refused: [] });
  answer();
  await done;
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2", "task-a3"]);
  assert.ok(names().includes("showMoved"));
  await session.release();
});

test("labels that changed meanwhile have the task shown anew", async () => {
  const { session, shown, answer } = await foreseeing({ submitted: {}, ...held("a2", { project: { labels: ["b"], copilot: true } }) });
  const done = session.submit(NONE);
  answer();
  await done;
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2", "task-a2"]);
  await session.release();
});

test("a refusal brings the task back as it was handed in", async () => {
  const { session, shown, names, answer } = await foreseeing(problem(422, "bad-answer"));
  const final = { answer: { spans: [1] }, refused: [] };
  const done = session.submit(final);
  answer();
  assert.equal(await done, false);
  assert.equal(session.assignment.id, "a1");
  const [, , work] = shown.filter(([name]) => name === "showTask").at(-1);
  assert.deepEqual(work.answer, final.answer);
  assert.ok(names().includes("showProblem"));
  await session.release();
});

async function toCome(real) {
  const { copilotToCome } = await import("../../static/js/studio/ahead.js");
  const [calls, heard] = [[], []];
  const note = (verb) => (prompt, id) => (calls.push([verb, prompt, id]), real.answers ? (id ?? "q1") : null);
  const join = () => ({ ask: note("ask"), askText: note("askText"), cancel: () => calls.push(["cancel"]), close: () => calls.push(["close"]), listens: real.answers });
  return { one: copilotToCome(join, (message) => heard.push(message)), calls, heard };
}

test("what the copilot is asked while a task is shown ahead is asked once it has come, the newest question alone", async () => {
  const { one, calls } = await toCome({ answers: true });
  const [first, second] = [one.ask("box"), one.ask("another box")];
  assert.ok(first && second && first !== second && one.listens);
  assert.deepEqual(calls, []);
  one.come();
  assert.deepEqual(calls, [["ask", "another box", second]]);
  assert.equal(one.ask("third"), "q1");
  one.close();
  assert.deepEqual(calls.at(-1), ["close"]);
});

test("a question that was let go of isn't asked, and what a text says is asked like a mask", async () => {
  const dropped = await toCome({ answers: true });
  dropped.one.ask("box");
  dropped.one.cancel();
  dropped.one.come();
  assert.deepEqual(dropped.calls, []);
  const text = await toCome({ answers: true });
  const id = text.one.askText();
  text.one.come();
  assert.deepEqual(text.calls, [["askText", undefined, id]]);
});

test("where no copilot comes, whoever asked it ahead hears so", async () => {
  const { one, heard } = await toCome({ answers: false });
  const id = one.ask("box");
  one.come();
  assert.deepEqual(heard.map((message) => [message.type, message.id]), [["error", id]]);
});

test("what can't be made ready isn't shown ahead: the next task comes with the answer", async () => {
  const wire = { ahead: async () => foreseen("a2"), submit: async () => ({ submitted: {}, ...held("a2") }) };
  const shown = [];
  const prepare = async () => { throw new TypeError("Failed to fetch dynamically imported module"); };
  const view = new Proxy({ prepare }, { get: (known, name) => known[name] ?? ((...given) => shown.push([name, ...given])) });
  const session = createSession({
    wire: { claim: async () => held("a1"), draft: async () => ({ version: 1 }), heartbeat: async () => ({}), release: async () => ({}), ...wire },
    stash: inMemory(), view, project: "p1", clock: createClock({ now: () => 0 }), pause: async () => {},
  });
  await session.claim();
  await session.lookAhead();
  await session.submit(NONE);
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2"]);
  assert.ok(!shown.some(([name, phase]) => name === "showPhase" && phase === "ahead"));
  await session.release();
});

// --- what is being handed in is not saved beside it -----------------------------------------------------------------

const LATE = problem(409, "lease-lost");
const turns = async () => { for (let i = 0; i < 20; i += 1) await null; };
const saves = (shown) => shown.filter(([name]) => name === "showSaved").map(([, state]) => state);

test("a draft that falls due while the submit is on its way isn't sent, and says nothing on the next task", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  let drafts = 0;
  const draft = async () => { drafts += 1; throw LATE; };
  const { session, shown, names, answer } = await foreseeing({ submitted: {}, ...held("a2") }, { more: { draft } });
  session.change({ answer: { spans: [1] }, refused: [] });
  const done = session.submit({ answer: { spans: [1] }, refused: [] });
  t.mock.timers.tick(5000);
  await turns();
  answer();
  await done;
  t.mock.timers.tick(5000);
  await turns();
  assert.equal(drafts, 0);
  assert.ok(!saves(shown).includes("refused") && !names().includes("showProblem"));
  await session.release();
});

test("nor is it where the answer to the submit was lost on the way", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  let drafts = 0;
  const draft = async () => { drafts += 1; throw LATE; };
  const replies = [problem(0, "offline"), { submitted: {}, ...nothing }];
  const submit = async () => {
    t.mock.timers.tick(5000); // the server has it, and its word is under way for so long
    await turns();
    const reply = replies.shift();
    if (reply instanceof Error) throw reply;
    return reply;
  };
  const { session, shown, names } = sitting({ claim: [task("a1")], more: { draft, submit } });
  await session.claim();
  session.change({ answer: { spans: [1] }, refused: [] });
  assert.equal(await session.submit({ answer: { spans: [1] }, refused: [] }), true);
  assert.equal(drafts, 0);
  assert.ok(!saves(shown).includes("refused") && !names().includes("showProblem"));
});

test("a draft and a beat that left before the submit and come too late say nothing either", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const late = [];
  const hold = () => new Promise((_resolve, reject) => late.push(() => reject(LATE)));
  const { session, shown, names, answer } = await foreseeing({ submitted: {}, ...held("a2") }, { more: { draft: hold, heartbeat: hold } });
  session.change({ answer: { spans: [1] }, refused: [] });
  session.wake();
  await turns();
  assert.equal(late.length, 2, "both are on their way");
  const done = session.submit({ answer: { spans: [1] }, refused: [] });
  for (const fail of late) fail();
  await turns();
  answer();
  await done;
  assert.ok(!saves(shown).includes("refused"));
  assert.ok(!names().includes("showExpired") && !names().includes("showProblem"));
  await session.release();
});

test("after a refusal the work is saved again as ever", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const sent = [];
  const draft = async (_one, version, answer) => (sent.push(answer), { version: version + 1 });
  const { session, shown, answer } = await foreseeing(problem(422, "bad-answer"), { more: { draft } });
  session.change({ answer: { spans: [1] }, refused: [] });
  const done = session.submit({ answer: { spans: [1] }, refused: [] });
  answer();
  assert.equal(await done, false);
  assert.equal(saves(shown).at(-1), "unsaved");
  t.mock.timers.tick(1000);
  await turns();
  assert.deepEqual(sent, [{ spans: [1] }]);
  assert.equal(saves(shown).at(-1), "saved");
  await session.release();
});

// --- time at work ---------------------------------------------------------------------------------------------------

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

test("of a task that is shown ahead time counts from its showing, not from the answer to the last one", async () => {
  const { clock, work } = ticking();
  const { session, asked, answer } = await foreseeing({ submitted: {}, ...held("a2") }, { clock });
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

test("a task that comes back refused goes on from the time it had, and one that came instead starts at nothing", async () => {
  const { clock, work } = ticking();
  const refused = await foreseeing(problem(422, "bad-answer"), { clock });
  work(7);
  const done = refused.session.submit(NONE);
  work(5);
  refused.answer();
  await done;
  work(1);
  assert.equal(clock.read(), 8000);
  await refused.session.release();
  const other = ticking();
  const moved = await foreseeing({ submitted: {}, ...held("a3") }, { clock: other.clock });
  const gone = moved.session.submit(NONE);
  other.work(5);
  moved.answer();
  await gone;
  assert.equal(other.clock.read(), 0);
  await moved.session.release();
});

test("after a reload time goes on from what was kept with the work", async () => {
  const { clock, work } = ticking();
  const stash = inMemory();
  await stash.write("a1", { version: 2, dirty: true, answer: { spans: [9] }, refused: [], active_ms: 30_000 });
  const { session, asked } = sitting({ claim: [task("a1", { version: 2, answer: { spans: [] } })], submit: [{ submitted: {}, ...nothing }], stash, clock });
  await session.claim();
  work(2);
  await session.submit(NONE);
  assert.equal(asked.find(([name]) => name === "submit")[2].active_ms, 32_000);
});

test("where work of another kind comes next the page is opened anew, and nothing of the last task is left", async () => {
  const { session, names, stash } = sitting({ claim: [task("a1")], submit: [{ submitted: { id: "n1" }, anew: true }] });
  await session.claim();
  session.change(NONE);
  await session.submit(NONE);
  assert.equal(names().filter((name) => name === "openAnew").length, 1);
  assert.equal(names().filter((name) => name === "showTask").length, 1);
  assert.equal(await stash.read("a1"), null);
});
