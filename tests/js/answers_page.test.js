import assert from "node:assert/strict";
import { before, test } from "node:test";

/** An element, as far as making and filling one asks of it. */
function node(name) {
  const [attributes, parts] = [{}, []];
  return { name, attributes, parts, style: { setProperty() {} }, setAttribute: (key, value) => (attributes[key] = value), append: (...more) => parts.push(...more), prepend: (...more) => parts.unshift(...more) };
}
let drawAnswer;
before(async () => {
  globalThis.document = /** @type {any} */ ({ createElement: node, createElementNS: (_space, name) => node(name), querySelector: () => null, addEventListener() {} });
  ({ drawAnswer } = await import("../../static/js/pages/answers.js"));
});

test("a text runs as it is written, and a label's name before its first word doesn't turn it round", () => {
  const stage = node("div");
  drawAnswer(stage, { text: "سلام دنیا" }, { spans: [{ start: 0, end: 4, label: "greeting" }] }, { greeting: { name: "Greeting", colour: "#fff" } });
  const [text] = stage.parts;
  assert.deepEqual([text.attributes.class, text.attributes.dir], ["answer__text", "auto"]);
  const [tag] = text.parts[0].parts;
  assert.deepEqual([tag.attributes.class, tag.attributes.dir], ["answer__tag", "auto"]);
});
