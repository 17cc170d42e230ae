import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { joinCopilot } from "../../static/js/studio/shell/copilot.js";

/** A line whose other side answers pings while it is plugged in, and never the question. */
class Line {
  static plugged = true;
  constructor() {
    Line.last = this;
  }
  send(frame) {
    const { type, id } = JSON.parse(frame);
    if (type === "open") this.says({ type: "ready", id, capability: "segment", model: "m", waits: false });
    if (type === "ping" && Line.plugged) this.says({ type: "pong", id });
  }
  says(message) {
    this.onmessage({ data: JSON.stringify({ v: 1, ...message }) });
  }
  close() {}
}

function asked() {
  globalThis.WebSocket = Line;
  globalThis.window = { location: { protocol: "http:", host: "here" } };
  const phases = [];
  const assignment = { id: "a", token: "6f0c9d1e-2a3b-4c5d-8e9f-001122334455", project: { copilot: true }, task: { id: "k" } };
  const copilot = joinCopilot(assignment, { onState: ({ phase }) => phases.push(phase), onAnswer() {} });
  Line.last.onopen();
  assert.equal(phases.at(-1), "ready");
  copilot.ask({ points: [[1, 2, 1]] });
  mock.timers.tick(1500);
  mock.timers.tick(1500);
  copilot.close();
  return phases.at(-1);
}

test("a copilot that takes its time is slow, and one behind a line that is gone isn't", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  assert.equal(asked(), "slow");
  Line.plugged = false;
  assert.equal(asked(), "cut");
  mock.timers.reset();
});
