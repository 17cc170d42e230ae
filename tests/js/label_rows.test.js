import assert from "node:assert/strict";
import test from "node:test";

import { filled, freshColour, holds, numbered } from "../../static/js/pages/label_rows.js";

const COLOURS = ["#1971c2", "#e8590c", "#40a080"];

test("a field follows its row, the blank one's too", () => {
  assert.equal(numbered("labels-7-name", 2), "labels-2-name");
  assert.equal(numbered("labels-__prefix__-model_names", 0), "labels-0-model_names");
  assert.equal(numbered("other-7-name", 2), "other-7-name");
});

test("a new row gets a colour that no other has", () => {
  assert.equal(freshColour([], COLOURS), COLOURS[0]);
  assert.equal(freshColour([COLOURS[1], COLOURS[0]], COLOURS), COLOURS[2]);
});

test("when colours run out they begin anew", () => {
  assert.equal(freshColour([...COLOURS, "#000000"], COLOURS), COLOURS[1]);
});

test("a sentence's places are filled, whatever is in the values", () => {
  assert.equal(filled("{name}: place {place} of {count}", { name: "$& {count}", place: 1, count: 3 }), "$& {count}: place 1 of 3");
  assert.equal(filled("{name} of {nobody}", { name: "A" }), "A of {nobody}");
});

test("a search finds names and keys whatever their case and accents", () => {
  assert.ok(holds(["Fußgänger", "person"], "FUSSGANGER") === false && holds(["Fußgänger", "person"], "fußganger"));
  assert.ok(holds(["Traffic light", "traffic_light"], " light  traf "));
  assert.ok(!holds(["Traffic light", "traffic_light"], "light car"));
  assert.ok(!holds(["Car", "van"], "car van"), "all words are in the name, or all in the key");
  assert.ok(holds(["Car"], ""));
});
