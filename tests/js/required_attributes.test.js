import assert from "node:assert/strict";
import test from "node:test";
import { openAttributes } from "../../static/js/studio/shared/required_attributes.js";

const LABELS = {
  cat: { attributes: [{ key: "pose", name: "Pose", kind: "choice", required: true }, { key: "hidden", name: "Hidden", kind: "flag", required: true }, { key: "note", name: "Note", kind: "text" }] },
  dog: {},
};
const labelOf = (key) => LABELS[key];

test("what must be filled in is told by mark, in their order; “no” and 0 are answers, blanks aren't", () => {
  const marks = [
    { id: "a", label: "cat", attributes: { pose: "lying", hidden: false } },
    { id: "b", label: "dog", attributes: {} },
    { id: "c", label: "cat", attributes: { pose: "", note: "small" } },
    { id: "d", label: "gone", attributes: {} },
  ];
  assert.deepEqual(openAttributes(marks, labelOf), [
    { id: "c", label: "cat", key: "pose", name: "Pose" },
    { id: "c", label: "cat", key: "hidden", name: "Hidden" },
  ]);
  assert.deepEqual(openAttributes(marks.slice(0, 2), labelOf), []);
});
