import assert from "node:assert/strict";
import { test } from "node:test";
import { createEnding } from "../../static/js/review/ending.js";
import { problem } from "./sitting.js";

function reviewing({ signIn = async () => true } = {}) {
  const [notes, ended] = [[], []];
  const ending = createEnding({ notes: { show: (_key, note) => notes.push(note) }, signIn, onSending() {}, onEnd: (reply) => ended.push(reply) });
  return { ending, notes, ended };
}

test("what failed is what is tried again: sending back never decides", async () => {
  const { ending, notes, ended } = reviewing();
  const replies = [problem(503, "server-error"), { next: "sent back" }];
  const back = async () => {
    const reply = replies.shift();
    if (reply instanceof Error) throw reply;
    return reply;
  };
  await ending.end(back);
  assert.deepEqual([ended, ending.sending], [[], false]);
  await notes[0].onVerb();
  assert.deepEqual(ended, [{ next: "sent back" }]);
});

test("a decision is made anew, of what is seen by then; and after a sign-in it is the same request", async () => {
  const decided = [];
  const { ending, notes } = reviewing();
  await ending.end(async () => { throw problem(500, "server-error"); }, () => decided.push("as it is now"));
  notes[0].onVerb();
  assert.deepEqual(decided, ["as it is now"]);
  const replies = [problem(401, "signed-out"), {}];
  const signed = reviewing();
  const asked = [];
  await signed.ending.end(async () => {
    asked.push("back");
    const reply = replies.shift();
    if (reply instanceof Error) throw reply;
    return reply;
  });
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual([asked.length, signed.ended.length], [2, 1]);
});

test("while one is on its way, no second one leaves", async () => {
  const { ending, ended } = reviewing();
  await Promise.all([ending.end(async () => "first"), ending.end(async () => "second")]);
  assert.deepEqual(ended, ["first"]);
});
