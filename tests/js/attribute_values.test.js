import assert from "node:assert/strict";
import { test } from "node:test";

import { blank, faultAt, read, split, stillChosen, write } from "../../static/js/pages/attribute_values.js";

// As projects/configuration/label_attributes.py holds them.
const HELD = [
  { key: "pose", name: "Pose", kind: "choice", choices: ["standing", "lying down"], required: true, counts: true, default: "standing" },
  { key: "p9", name: "Occluded", kind: "flag", default: false },
  { key: "beine", name: "Beine & “Füße”", kind: "number", counts: true, default: 4 },
  { key: "remark", name: "Remark", kind: "text", required: true },
];

test("what is held is sent as it was", () => {
  assert.deepEqual(JSON.parse(write(read(JSON.stringify(HELD)))), HELD);
});

test("boxes say it in the same form: what isn't ticked isn't there, and only a choice has choices", () => {
  const boxes = { key: undefined, name: "  Far \n away ", kind: "flag", choices: ["left", "over"], required: false, counts: true };
  assert.deepEqual(JSON.parse(write([boxes])), [{ name: "Far away", kind: "flag", counts: true }]);
  const chosen = { ...boxes, kind: "choice", choices: [" near", "", "far  off "] };
  assert.deepEqual(JSON.parse(write([chosen]))[0].choices, ["near", "far off"]);
});

test("what marks begin with is sent as it is taken, and not at all where the box is empty", () => {
  const begins = (kind, value) => JSON.parse(write([{ name: "A", kind, default: value }]))[0].default;
  assert.deepEqual(["", " 4.5", "four"].map((value) => begins("number", value)), [undefined, 4.5, "four"]);
  assert.deepEqual(["", "true", "false"].map((value) => begins("flag", value)), [undefined, true, false]);
  assert.equal(begins("text", "  as  usual "), "as usual");
});

test("what marks begin with stays chosen while its choice gets another name, not when it is taken away", () => {
  const before = ["standing", "lying"];
  const after = [["Standing", "lying"], ["lying", "standing"], ["lying"], ["standing", "lying", "sitting"]];
  assert.deepEqual(after.map((choices) => stillChosen(choices, "standing", before)), ["Standing", "standing", "", "standing"]);
  assert.equal(stillChosen(["true", "false"], "", before), "");
});

test("a row in which nothing was written is passed over, one that lost its name is not", () => {
  assert.deepEqual(JSON.parse(write([blank(), HELD[1]])), [HELD[1]]);
  assert.equal(JSON.parse(write([{ ...HELD[1], name: "" }])).length, 1);
  assert.equal(JSON.parse(write([{ ...blank(), choices: ["near", ""] }])).length, 1);
});

test("what can't be read shows no rows", () => {
  for (const text of ["", "{", "null", '{"name": "Pose"}', "[1, null]"]) assert.deepEqual(read(text), []);
});

test("choices that are typed or pasted together are apart", () => {
  assert.deepEqual(split("standing, sitting,\n lying  down\t,"), ["standing", "sitting", "lying down"]);
  assert.deepEqual(split(" near; far "), ["near; far"]);
});

test("a fault of the server leads to its box", () => {
  assert.deepEqual(faultAt("[2].choices"), { index: 2, part: "choices" });
  assert.deepEqual(faultAt("[0]"), { index: 0, part: "name" });
  assert.equal(faultAt(""), null);
});
