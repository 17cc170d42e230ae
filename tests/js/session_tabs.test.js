import assert from "node:assert/strict";
import { test } from "node:test";
import { inMemory } from "../../static/js/studio/shell/local_store.js";
import { ApiProblem } from "../../static/js/studio/shell/api.js";
import { nothing, problem, sitting, soon, task } from "./sitting.js";

const MARIA = { spans: ["Maria"] };
const OSLO = { spans: ["Oslo"] };
const SUBMITTED = { id: "n1", seconds: 600 };
const handedIn = () => new ApiProblem({ status: 409, code: "already-submitted", text: "", body: { submitted: SUBMITTED } });

/** Two tabs of one person with the same task in both. */
async function twoTabs({ submit = [{ submitted: SUBMITTED, ...nothing }], more = {} } = {}) {
  const sent = [];
  const here = sitting({ claim: [task("a1")], submit, tabs: { postMessage: (message) => sent.push(message) } });
  const correction = { assignment: { ...task("a1/correct").assignment, draft: { version: 1, answer: MARIA } } };
  const there = sitting({ claim: [task("a1"), correction], more });
  await here.session.claim();
  await there.session.claim();
  return { here, there, sent };
}
const ended = ({ shown }) => shown.find(([name]) => name === "showEnded")?.[1];

test("a tab is told at once that the task was submitted in another one, and no longer says that it is saved", async () => {
  const { here, there, sent } = await twoTabs();
  here.session.change({ answer: MARIA, rejected: [] });
  there.session.change({ answer: MARIA, rejected: [] });
  await here.session.submit({ answer: MARIA, rejected: [] });
  assert.equal(sent.length, 1);
  there.session.hear(sent[0]);
  assert.deepEqual(ended(there), { how: "submitted", differs: false, submitted: SUBMITTED });
  assert.deepEqual(there.shown.filter(([name]) => name === "showSaved").at(-1)[1], "submitted");
});

test("what was typed in the second tab alone is said to be so, sent no more, and can become a correction", async () => {
  const drafts = [];
  const { here, there, sent } = await twoTabs({ more: { draft: async (one, version, answer) => (drafts.push([one.id, version, answer]), { version: version + 1 }) } });
  there.session.change({ answer: OSLO, rejected: [] });
  await here.session.submit({ answer: MARIA, rejected: [] });
  there.session.hear(sent[0]);
  assert.equal(ended(there).differs, true);
  await there.session.flush();
  assert.deepEqual(drafts, []);
  assert.deepEqual((await there.localStore.read("a1")).answer, OSLO);
  assert.equal(await there.session.reopen("n1", { answer: OSLO, rejected: [] }), true);
  assert.deepEqual(there.shown.filter(([name]) => name === "showTask").at(-1)[2].answer, OSLO);
  await there.session.flush();
  assert.deepEqual(drafts.map(([id, version, answer]) => [id, version, answer]), [["a1/correct", 1, OSLO]]);
  await there.session.release();
});

test("another task that ends in another tab, and one's own submit on its way, change nothing here", async () => {
  const { here, there } = await twoTabs();
  there.session.hear({ ended: "a9", how: "submitted", answer: MARIA, submitted: SUBMITTED });
  assert.equal(ended(there), undefined);
  await here.session.release();
  await there.session.release();
});

test("a task that was skipped in another tab is said to have been given back", async () => {
  const { here, there, sent } = await twoTabs({ submit: [nothing] });
  await here.session.skip("later", "");
  there.session.hear(sent[0]);
  assert.equal(ended(there).how, "returned");
});

test("what is left of a group stays in hand: no other tab hears that it has ended", async () => {
  const sent = [];
  const { session } = sitting({ claim: [task("g1")], submit: [task("g1")], tabs: { postMessage: (message) => sent.push(message) } });
  await session.claim();
  await session.skip("later", "");
  assert.deepEqual(sent, []);
  await session.release();
});

for (const [how, more, act] of [
  ["as it becomes visible", { heartbeat: async () => { throw handedIn(); } }, (session) => session.wake()],
  ["as it saves", { draft: async () => { throw handedIn(); } }, (session) => (session.change({ answer: OSLO, rejected: [] }), session.flush())],
  ["as it submits something else", { submit: async () => { throw handedIn(); } }, (session) => session.submit({ answer: OSLO, rejected: [] })],
]) {
  test(`a tab on another machine learns ${how} that the task was submitted, and that nobody took its time`, async () => {
    const localStore = inMemory();
    const tab = sitting({ claim: [task("a1")], more, localStore });
    await tab.session.claim();
    await act(tab.session);
    await soon();
    assert.deepEqual(ended(tab).submitted, SUBMITTED);
    for (const other of ["showExpired", "showLost", "showProblem"]) assert.ok(!tab.names().includes(other), other);
    await tab.session.release();
  });
}

test("a correction whose time is over can't be submitted any more, and the page doesn't say that it can", async () => {
  const tab = sitting({ claim: [task("a1/correct"), nothing], more: { heartbeat: async () => { throw problem(409, "correction-over"); } } });
  await tab.session.claim();
  await tab.session.wake();
  assert.ok(tab.names().includes("showLost") && !tab.names().includes("showExpired"));
  await tab.session.release();
});
