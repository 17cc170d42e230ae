import assert from "node:assert/strict";
import { test } from "node:test";
import { createDrafts, newestWork } from "../../static/js/studio/shell/drafts.js";
import { inMemory } from "../../static/js/studio/shell/local_store.js";
import { ApiProblem } from "../../static/js/studio/shell/api.js";

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (isTrue) => {
  while (!isTrue()) await rest(1);
};
const offline = () => new ApiProblem({ status: 0, code: "offline", text: "No answer" });

function keeping(save, more = {}) {
  const states = [];
  const localStore = inMemory();
  const drafts = createDrafts({
    localStore, save, key: "a1", onState: (state) => states.push(state), wait: 5, again: 10, ...more,
  });
  return { drafts, states, localStore };
}

test("a burst of changes is one request, and lies on this machine before it is sent", async () => {
  const sent = [];
  const { drafts, states, localStore } = keeping(async (version, work) => {
    sent.push([version, work.answer]);
    return { version: version + 1 };
  });
  for (const n of [1, 2, 3]) drafts.change({ answer: { n } });
  assert.deepEqual((await localStore.read("a1")).answer, { n: 3 });
  assert.equal((await localStore.read("a1")).dirty, true);
  await until(() => states.at(-1) === "saved");
  assert.deepEqual(sent, [[0, { n: 3 }]]);
  assert.equal((await localStore.read("a1")).dirty, false);
  await drafts.close();
});

test("a change during a sending is sent after it, on top of its version", async () => {
  const sent = [];
  let answerFirst;
  const firstAnswer = new Promise((resolve) => (answerFirst = resolve));
  const { drafts, states } = keeping(async (version, work) => {
    sent.push([version, work.answer.n]);
    if (sent.length === 1) await firstAnswer;
    return { version: version + 1 };
  });
  drafts.change({ answer: { n: 1 } });
  await until(() => sent.length === 1);
  drafts.change({ answer: { n: 2 } });
  await rest(20); // longer than a draft waits before it is sent
  assert.deepEqual(sent, [[0, 1]]);
  answerFirst();
  await until(() => sent.length === 2 && states.at(-1) === "saved");
  assert.deepEqual(sent, [[0, 1], [1, 2]]);
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
  await until(() => drafts.state === "offline");
  drafts.change({ answer: { n: 2 } });
  assert.equal(drafts.state, "offline");
  away = false;
  await until(() => states.at(-1) === "saved");
  assert.deepEqual(sent, [2]);
  await drafts.close();
});

test("another tab's newer copy stops the sending until somebody chooses", async () => {
  const theirs = { version: 7, answer: { n: 70 } };
  const sent = [];
  const { drafts, states } = keeping(async (version, work) => {
    if (version < 7) {
      throw new ApiProblem({ status: 409, code: "stale-draft", text: "Newer", body: { draft: theirs } });
    }
    sent.push([version, work.answer.n]);
    return { version: version + 1 };
  });
  drafts.change({ answer: { n: 1 } });
  await until(() => states.at(-1) === "conflict");
  drafts.change({ answer: { n: 2 } });
  await rest(15);
  assert.deepEqual(sent, []);
  await drafts.keepMine(7);
  assert.deepEqual(sent, [[7, 2]]);
  await drafts.close();
});

test("a draft that the server rejects is said so and not sent for ever", async () => {
  let tries = 0;
  const { drafts, states } = keeping(async () => {
    tries += 1;
    throw new ApiProblem({ status: 422, code: "too-large", text: "Too large" });
  });
  drafts.change({ answer: {} });
  await until(() => states.at(-1) === "rejected");
  await rest(40);
  assert.equal(tries, 1);
  await drafts.close();
});

test("after the submit nothing is left behind; after a lost lease the copy stays", async () => {
  const { drafts, localStore } = keeping(async (version) => ({ version: version + 1 }));
  drafts.change({ answer: { n: 1 } });
  await localStore.write("a1 other", { answer: { n: 0 } }); // a copy that didn't count
  await drafts.close({ forget: false });
  assert.deepEqual((await localStore.read("a1")).answer, { n: 1 });
  assert.deepEqual((await localStore.read("a1 other")).answer, { n: 0 });
  await drafts.close({ forget: true });
  assert.deepEqual([await localStore.read("a1"), await localStore.read("a1 other")], [null, null]);
});

test("what a killed tab was sending is no other copy: the work goes on without a question", async () => {
  const sent = [];
  let theirs = null;
  const save = async (version, work) => {
    if (theirs && version < theirs.version) {
      throw new ApiProblem({ status: 409, code: "stale-draft", text: "Newer", body: { draft: theirs } });
    }
    sent.push([version, work.answer.regions.length]);
    return new Promise(() => {}); // the tab is killed before it hears
  };
  const first = keeping(save);
  first.drafts.change({ answer: { regions: [{ id: "r1", shape: { x: 1, y: 2 } }] } });
  await until(() => sent.length === 1);
  first.drafts.change({ answer: { regions: [{ id: "r1", shape: { x: 1, y: 2 } }, { id: "r2", shape: {} }] } });
  await rest(5);
  theirs = { version: 1, answer: { regions: [{ shape: { y: 2, x: 1 }, id: "r1" }] } };
  const found = newestWork(null, await first.localStore.read("a1"));
  assert.equal(found.unsent, true);
  const second = keeping(save, { version: found.version, sent: found.sent });
  second.drafts.change({ answer: found.answer });
  await until(() => sent.length === 2);
  assert.deepEqual(sent, [[0, 1], [1, 2]]);
  assert.ok(!second.states.includes("conflict"));
});

test("what any of several killed tabs was sending is no other copy", async () => {
  const [one, two, three] = [1, 2, 3].map((n) => ({ regions: [{ id: "r1", n }] }));
  let theirs = null;
  const save = async (version, work) => {
    if (!theirs) theirs = { version: 1, answer: work.answer }; // only what comes first is taken, and nobody hears of it
    else if (version === theirs.version) return (theirs = { version: version + 1, answer: work.answer });
    else if (work.answer === three) throw new ApiProblem({ status: 409, code: "stale-draft", text: "Newer", body: { draft: theirs } });
    return new Promise(() => {});
  };
  let found = { version: 0, sent: null };
  let last;
  for (const answer of [one, two, three]) {
    last = keeping(save, { version: found.version, sent: found.sent });
    last.drafts.change({ answer });
    await rest(30);
    found = newestWork(null, await last.localStore.read("a1"));
  }
  assert.ok(!last.states.includes("conflict"));
  assert.deepEqual([theirs.version, theirs.answer, last.states.at(-1)], [2, three, "saved"]);
});

test("of very many tries the first and the last are remembered", async () => {
  const { drafts, localStore } = keeping(async () => { throw offline(); }, { wait: 1, again: 1 });
  for (let n = 0; n < 12; n++) {
    drafts.change({ answer: { n } });
    await rest(10);
  }
  await drafts.close();
  const { sent } = await localStore.read("a1");
  assert.ok(sent.length <= 8 && sent[0].n === 0 && sent.at(-1).n === 11, JSON.stringify(sent));
});

test("the copy to go on with is the one that holds unsent work", () => {
  const server = { version: 3, answer: { n: 3 } };
  assert.deepEqual(newestWork(server, null).answer, { n: 3 });
  assert.deepEqual(newestWork(null, null).answer, null);
  const clean = { version: 2, dirty: false, answer: { n: 2 } };
  assert.deepEqual(newestWork(server, clean).answer, { n: 3 });
  const unsent = newestWork(server, { version: 3, dirty: true, answer: { n: 4 }, rejected: [{ suggestion: "u" }] });
  assert.deepEqual(unsent, { answer: { n: 4 }, rejected: [{ suggestion: "u" }], unfinished: null, at: undefined, unsent: true, version: 3, sent: undefined });
  assert.deepEqual(newestWork(server, { ...clean, unfinished: { points: [[1, 2]] } }).unfinished, { points: [[1, 2]] });
  assert.equal(newestWork(server, { ...clean, at: 7 }).at, 7);
  // The server went on without this copy: it still builds on 2, and so meets the conflict when it is sent.
  assert.equal(newestWork(server, { version: 2, dirty: true, answer: {} }).version, 2);
});

const part = (id, n = 1) => ({ id, n });

test("what is sent is what has changed since the server last answered", async () => {
  const sent = [];
  const { drafts } = keeping(async (version, work, changes) => (sent.push(changes), { version: version + 1 }));
  const [a, b] = [part("a"), part("b")];
  drafts.change({ answer: { spans: [a] } });
  await drafts.flush();
  drafts.change({ answer: { spans: [a, b] } });
  await drafts.flush();
  assert.deepEqual(sent, [null, { put: { spans: [[1, b]] } }]);
  await drafts.close();
});

test("an answer lost on the way is no second copy: the next sending goes on from it", async () => {
  const server = { version: 0, answer: null };
  let lost = false;
  const { drafts, states } = keeping(async (version, work, _changes) => {
    if (version !== server.version) throw new ApiProblem({ status: 409, code: "stale-draft", text: "Newer", body: { draft: structuredClone(server) } });
    Object.assign(server, { version: version + 1, answer: work.answer });
    if (lost) throw ((lost = false), offline());
    return { version: server.version };
  });
  drafts.change({ answer: { spans: [part("a")] } });
  await drafts.flush();
  lost = true;
  drafts.change({ answer: { spans: [part("a"), part("b")] } });
  await drafts.flush();
  drafts.change({ answer: { spans: [part("a"), part("b"), part("c")] } });
  await until(() => server.answer.spans.length === 3 && states.at(-1) === "saved");
  assert.ok(!states.includes("conflict"), states.join());
  await drafts.close();
});

test("another page's copy is a conflict, and mine then goes as a whole", async () => {
  const theirs = { version: 5, answer: { spans: [part("z")] } };
  const sent = [];
  const { drafts, states } = keeping(async (version, work, changes) => {
    sent.push([version, changes]);
    if (version !== 5) throw new ApiProblem({ status: 409, code: "stale-draft", text: "Newer", body: { draft: theirs } });
    return { version: 6 };
  }, { version: 2, base: { spans: [] } });
  drafts.change({ answer: { spans: [part("a")] } });
  await drafts.flush();
  assert.equal(states.at(-1), "conflict");
  await drafts.keepMine(5);
  assert.deepEqual(sent, [[2, { put: { spans: [[0, part("a")]] } }], [5, null]]);
  await drafts.close();
});

test("changes that don't fit are followed by the whole", async () => {
  const sent = [];
  const { drafts, states } = keeping(async (version, work, changes) => {
    sent.push(changes);
    if (changes) throw new ApiProblem({ status: 422, code: "wrong-changes", text: "No" });
    return { version: version + 1 };
  }, { version: 1, base: { spans: [] } });
  drafts.change({ answer: { spans: [part("a")] } });
  await until(() => states.at(-1) === "saved");
  assert.equal(sent.length, 2);
  assert.equal(sent[1], null);
  await drafts.close();
});

test("work that never pauses is sent all the same", async () => {
  let sent = 0;
  const { drafts } = keeping(async (version) => (sent++, { version: version + 1 }), { wait: 20 });
  for (let n = 0; n < 12; n += 1) {
    drafts.change({ answer: { n } });
    await rest(8);
  }
  assert.ok(sent >= 1);
  await drafts.close();
});

/** A localStore whose writes wait until they are told to `answer`. */
function slowDisk() {
  const localStore = inMemory();
  const waiting = [];
  const write = (key, value) => new Promise((done) => waiting.push(() => done(localStore.write(key, value))));
  return { slow: { ...localStore, write }, answer: () => waiting.splice(0).forEach((go) => go()) };
}

test("the server is told of nothing that this machine hasn't kept, unless its disk never answers", async () => {
  const sent = [];
  const save = async (version, work) => {
    sent.push(work.answer.n);
    return { version: version + 1 };
  };
  const { slow, answer } = slowDisk();
  const { drafts } = keeping(save, { localStore: slow, wait: 40 });
  drafts.change({ answer: { n: 1 } });
  await rest(60);
  assert.deepEqual(sent, [], "what is to be sent isn't written down yet");
  answer();
  await until(() => sent.length === 1);
  assert.deepEqual(sent, [1]);
  answer();

  drafts.change({ answer: { n: 2 } });
  await until(() => sent.length === 2);
  assert.deepEqual(sent, [1, 2], "a disk that hangs keeps nothing from the server");
  answer();
  await drafts.close();
});

test("what is handed in while its draft is being written down is no draft any more", async () => {
  const sent = [];
  const { slow, answer } = slowDisk();
  const { drafts } = keeping(async (version, work) => (sent.push(work.answer.n), { version: version + 1 }), { localStore: slow, wait: 30 });
  drafts.change({ answer: { n: 1 } });
  await rest(40);
  drafts.hush();
  answer();
  await rest(10);
  assert.deepEqual(sent, []);
  drafts.resume();
  await until(() => (answer(), sent.length === 1));
  assert.deepEqual(sent, [1], "it wasn't taken, so it is a draft again");
  answer();
  await drafts.close();
});
