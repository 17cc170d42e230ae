import assert from "node:assert/strict";
import { test } from "node:test";
import { createDrafts, newestWork } from "../../static/js/studio/drafts.js";
import { inMemory } from "../../static/js/studio/stash.js";
import { WireProblem } from "../../static/js/studio/wire.js";

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const offline = () => new WireProblem({ status: 0, code: "offline", text: "No answer" });

function keeping(save, more = {}) {
  const states = [];
  const stash = inMemory();
  const drafts = createDrafts({
    stash, save, key: "a1", onState: (state) => states.push(state), wait: 5, again: 10, ...more,
  });
  return { drafts, states, stash };
}

test("a burst of changes is one request, and lies on this machine before it is sent", async () => {
  const sent = [];
  const { drafts, states, stash } = keeping(async (version, work) => {
    sent.push([version, work.answer]);
    return { version: version + 1 };
  });
  for (const n of [1, 2, 3]) drafts.change({ answer: { n } });
  assert.deepEqual((await stash.read("a1")).answer, { n: 3 });
  assert.equal((await stash.read("a1")).dirty, true);
  await rest(20);
  assert.deepEqual(sent, [[0, { n: 3 }]]);
  assert.equal(states.at(-1), "saved");
  assert.equal((await stash.read("a1")).dirty, false);
  await drafts.close();
});

test("a change during a sending is sent after it, on top of its version", async () => {
  const sent = [];
  const { drafts, states } = keeping(async (version, work) => {
    sent.push([version, work.answer.n]);
    await rest(15);
    return { version: version + 1 };
  });
  drafts.change({ answer: { n: 1 } });
  await rest(10);
  drafts.change({ answer: { n: 2 } });
  await rest(60);
  assert.deepEqual(sent, [[0, 1], [1, 2]]);
  assert.equal(states.at(-1), "saved");
  await drafts.close();
});

test("without a network the work waits here and is sent when it returns", async () => {
  let away = true;
  const sent = [];
  const { drafts, states } = keeping(async (version, work) => {
    if (away) throw offline();
    sent.push(work.answer.n);
    return { version: version + 1 };
  });
  drafts.change({ answer: { n: 1 } });
  await rest(15);
  assert.equal(drafts.state, "offline");
  drafts.change({ answer: { n: 2 } });
  assert.equal(drafts.state, "offline");
  away = false;
  await rest(30);
  assert.deepEqual(sent, [2]);
  assert.equal(states.at(-1), "saved");
  await drafts.close();
});

test("another tab's newer copy stops the sending until somebody chooses", async () => {
  const theirs = { version: 7, answer: { n: 70 } };
  const sent = [];
  const { drafts, states } = keeping(async (version, work) => {
    if (version < 7) {
      throw new WireProblem({ status: 409, code: "stale-draft", text: "Newer", body: { draft: theirs } });
    }
    sent.push([version, work.answer.n]);
    return { version: version + 1 };
  });
  drafts.change({ answer: { n: 1 } });
  await rest(15);
  assert.equal(states.at(-1), "conflict");
  drafts.change({ answer: { n: 2 } });
  await rest(15);
  assert.deepEqual(sent, []);
  await drafts.keepMine(7);
  assert.deepEqual(sent, [[7, 2]]);
  await drafts.close();
});

test("a draft that the server refuses is said so and not sent for ever", async () => {
  let tries = 0;
  const { drafts, states } = keeping(async () => {
    tries += 1;
    throw new WireProblem({ status: 422, code: "too-large", text: "Too large" });
  });
  drafts.change({ answer: {} });
  await rest(40);
  assert.equal(tries, 1);
  assert.equal(states.at(-1), "refused");
  await drafts.close();
});

test("after the submit nothing is left behind; after a lost lease the copy stays", async () => {
  const { drafts, stash } = keeping(async (version) => ({ version: version + 1 }));
  drafts.change({ answer: { n: 1 } });
  await drafts.close({ forget: false });
  assert.deepEqual((await stash.read("a1")).answer, { n: 1 });
  await drafts.close({ forget: true });
  assert.equal(await stash.read("a1"), null);
});

test("the copy to go on with is the one that holds unsent work", () => {
  const server = { version: 3, answer: { n: 3 } };
  assert.deepEqual(newestWork(server, null).answer, { n: 3 });
  assert.deepEqual(newestWork(null, null).answer, null);
  const clean = { version: 2, dirty: false, answer: { n: 2 } };
  assert.deepEqual(newestWork(server, clean).answer, { n: 3 });
  const unsent = newestWork(server, { version: 3, dirty: true, answer: { n: 4 }, refused: [{ suggestion: "u" }] });
  assert.deepEqual(unsent, { answer: { n: 4 }, refused: [{ suggestion: "u" }], unsent: true, version: 3 });
  // The server went on without this copy: it still builds on 2, and so meets the conflict when it is sent.
  assert.equal(newestWork(server, { version: 2, dirty: true, answer: {} }).version, 2);
});
