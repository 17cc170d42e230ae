import assert from "node:assert/strict";
import { test } from "node:test";
import { keyTables, whyNot } from "../../static/js/studio/shell/key_tables.js";
import { createKeymap } from "../../static/js/studio/shared/keys.js";
import { labelBindings } from "../../static/js/studio/shared/keys_of_labels.js";
import { choiceBindings } from "../../static/js/studio/classification/bindings.js";
import { wordsOfLost } from "../../static/js/studio/shell/shortcuts.js";
import { ownKeys } from "../../static/js/studio/shell/own_keys.js";

const KEYS = [
  { action: "submit", keys: ["enter"], text: "Submit", group: "Everywhere" },
  { action: "accept", keys: ["a"], text: "Accept", group: "Copilot" },
  { action: "next", keys: ["k", "down"], text: "Next", group: "Regions" },
];
const keysOf = (bindings, action) => bindings.find((one) => one.action === action).keys;

test("a person's keys take the place of those that Tandem brings", () => {
  const own = ownKeys({ "image.accept": ["e"], "studio.submit": ["f2"] })("image", KEYS);
  assert.deepEqual([keysOf(own, "accept"), keysOf(own, "submit"), keysOf(own, "next")], [["e"], ["f2"], ["k", "down"]]);
  assert.deepEqual(KEYS[1].keys, ["a"], "the table itself is left as it is");
  assert.deepEqual(ownKeys({ "image.accept": ["e"] })("text", KEYS), KEYS.map((one) => ({ ...one })));
});

test("a key that was given to one action is taken from the other, and no keymap ever breaks", () => {
  const own = ownKeys({ "image.accept": ["k"] })("image", KEYS);
  assert.deepEqual([keysOf(own, "accept"), keysOf(own, "next")], [["k"], ["down"]]);
  const twice = ownKeys({ "image.accept": ["z"], "image.next": ["z"] })("image", KEYS);
  assert.doesNotThrow(() => createKeymap(twice));
});

test("a label gives way to a person's key, and it is said which wins", () => {
  const taken = ownKeys({ "image.accept": ["p"] })("image", KEYS);
  const labels = [{ key: "person", name: "Person", hotkey: "p" }, { key: "place", name: "Place", hotkey: "y" }];
  const [person, place] = labelBindings(labels, taken, "Labels");
  assert.deepEqual([person.keys, place.keys], [["1"], ["y"]]);
  assert.deepEqual([person.lost, place.lost], [{ key: "p", text: "Accept" }, undefined]);
  assert.equal(wordsOfLost(person), "P does “Accept” here and stays so: the label “Person” is on 1.");
  const choices = choiceBindings(labels, taken);
  assert.deepEqual(choices.find((one) => one.lost).lost, { key: "p", text: "Accept" });
  assert.doesNotThrow(() => createKeymap([...taken, ...choices]));
});

test("no two actions that are pressed in one place share a key, as Tandem brings them", () => {
  const [studio, ...others] = keyTables();
  assert.equal(studio.table, "studio");
  for (const { table, bindings } of others) {
    assert.doesNotThrow(() => createKeymap([...studio.bindings, ...bindings]), table);
    const both = bindings.filter((one) => studio.bindings.some((other) => other.action === one.action));
    assert.deepEqual(both, [], `${table}: an action that everywhere has too would never reach the editor`);
    assert.equal(new Set(bindings.map((one) => one.action)).size, bindings.length, table);
  }
});

test("every key says what it does, those whose words come later too", () => {
  for (const { table, bindings } of keyTables()) {
    for (const { action, text, group } of bindings) assert.ok(text && group, `${table}.${action}`);
  }
});

test("a key that can't be is rejected in words", () => {
  const tables = keyTables();
  const target = { table: "image", action: "accept" };
  assert.match(whyNot("5", target, tables), /digits are for the labels/);
  assert.match(whyNot("ctrl+w", target, tables), /browser keeps/);
  assert.match(whyNot("tab", target, tables), /browser keeps/);
  assert.match(whyNot("j", target, tables), /“Next region, /);
  assert.match(whyNot("s", target, tables), /“Skip this task”/);
  assert.match(whyNot("j", { table: "studio", action: "skip" }, tables), /“Next region, /);
  assert.equal(whyNot("a", target, tables), "", "its own key");
  assert.equal(whyNot("shift+z", target, tables), "");
  assert.equal(whyNot("b", { table: "text", action: "accept" }, tables), "", "the image's key is free in a text");
});
