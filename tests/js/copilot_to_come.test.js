import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { joinCopilot } from "../../static/js/studio/shell/copilot.js";
import { copilotToCome } from "../../static/js/studio/shell/prefetch.js";

class SilentSocket {
  send() {}
  close() {}
}

function realCopilot() {
  globalThis.WebSocket = SilentSocket;
  globalThis.window = { location: { protocol: "http:", host: "here" } };
  const assignment = { id: "a", token: "6f0c9d1e-2a3b-4c5d-8e9f-001122334455", project: { copilot: true }, task: { id: "k" } };
  return joinCopilot(assignment, { onState() {}, onAnswer() {} });
}

/** A copilot with the methods of the real one, which writes down what is called. */
function recordingCopilot(calls) {
  const real = realCopilot();
  real.close();
  const methods = Object.keys(real).filter((name) => typeof real[name] === "function");
  const record = (name) => (...given) => (calls.push([name, ...given]), `answer of ${name}`);
  return { ...Object.fromEntries(methods.map((name) => [name, record(name)])), listens: true };
}

test("a copilot that is switched off and one that is to come have every method of the real one", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const real = realCopilot();
  const off = joinCopilot({ project: { copilot: false } }, { onState() {}, onAnswer() {} });
  const { come: _come, ...toCome } = copilotToCome(() => real, () => {});
  const names = Object.keys(real).sort();
  assert.ok(names.includes("askEverything"));
  assert.deepEqual(Object.keys(off).sort(), names);
  assert.deepEqual(Object.keys(toCome).sort(), names);
  real.close();
  mock.timers.reset();
});

test("once it has come, every method reaches the real one with what it was given", () => {
  const calls = [];
  const copilot = copilotToCome(() => recordingCopilot(calls), () => {});
  copilot.come();
  const methods = Object.keys(copilot).filter((name) => typeof copilot[name] === "function" && name !== "come");
  for (const name of methods) {
    calls.length = 0;
    copilot[name]({ given: name });
    assert.equal(calls[0]?.[0], name);
  }
});

test("what is asked before it has come is asked then: of the newest questions one, and each of the others", () => {
  const calls = [];
  const copilot = copilotToCome(() => recordingCopilot(calls), () => {});
  copilot.ask({ points: [[1, 2, 1]] });
  const id = copilot.ask({ points: [[3, 4, 1]] });
  copilot.askEverything();
  copilot.askEverything();
  copilot.come();
  assert.deepEqual(calls, [["askEverything"], ["ask", { points: [[3, 4, 1]] }, id]]);
});
