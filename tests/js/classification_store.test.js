import assert from "node:assert/strict";
import { test } from "node:test";
import { pathTo, proposedValues, shownFields, takes } from "../../static/js/studio/classification/asked_fields.js";
import { choiceBindings, classificationBindings, offerBindings } from "../../static/js/studio/classification/bindings.js";
import { createClassificationStore } from "../../static/js/studio/classification/store.js";
import { createGridStore } from "../../static/js/studio/shell/grid_store.js";
import { createGridApi } from "../../static/js/studio/shell/grid_api.js";
import { createKeymap } from "../../static/js/studio/shared/keys.js";
import { studioBindings } from "../../static/js/studio/shell/studio_bindings.js";

const fields = [
  { key: "subject", name: "Subject", kind: "choice", required: true },
  { key: "seen", name: "Seen", kind: "multiple", required: false },
  { key: "kind", name: "Kind", kind: "tree", required: true, when: { field: "subject", is: "animal" } },
  { key: "legs", name: "Legs", kind: "number", required: false, min: 0, max: 8, step: 2 },
  { key: "remark", name: "Remark", kind: "text", required: false, longest: 10 },
];
const label = (key, field = "", parent = null) => ({ key, name: key.toUpperCase(), colour: "#1971c2", hotkey: "", field, parent });
const labels = [label("animal"), label("thing", "subject"), label("grass", "seen"), label("water", "seen"), label("mammal", "kind"), label("horse", "kind", "mammal")];

const store = (extra = {}) => createClassificationStore({ fields, labels, payload: {}, answer: null, ...extra });
const values = (made) => Object.fromEntries(made.answer().fields.map((part) => [part.field, part.value]));

test("a field is asked for only where another one says so, and what hangs on a hidden one is hidden too", () => {
  const keys = (given) => shownFields(fields, given).map((field) => field.key);
  assert.deepEqual(keys({}), ["subject", "seen", "legs", "remark"]);
  assert.deepEqual(keys({ subject: "animal" }), ["subject", "seen", "kind", "legs", "remark"]);
  const chain = [...fields, { key: "breed", kind: "text", when: { field: "kind", is: "horse" } }];
  assert.ok(shownFields(chain, { subject: "animal", kind: ["mammal", "horse"] }).some((field) => field.key === "breed"));
  assert.ok(!shownFields(chain, { subject: "thing", kind: ["mammal", "horse"] }).some((field) => field.key === "breed"));
});

test("a choice is one, options go on and off, a step of a tree brings its path", () => {
  const mine = store();
  mine.choose(fields[0], "thing");
  mine.choose(fields[0], "animal");
  mine.choose(fields[1], "water");
  mine.choose(fields[1], "grass");
  mine.choose(fields[1], "water");
  mine.choose(fields[2], "horse");
  assert.deepEqual(values(mine), { subject: "animal", seen: ["grass"], kind: ["mammal", "horse"] });
  mine.choose(fields[1], "grass");
  assert.equal(values(mine).seen, undefined);
});

test("what is hidden stays out of the answer and comes back when it is asked for again", () => {
  const mine = store();
  mine.choose(fields[0], "animal");
  mine.choose(fields[2], "horse");
  mine.choose(fields[0], "thing");
  assert.deepEqual(values(mine), { subject: "thing" });
  mine.choose(fields[0], "animal");
  assert.deepEqual(values(mine).kind, ["mammal", "horse"]);
});

test("all is in one history, and what is typed in one go is one step", () => {
  const mine = store();
  mine.choose(fields[0], "thing");
  mine.type("remark", "o");
  mine.type("remark", "od");
  mine.type("remark", "odd");
  mine.rest();
  mine.type("remark", "odd!");
  mine.undo();
  assert.equal(mine.values.remark, "odd");
  mine.undo();
  assert.deepEqual(values(mine), { subject: "thing" });
  mine.redo();
  assert.equal(mine.values.remark, "odd");
  mine.undo();
  mine.undo();
  assert.deepEqual(values(mine), {});
  assert.equal(mine.undo(), null);
});

test("typing after an undo is a step of its own", () => {
  const mine = store();
  mine.type("remark", "a");
  mine.undo();
  mine.type("remark", "b");
  mine.undo();
  assert.equal(mine.values.remark, undefined);
});

test("undo and redo say which field they changed", () => {
  const mine = store();
  const [first] = mine.shown();
  mine.choose(first, "animal");
  const asked = mine.shown().find((one) => one.key !== first.key && one.kind === "multiple");
  mine.choose(asked, "grass");
  assert.deepEqual([mine.undo(), mine.undo(), mine.undo()], [asked.key, first.key, null]);
  assert.deepEqual([mine.redo(), mine.redo(), mine.redo()], [first.key, asked.key, null]);
});

test("faults are what the server would reject", () => {
  const faults = (given) => {
    const mine = store();
    for (const [key, value] of Object.entries(given)) mine.set(key, value);
    return mine.faults().map((field) => field.key);
  };
  assert.deepEqual(faults({}), ["subject"]);
  assert.deepEqual(faults({ subject: "animal" }), ["kind"]);
  assert.deepEqual(faults({ subject: "thing", legs: 3 }), ["legs"]);
  assert.deepEqual(faults({ subject: "thing", legs: 10 }), ["legs"]);
  assert.deepEqual(faults({ subject: "thing", legs: NaN }), ["legs"]);
  assert.deepEqual(faults({ subject: "thing", legs: 4, remark: "fine" }), []);
  assert.deepEqual(faults({ subject: "thing", remark: "   " }), ["remark"]);
  assert.ok(!takes(fields[2], ["horse"], fields, labels));
});

test("what is proposed is taken by key or name, and what makes no sense is passed over", () => {
  const found = proposedValues({ proposed: { "": "THING", seen: "water", kind: "horse", legs: "4", remark: 7 } }, fields, labels);
  assert.deepEqual(found, { subject: "thing", seen: ["water"], kind: ["mammal", "horse"], legs: 4 });
  assert.deepEqual(proposedValues({ proposed: { subject: "nothing", legs: 99 } }, fields, labels), {});
  assert.deepEqual(pathTo("horse", labels), ["mammal", "horse"]);
});

test("a proposal that is kept is the suggestion's, a changed one is edited, the rest is by hand", () => {
  const mine = store({ payload: { proposed: { subject: "thing", legs: 4 } } });
  mine.set("legs", 6);
  mine.set("remark", "ok");
  const sources = Object.fromEntries(mine.answer().fields.map((part) => [part.field, part.provenance.source]));
  assert.deepEqual(sources, { subject: "suggestion", legs: "edited", remark: "human" });
});

test("a draft is taken up again, less what the fields don't take any more; the same work is the same list", () => {
  const answer = { fields: [{ field: "subject", value: "gone" }, { field: "legs", value: 2 }, { field: "remark", value: "hm" }] };
  const mine = store({ answer });
  assert.deepEqual(values(mine), { legs: 2, remark: "hm" });
  assert.equal(mine.answer().fields, mine.answer().fields);
});

test("no two actions share a key, whatever keys the labels ask for", () => {
  const asking = [..."srifkjzn123"].map((hotkey, i) => ({ key: `l${i}`, name: hotkey, hotkey }));
  const taken = [...studioBindings(), ...classificationBindings(true)];
  const map = createKeymap([...taken, ...choiceBindings(asking, taken)]);
  assert.equal(map.find({ key: "s" }), "skip");
  assert.equal(map.find({ key: "1" }), "label:l8");
  assert.equal(map.find({ key: "4" }), "digit:4");
});

// --- what the copilot offers -------------------------------------------------------------------------------------

const suggested = (extra = {}) => {
  const mine = store(extra);
  mine.receive({
    model: "minilm@2",
    classes: [
      { suggestion: "u-1", field: "subject", label: "animal", score: 0.9 },
      { suggestion: "u-2", field: "kind", label: "horse", score: null },
      { suggestion: "u-3", field: "subject", label: "water", score: 0.9 }, // no choice of that field
    ],
  });
  return mine;
};
const origin = (mine, key) => mine.answer().fields.find((part) => part.field === key).provenance;
const rejectedOf = (mine) => mine.state.rejected.map((one) => one.suggestion);

test("an offer for a shown, open field waits; one for a field that isn't asked yet doesn't", () => {
  const mine = suggested();
  assert.deepEqual(mine.pending().map((one) => one.suggestion), ["u-1"]);
  assert.equal(mine.accept().value, "animal");
  assert.deepEqual(mine.pending().map((one) => one.value), [["mammal", "horse"]]);
  assert.equal(mine.accept("kind").suggestion, "u-2");
  assert.deepEqual(values(mine), { subject: "animal", kind: ["mammal", "horse"] });
  assert.deepEqual(origin(mine, "kind"), { source: "suggestion", suggestion: "u-2", model: "minilm@2" });
  assert.equal(mine.accept(), null);
});

test("to choose what is offered takes it, to choose otherwise rejects it, and the mind may change", () => {
  const mine = suggested();
  mine.choose(fields[0], "animal");
  assert.equal(origin(mine, "subject").suggestion, "u-1");
  mine.undo();
  mine.choose(fields[0], "thing");
  assert.deepEqual([origin(mine, "subject").source, rejectedOf(mine)], ["human", ["u-1"]]);
  mine.choose(fields[0], "animal");
  assert.deepEqual([origin(mine, "subject").source, rejectedOf(mine)], ["suggestion", []]);
});

test("what was taken and then changed is edited; emptied, it is rejected", () => {
  const mine = suggested();
  mine.accept();
  mine.choose(fields[0], "thing");
  assert.deepEqual(origin(mine, "subject"), { source: "edited", suggestion: "u-1", model: "minilm@2" });
  mine.set("subject", undefined);
  assert.deepEqual([values(mine), rejectedOf(mine), mine.pending()], [{}, ["u-1"], []]);
});

test("a rejection is one step to undo, and the offer waits again", () => {
  const mine = suggested();
  assert.equal(mine.reject().suggestion, "u-1");
  assert.deepEqual([mine.pending(), mine.offered().map((one) => one.suggestion)], [[], ["u-2"]]);
  mine.undo();
  assert.equal(mine.pending().length, 1);
});

test("what was answered before the offer came is the person's own", () => {
  const mine = store();
  mine.choose(fields[0], "animal");
  mine.receive({ model: "m@1", classes: [{ suggestion: "u-1", field: "subject", label: "animal", score: 1 }] });
  assert.deepEqual([mine.pending(), origin(mine, "subject").source, rejectedOf(mine)], [[], "human", []]);
});

test("words that a model wrote for a field are taken under its own name, and what is changed is edited", () => {
  const mine = store();
  const written = { suggestion: "w-1", field: "remark", label: "Two horses", score: null, model: "scribe@1" };
  mine.receive({ model: "minilm@2", classes: [written, { ...written, suggestion: "w-2", label: "far too long for it" }] });
  assert.deepEqual(mine.pending().map((one) => one.suggestion), ["w-1"]);
  mine.accept("remark");
  assert.deepEqual(origin(mine, "remark"), { source: "suggestion", suggestion: "w-1", model: "scribe@1" });
  mine.type("remark", "Two mares");
  assert.equal(origin(mine, "remark").source, "edited");
});

test("a draft remembers what was taken and rejected", () => {
  const mine = suggested();
  mine.accept();
  mine.reject("kind");
  const again = suggested({ answer: mine.answer(), rejected: mine.state.rejected });
  assert.deepEqual([again.pending(), rejectedOf(again)], [[], ["u-2"]]);
  assert.deepEqual(origin(again, "subject"), { source: "suggestion", suggestion: "u-1", model: "minilm@2" });
  again.choose(fields[0], "thing");
  assert.equal(origin(again, "subject").source, "edited");
});

test("a field that the task itself proposes gets no second guess", () => {
  assert.deepEqual(suggested({ payload: { proposed: { subject: "thing" } } }).pending(), []);
});

test("a label keeps the key that accepting would have; Shift with it accepts then", () => {
  const taken = [...studioBindings(), ...classificationBindings(false)];
  const own = [...taken, ...choiceBindings([{ key: "angry", name: "Angry", hotkey: "a" }], taken)];
  const map = createKeymap([...own, ...offerBindings(own)]);
  assert.deepEqual([map.find({ key: "a" }), map.find({ key: "A", shiftKey: true }), map.find({ key: "x" })], ["label:angry", "accept", "reject"]);
  assert.equal(map.shown("accept"), "Shift A");
});

// --- the grid ----------------------------------------------------------------------------------------------------

const field = { key: "label", name: "Label", kind: "choice", required: true };
const two = [label("good"), label("bad")];
const tile = (id, proposed) => ({ id, task: { payload: proposed ? { proposed: { "": proposed } } : {} } });
const tiles = [tile("a", "good"), tile("b", "good"), tile("c", "bad"), tile("d")];
const grid = (extra = {}) => createGridStore({ field, labels: two, tiles, answer: null, ...extra });

test("a grid begins with what is proposed; one that is flipped and flipped back is as proposed", () => {
  const mine = grid();
  assert.deepEqual(mine.open(), ["d"]);
  mine.flip("a");
  assert.equal(mine.valueOf("a"), "bad");
  assert.equal(mine.answer().tiles.a.fields[0].provenance.source, "edited");
  mine.flip("a");
  assert.equal(mine.answer().tiles.a.fields[0].provenance.source, "suggestion");
});

test("the rest is filled in with the commonest label in one step", () => {
  const mine = grid();
  assert.equal(mine.commonest(), "good");
  assert.equal(mine.fill(mine.commonest()), 1);
  assert.equal(mine.answer().tiles.d.fields[0].provenance.source, "human");
  mine.history.undo();
  assert.deepEqual(mine.open(), ["d"]);
});

test("undo and redo say which tile they changed, the first of several", () => {
  const mine = grid();
  mine.flip("c");
  mine.fill("good");
  assert.deepEqual([mine.undo(), mine.undo(), mine.undo()], ["d", "c", null]);
  assert.deepEqual([mine.redo(), mine.redo(), mine.redo()], ["c", "d", null]);
});

test("a tile that stays is the same object, so that a draft is a small delta", async () => {
  const sent = [];
  const api = createGridApi({ send: async (method, path, body) => (sent.push(body), { version: sent.length }) });
  const mine = grid();
  const one = { token: "t" };
  await api.draft(one, 0, mine.answer());
  mine.flip("b");
  await api.draft(one, 1, mine.answer());
  assert.deepEqual(sent.map((body) => Object.keys(body.answer.tiles)), [["a", "b", "c", "d"], ["b"]]);
});

test("a draft that could not be sent is sent with the next one", async () => {
  const sent = [];
  let away = true;
  const send = async (method, path, body) => {
    if (away) throw new Error("offline");
    sent.push(body);
    return { version: 1 };
  };
  const api = createGridApi({ send });
  const mine = grid();
  mine.flip("a");
  await assert.rejects(api.draft({ token: "t" }, 0, mine.answer()));
  away = false;
  mine.flip("b");
  await api.draft({ token: "t" }, 0, mine.answer());
  assert.equal(sent[0].answer.tiles.a.fields[0].value, "bad");
  assert.equal(sent[0].answer.tiles.b.fields[0].value, "bad");
});

test("a grid's draft is taken up again, less what is not on the screen any more", () => {
  const answer = { tiles: { a: { fields: [{ field: "label", value: "bad" }] }, z: { fields: [] } } };
  const mine = grid({ answer });
  assert.equal(mine.valueOf("a"), "bad");
  assert.equal(mine.valueOf("b"), "good");
  assert.deepEqual(Object.keys(mine.answer().tiles), ["a", "b", "c", "d"]);
});
