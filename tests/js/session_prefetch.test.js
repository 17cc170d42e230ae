import assert from "node:assert/strict";
import { test } from "node:test";
import { createClock } from "../../static/js/studio/shell/clock.js";
import { createEarlySubmit } from "../../static/js/studio/shell/early_submit.js";
import { createSession } from "../../static/js/studio/shell/session.js";
import { inMemory } from "../../static/js/studio/shell/local_store.js";
import { NONE, PROJECT, prefetching, prefetched, held, nothing, problem, shownTasks, sitting, soon, task } from "./sitting.js";

test("the next task is shown before the server has answered, and the claim confirms it", async () => {
  const { session, shown, names, asked, answer, localStore } = await prefetching({ submitted: {}, ...held("a2", { project: { ...PROJECT, copilot: false } }) });
  const done = session.submit({ answer: { spans: [1] }, rejected: [] });
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2"], "at once");
  assert.equal(session.assignment.id, null);
  session.change({ answer: { spans: [2] }, rejected: [] });
  await soon();
  assert.deepEqual((await localStore.read("task:task-a2")).answer, { spans: [2] }, "what is begun is safe already");
  assert.deepEqual(asked[0][2], { task: "task-a2", signature: "s" });
  answer();
  assert.equal(await done, true);
  assert.equal(session.assignment.id, "a2");
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2"], "not shown anew");
  assert.ok(names().includes("showHeld") && !names().includes("showMoved"));
  await soon();
  assert.deepEqual((await localStore.read("a2")).answer, { spans: [2] });
  assert.equal(await localStore.read("task:task-a2"), null);
  await session.release();
});

test("when somebody else was faster, what comes instead is shown, and what was begun is said to be gone", async () => {
  const { session, shown, names, answer } = await prefetching({ submitted: {}, ...held("a3") });
  const done = session.submit(NONE);
  session.change({ answer: { spans: [2] }, rejected: [] });
  answer();
  await done;
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2", "task-a3"]);
  assert.ok(names().includes("showMoved"));
  await session.release();
});

/** The page's view, as far as it hands in early: every task that is shown closes the last one's editor. */
async function handedInEarly(reply) {
  const pressed = [];
  const early = createEarlySubmit(() => pressed.push("submit"));
  const found = await prefetching(reply, { watch: (name, given) => (name === "showTask" ? early.forget() : name === "showPhase" && early.phase(given[0])) });
  const done = found.session.submit(NONE);
  found.session.change({ answer: { spans: [2] }, rejected: [] });
  early.ask(true);
  found.answer();
  await done;
  await soon();
  await found.session.release();
  return pressed.length;
}

test("what was asked to be handed in early is, and what came instead of it isn't", async () => {
  assert.equal(await handedInEarly({ submitted: {}, ...held("a2") }), 1);
  assert.equal(await handedInEarly({ submitted: {}, ...held("a3") }), 0, "it went to somebody else");
  assert.equal(await handedInEarly({ submitted: {}, ...held("a2", { project: { labels: ["b"], copilot: true } }) }), 0, "it is shown anew");
  assert.equal(await handedInEarly(problem(422, "bad-answer")), 0, "the last one came back");
});

test("labels that changed meanwhile have the task shown anew", async () => {
  const { session, shown, answer } = await prefetching({ submitted: {}, ...held("a2", { project: { labels: ["b"], copilot: true } }) });
  const done = session.submit(NONE);
  answer();
  await done;
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2", "task-a2"]);
  await session.release();
});

test("a rejection brings the task back as it was handed in", async () => {
  const { session, shown, names, answer } = await prefetching(problem(422, "bad-answer"));
  const final = { answer: { spans: [1] }, rejected: [] };
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
  const { copilotToCome } = await import("../../static/js/studio/shell/prefetch.js");
  const [calls, heard] = [[], []];
  const note = (verb) => (prompt, id) => (calls.push([verb, prompt, id]), real.answers ? (id ?? "q1") : null);
  const join = () => ({ ask: note("ask"), askText: note("askText"), cancel: () => calls.push(["cancel"]), close: () => calls.push(["close"]), listens: real.answers });
  return { one: copilotToCome(join, (message) => heard.push(message)), calls, heard };
}

test("what the copilot is asked while a task is shown early is asked once it has come, the newest question alone", async () => {
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

test("where no copilot comes, whoever asked it early hears so", async () => {
  const { one, heard } = await toCome({ answers: false });
  const id = one.ask("box");
  one.come();
  assert.deepEqual(heard.map((message) => [message.type, message.id]), [["error", id]]);
});

test("what can't be made ready isn't shown early: the next task comes with the answer", async () => {
  const api = { lookahead: async () => prefetched("a2"), submit: async () => ({ submitted: {}, ...held("a2") }) };
  const shown = [];
  const prepare = async () => { throw new TypeError("Failed to fetch dynamically imported module"); };
  const view = new Proxy({ prepare }, { get: (known, name) => known[name] ?? ((...given) => shown.push([name, ...given])) });
  const session = createSession({
    api: { claim: async () => held("a1"), draft: async () => ({ version: 1 }), heartbeat: async () => ({}), release: async () => ({}), ...api },
    localStore: inMemory(), view, project: "p1", clock: createClock({ now: () => 0 }), pause: async () => {},
  });
  await session.claim();
  await session.lookAhead();
  await session.submit(NONE);
  assert.deepEqual(shownTasks(shown), ["task-a1", "task-a2"]);
  assert.ok(!shown.some(([name, phase]) => name === "showPhase" && phase === "prefetched"));
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
  const { session, shown, names, answer } = await prefetching({ submitted: {}, ...held("a2") }, { more: { draft } });
  session.change({ answer: { spans: [1] }, rejected: [] });
  const done = session.submit({ answer: { spans: [1] }, rejected: [] });
  t.mock.timers.tick(5000);
  await turns();
  answer();
  await done;
  t.mock.timers.tick(5000);
  await turns();
  assert.equal(drafts, 0);
  assert.ok(!saves(shown).includes("rejected") && !names().includes("showProblem"));
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
  session.change({ answer: { spans: [1] }, rejected: [] });
  assert.equal(await session.submit({ answer: { spans: [1] }, rejected: [] }), true);
  assert.equal(drafts, 0);
  assert.ok(!saves(shown).includes("rejected") && !names().includes("showProblem"));
});

test("a draft and a beat that left before the submit and come too late say nothing either", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const late = [];
  const hold = () => new Promise((_resolve, reject) => late.push(() => reject(LATE)));
  const { session, shown, names, answer } = await prefetching({ submitted: {}, ...held("a2") }, { more: { draft: hold, heartbeat: hold } });
  session.change({ answer: { spans: [1] }, rejected: [] });
  session.wake();
  await turns();
  assert.equal(late.length, 2, "both are on their way");
  const done = session.submit({ answer: { spans: [1] }, rejected: [] });
  for (const fail of late) fail();
  await turns();
  answer();
  await done;
  assert.ok(!saves(shown).includes("rejected"));
  assert.ok(!names().includes("showExpired") && !names().includes("showProblem"));
  await session.release();
});

test("after a rejection the work is saved again as ever", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const sent = [];
  const draft = async (_one, version, answer) => (sent.push(answer), { version: version + 1 });
  const { session, shown, answer } = await prefetching(problem(422, "bad-answer"), { more: { draft } });
  session.change({ answer: { spans: [1] }, rejected: [] });
  const done = session.submit({ answer: { spans: [1] }, rejected: [] });
  answer();
  assert.equal(await done, false);
  assert.equal(saves(shown).at(-1), "unsaved");
  t.mock.timers.tick(1000);
  await turns();
  assert.deepEqual(sent, [{ spans: [1] }]);
  assert.equal(saves(shown).at(-1), "saved");
  await session.release();
});
