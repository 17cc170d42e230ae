import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ProtocolError } from "../../static/js/assist/protocol.js";
import { createCopilot, CopilotError, socketUrl } from "../../static/js/assist/socket.js";

const TOKEN = "6f0c9d1e-2a3b-4c5d-8e9f-001122334455";
const CLICK = { points: [[1, 2, 1]] };

/** A socket whose other side is the test. */
class Line {
  static made = [];
  constructor(url) {
    Object.assign(this, { url, sent: [], closed: false });
    Line.made.push(this);
  }
  send(frame) {
    this.sent.push(JSON.parse(frame));
  }
  close() {
    this.closed = true;
  }
  says(message) {
    this.onmessage({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }
  get last() {
    return this.sent.at(-1);
  }
}

let timers;
let states;

beforeEach(() => {
  Line.made = [];
  timers = [];
  states = [];
});

function copilot() {
  const made = createCopilot({
    url: "ws://here/ws/assist/a/",
    token: TOKEN,
    Socket: Line,
    onState: (state) => states.push(state.phase),
    later: (run, ms) => {
      const timer = { run, ms, live: true };
      timers.push(timer);
      return timer;
    },
    never: (timer) => {
      if (timer) timer.live = false;
    },
  });
  return made;
}

function line() {
  return Line.made.at(-1);
}

function opened() {
  const made = copilot();
  line().onopen();
  line().says({ type: "ready", id: line().last.id, capability: "segment", model: "mobile-sam@0.2.0" });
  return made;
}

function ring(ms) {
  const timer = timers.find((one) => one.live && one.ms === ms);
  assert.ok(timer, `no timer of ${ms} ms`);
  timer.live = false;
  timer.run();
}

function masks(id) {
  const one = { size: [3, 4], counts: "04P1", score: 0.9, handle: "a1" };
  return {
    type: "masks", id, suggestion: "s1", model: "mobile-sam@0.2.0", masks: [one, one, one], best: 0,
    image_size: [3, 4], latency_ms: 60,
  };
}

const settledYet = async (promise) => Promise.race([promise.then(() => true, () => true), Promise.resolve(false)]);

test("it opens with the assignment's token and says when it is ready", () => {
  const made = opened();
  assert.deepEqual(line().sent[0], { type: "open", id: "o1", token: TOKEN });
  assert.deepEqual(states, ["ready"]);
  assert.equal(made.state().model, "mobile-sam@0.2.0");
});

test("a click is answered", async () => {
  const made = opened();
  const answer = made.segment(CLICK);
  line().says(masks(line().last.id));
  assert.equal((await answer).suggestion, "s1");
});

test("a question before the line is there goes out right behind the opening, and is answered after it", async () => {
  const made = copilot();
  const answer = made.segment(CLICK);
  assert.deepEqual(line().sent, []);
  line().onopen();
  assert.deepEqual(line().sent.map(({ type }) => type), ["open", "prompt"]);
  const [open, prompt] = line().sent;
  line().says({ type: "ready", id: open.id, capability: "segment", model: "m@1" });
  assert.equal(line().sent.length, 2, "once");
  line().says(masks(prompt.id));
  assert.equal((await answer).best, 0);
});

test("a question behind an opening that is rejected is given up with it", async () => {
  const made = copilot();
  const answer = made.text();
  line().onopen();
  const [open, prompt] = line().sent;
  line().says({ type: "error", id: open.id, code: "copilot-off", text: "Off." });
  line().says({ type: "error", id: prompt.id, code: "not-open", text: "Say open first." });
  await assert.rejects(answer, (problem) => problem.code === "copilot-off");
  assert.deepEqual(states, ["off"]);
});

test("the newest click wins, and a stale answer is dropped", async () => {
  const made = opened();
  const first = made.segment(CLICK);
  const stale = line().last.id;
  const second = made.segment({ box: [0, 0, 5, 5] });
  assert.equal(await first, null);
  line().says(masks(stale));
  assert.equal(await settledYet(second), false);
  line().says(masks(line().last.id));
  assert.equal((await second).id, line().last.id);
});

test("a superseded or cancelled question gives nothing, without an error", async () => {
  const made = opened();
  const answer = made.segment(CLICK);
  line().says({ type: "error", id: line().last.id, code: "superseded", text: "…" });
  assert.equal(await answer, null);
});

test("cancel tells the server and lets go at once", async () => {
  const made = opened();
  const answer = made.segment(CLICK);
  const id = line().last.id;
  made.cancel();
  assert.deepEqual(line().last, { type: "cancel", id });
  assert.equal(await answer, null);
});

test("an error about a click reaches the one who clicked", async () => {
  const made = opened();
  const answer = made.segment(CLICK);
  line().says({ type: "error", id: line().last.id, code: "busy", text: "Try again in a moment." });
  await assert.rejects(answer, (problem) => problem instanceof CopilotError && problem.code === "busy");
  assert.equal(made.state().phase, "ready");
});

test("a prompt that makes no sense is not sent", async () => {
  const made = opened();
  await assert.rejects(made.segment({}), ProtocolError);
  assert.equal(line().sent.length, 1);
});

test("spans are asked for by saying text", async () => {
  const made = opened();
  const answer = made.text();
  assert.deepEqual(line().last.prompt, { text: true });
  line().says({ type: "spans", id: line().last.id, model: "m@1", spans: [], latency_ms: 3 });
  assert.deepEqual((await answer).spans, []);
});

test("a lost line fails the click, is said, and is found again with growing pauses", async () => {
  const made = opened();
  const answer = made.segment(CLICK);
  line().onclose({ code: 1006 });
  await assert.rejects(answer, { code: "copilot-down" });
  assert.equal(made.state().phase, "down");
  await assert.rejects(made.segment(CLICK), { code: "copilot-down" });
  ring(500);
  line().onclose({ code: 1006 });
  ring(1000);
  line().onopen();
  line().says({ type: "ready", id: "o2", capability: "segment", model: "m@1" });
  assert.equal(made.state().phase, "ready");
  line().onclose({ code: 1006 });
  ring(500);
});

test("a runtime that is down is asked for again on the same line", () => {
  const made = copilot();
  line().onopen();
  line().says({ type: "error", id: "o1", code: "copilot-down", text: "Not running just now." });
  assert.equal(made.state().phase, "down");
  assert.equal(made.state().text, "Not running just now.");
  ring(5000);
  assert.equal(Line.made.length, 1);
  line().says({ type: "ready", id: line().last.id, capability: "segment", model: "m@1" });
  assert.equal(made.state().phase, "ready");
});

test("a copilot that is off stays off", async () => {
  const made = copilot();
  line().onopen();
  const answer = made.segment(CLICK);
  line().says({ type: "error", id: "o1", code: "copilot-off", text: "Switched off for this work." });
  await assert.rejects(answer, { code: "copilot-off" });
  line().onclose({ code: 1000 });
  assert.equal(made.state().phase, "off");
  assert.equal(timers.filter((timer) => timer.live).length, 0);
});

for (const code of [4401, 4403, 4409]) {
  test(`after ${code} it does not knock again`, () => {
    const made = opened();
    line().onclose({ code });
    assert.equal(made.state().phase, "ended");
    assert.notEqual(made.state().text, "");
    assert.equal(timers.filter((timer) => timer.live).length, 0);
  });
}

test("a line that never answers is taken for dead", async () => {
  const made = opened();
  const answer = made.segment(CLICK);
  ring(70_000);
  await assert.rejects(answer, { code: "too-slow" });
  assert.ok(line().closed);
});

test("a quiet line is asked whether anybody is there, and an answer is enough", () => {
  const made = opened();
  ring(20_000);
  assert.equal(line().last.type, "ping");
  line().says({ type: "pong", id: line().last.id });
  assert.equal(timers.filter((timer) => timer.live && timer.ms === 10_000).length, 0);
  assert.equal(made.state().phase, "ready");
});

test("a line on which nothing is heard any more is left, said to be down and found again", async () => {
  const made = opened();
  ring(20_000);
  const dead = line();
  const answer = made.segment(CLICK);
  ring(10_000);
  await assert.rejects(answer, { code: "copilot-down" });
  assert.ok(dead.closed);
  assert.equal(made.state().phase, "down");
  ring(500);
  assert.notEqual(line(), dead);
  line().onopen();
  line().says({ type: "ready", id: line().last.id, capability: "segment", model: "m@1" });
  dead.onclose({ code: 1006 }); // the browser notices at last
  assert.equal(made.state().phase, "ready");
});

test("a server that takes the line and never says a word is tried again", () => {
  const made = copilot();
  line().onopen();
  ring(30_000);
  assert.equal(made.state().phase, "down");
  ring(500);
  assert.equal(Line.made.length, 2);
});

test("classes are a text's answer too, and the page hears whether they wait to be asked for", async () => {
  const made = copilot();
  line().onopen();
  line().says({ type: "ready", id: "o1", capability: "classify", model: "m@1", waits: true });
  assert.equal(made.state().waits, true);
  const answer = made.text();
  line().says({ type: "classes", id: line().last.id, model: "m@1", classes: [], latency_ms: 3 });
  assert.deepEqual((await answer).classes, []);
});

test("labels come at once where words follow, which may take as long again", async () => {
  const made = copilot();
  line().onopen();
  line().says({ type: "ready", id: "o1", capability: "classify", model: "m@1" });
  const parts = [];
  const answer = made.text((part) => parts.push(part.classes.length));
  const [label, word] = ["tone", "summary"].map((field) => ({ suggestion: field, field, label: "x", score: null }));
  const said = { type: "classes", id: line().last.id, model: "m@1", latency_ms: 3 };
  line().says({ ...said, classes: [label], more: true });
  assert.deepEqual(parts, [1]);
  assert.equal(await settledYet(answer), false);
  assert.equal(timers.filter((one) => one.live && one.ms === 70_000).length, 1);
  line().says({ ...said, classes: [label, word], more: false });
  assert.deepEqual((await answer).classes, [label, word]);
  assert.equal(timers.some((one) => one.live && one.ms === 70_000), false);
});

test("masks come at once where sharper ones follow, and who asks again hears of those no more", async () => {
  const made = opened();
  const parts = [];
  const answer = made.segment(CLICK, (part) => parts.push(part.id));
  const asked = line().last.id;
  line().says({ ...masks(asked), more: true });
  assert.deepEqual([parts, await settledYet(answer)], [[asked], false]);
  line().says({ ...masks(asked), more: false });
  assert.equal((await answer).id, asked);
  const left = made.segment(CLICK, (part) => parts.push(part.id));
  line().says({ ...masks(line().last.id), more: true });
  made.segment(CLICK);
  assert.equal(await left, null);
});

test("an answer that can't be read fails its question and nothing else", async () => {
  const made = opened();
  line().says("<html>");
  const answer = made.segment(CLICK);
  line().says({ ...masks(line().last.id), best: 7 });
  await assert.rejects(answer, { code: "failed" });
  assert.equal(made.state().phase, "ready");
});

test("hanging up is for good", async () => {
  const made = opened();
  const answer = made.segment(CLICK);
  const old = line();
  made.close();
  assert.equal(await answer, null);
  assert.ok(old.closed);
  old.onclose({ code: 1000 });
  assert.equal(timers.filter((timer) => timer.live).length, 0);
});

test("the address follows the page's own", () => {
  assert.equal(socketUrl("a1", { protocol: "https:", host: "x.gov" }), "wss://x.gov/ws/assist/a1/");
  assert.equal(socketUrl("a1", { protocol: "http:", host: "127.0.0.1:8000" }), "ws://127.0.0.1:8000/ws/assist/a1/");
});

test("a model that died under a living line is said to be down, and asked for again until it is back", async () => {
  const made = opened();
  const answer = made.segment(CLICK);
  line().says({ type: "error", id: line().last.id, code: "copilot-down", text: "It is being started again." });
  await assert.rejects(answer, (problem) => problem.code === "copilot-down" && /started again/.test(problem.message));
  assert.equal(made.state().phase, "down");
  assert.equal(made.state().text, "It is being started again.");
  await assert.rejects(made.segment(CLICK), CopilotError);
  ring(5000);
  assert.equal(line().last.type, "open");
  line().says({ type: "error", id: line().last.id, code: "copilot-down", text: "It is being started again." });
  ring(5000);
  line().says({ type: "ready", id: line().last.id, capability: "segment", model: "mobile-sam@0.2.0" });
  assert.deepEqual(states, ["ready", "down", "down", "ready"]);
  assert.equal(Line.made.length, 1, "over the same line");
});

test("the oldest of too many windows leaves the line to the others", () => {
  const made = opened();
  line().onclose({ code: 4408 });
  assert.equal(made.state().phase, "ended");
  assert.match(made.state().text, /too many windows/);
  assert.ok(!timers.some((one) => one.live && one.ms === 500), "it doesn't push itself in again");
});

test("boxes are asked for beside the clicks: neither takes the other's place", async () => {
  const mine = copilot();
  line().onopen();
  line().says({ type: "ready", id: "o1", capability: "segment", model: "m@1", boxes: true });
  assert.equal(mine.state().boxes, true);
  const boxes = mine.boxes();
  const asked = line().last;
  assert.deepEqual(asked.prompt, { boxes: true });
  const first = mine.segment(CLICK);
  const second = mine.segment(CLICK);
  assert.equal(await first, null);
  line().says({ type: "error", id: line().last.id, code: "busy", text: "Busy." });
  await assert.rejects(second, CopilotError);
  mine.cancel();
  line().says({ type: "boxes", id: asked.id, model: "d@1", boxes: [], note: "", latency_ms: 3 });
  assert.deepEqual((await boxes).boxes, []);
});

test("everything and boxes wait beside each other, and a second asking takes the place of its own kind alone", async () => {
  const mine = copilot();
  line().onopen();
  line().says({ type: "ready", id: "o1", capability: "segment", model: "m@1", boxes: true });
  const boxes = mine.boxes();
  const { id: first } = line().last;
  const all = mine.everything();
  const again = mine.everything();
  assert.equal(await all, null);
  const { id: last } = line().last;
  for (const id of [first, last]) line().says({ type: "boxes", id, model: "d@1", boxes: [], note: id, latency_ms: 3 });
  assert.deepEqual([(await boxes).note, (await again).note], [first, last]);
});
