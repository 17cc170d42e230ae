import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  cancelFrame,
  maskPromptFrame,
  openFrame,
  parseClient,
  parseServer,
  ProtocolError,
  textPromptFrame,
} from "../../static/js/assist/protocol.js";

const fixture = JSON.parse(readFileSync(new URL("../fixtures/assist_protocol.json", import.meta.url), "utf8"));
const frameOf = ({ frame, parts }) => frame ?? parts.map(([text, times]) => text.repeat(times)).join("");

for (const { name, message } of fixture.client_good) {
  test(`a page may say: ${name}`, () => {
    assert.deepEqual(parseClient(JSON.stringify(message)), message);
  });
}

for (const line of fixture.client_bad) {
  test(`a page may not say: ${line.name}`, () => {
    assert.throws(
      () => parseClient(frameOf(line)),
      (problem) => problem instanceof ProtocolError && problem.code === line.code && problem.id === line.id,
    );
  });
}

for (const { name, message } of fixture.server_good) {
  test(`a page understands: ${name}`, () => {
    assert.deepEqual(parseServer(JSON.stringify(message)), message);
  });
}

for (const line of fixture.server_bad) {
  test(`a page does not take: ${line.name}`, () => {
    assert.throws(() => parseServer(frameOf(line)), ProtocolError);
  });
}

test("a newer server may add fields", () => {
  const message = { ...fixture.server_good[0].message, mood: "fine" };
  assert.equal(parseServer(JSON.stringify(message)).mood, "fine");
});

test("what is written is what the other side reads", () => {
  const token = "6f0c9d1e-2a3b-4c5d-8e9f-001122334455";
  assert.deepEqual(parseClient(openFrame("o1", token)), { type: "open", id: "o1", token });
  assert.deepEqual(parseClient(maskPromptFrame("p1", { points: [[1, 2, 1]] })).prompt, {
    points: [[1, 2, 1]],
    box: null,
    previous: null,
  });
  assert.deepEqual(parseClient(textPromptFrame("p2")).prompt, { text: true });
  assert.equal(parseClient(cancelFrame("p2")).type, "cancel");
});

test("what the other side would reject is not written", () => {
  assert.throws(() => maskPromptFrame("p1", {}), ProtocolError);
  assert.throws(() => maskPromptFrame("p1", { points: [[NaN, 1, 1]] }), ProtocolError);
  assert.throws(() => openFrame("o1", "secret"), ProtocolError);
});
