import assert from "node:assert/strict";
import { test } from "node:test";
import { createAnyApi } from "../../static/js/studio/any_api.js";

const of = (type) => ({ project: { task_type: type } });
const editor = () => ({});

function connected(replies, fetchEditor) {
  const reply = async () => replies.shift();
  const editors = {};
  const api = { claim: reply, lookahead: reply, submit: reply, skip: reply, report: reply, draft: reply };
  return { editors, replies, any: createAnyApi(api, editors, fetchEditor) };
}

test("a type's editor is here before the session hears of its first task, and is fetched once", async () => {
  const fetched = [];
  const fetchEditor = async (type) => (fetched.push(type), { [type]: editor });
  const { editors, any } = connected([{ assignment: of("text_spans") }, { lookahead: of("image_regions") }, { submitted: {}, assignment: of("image_regions") }, { nothing: {} }, { lookahead: null }], fetchEditor);
  assert.deepEqual(await any.claim("any"), { assignment: of("text_spans") });
  assert.deepEqual(Object.keys(editors), ["text_spans"]);
  await any.lookahead({});
  await any.submit({}, {});
  await any.skip({}, "", "");
  await any.lookahead({});
  assert.deepEqual(fetched, ["text_spans", "image_regions"]);
});

test("an editor that can't be fetched just now is as if the request had met no network: it is made again", async () => {
  const fetchEditor = async () => { throw new TypeError("Failed to fetch dynamically imported module"); };
  const { editors, any } = connected([{ assignment: of("text_spans") }], fetchEditor);
  await assert.rejects(any.submit({}, {}), (problem) => problem.passing);
  assert.deepEqual(editors, {});
});
