import assert from "node:assert/strict";
import { test } from "node:test";
import { createAnyWire } from "../../static/js/studio/any_wire.js";

const of = (type) => ({ project: { task_type: type } });
const room = () => ({});

function wired(replies, fetchRoom) {
  const reply = async () => replies.shift();
  const rooms = {};
  const wire = { claim: reply, ahead: reply, submit: reply, skip: reply, report: reply, draft: reply };
  return { rooms, replies, any: createAnyWire(wire, rooms, fetchRoom) };
}

test("a type's room is here before the session hears of its first task, and is fetched once", async () => {
  const fetched = [];
  const fetchRoom = async (type) => (fetched.push(type), { [type]: room });
  const { rooms, any } = wired([{ assignment: of("text_spans") }, { ahead: of("image_regions") }, { submitted: {}, assignment: of("image_regions") }, { nothing: {} }, { ahead: null }], fetchRoom);
  assert.deepEqual(await any.claim("any"), { assignment: of("text_spans") });
  assert.deepEqual(Object.keys(rooms), ["text_spans"]);
  await any.ahead({});
  await any.submit({}, {});
  await any.skip({}, "", "");
  await any.ahead({});
  assert.deepEqual(fetched, ["text_spans", "image_regions"]);
});

test("a room that can't be fetched just now is as if the request had met no network: it is made again", async () => {
  const fetchRoom = async () => { throw new TypeError("Failed to fetch dynamically imported module"); };
  const { rooms, any } = wired([{ assignment: of("text_spans") }], fetchRoom);
  await assert.rejects(any.submit({}, {}), (problem) => problem.passing);
  assert.deepEqual(rooms, {});
});
