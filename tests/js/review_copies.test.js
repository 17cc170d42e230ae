import assert from "node:assert/strict";
import { test } from "node:test";
import { createCopies } from "../../static/js/review/copies.js";
import { createCombining } from "../../static/js/review/combining.js";
import { linesOfWork } from "../../static/js/review/copy_preview.js";
import { keptWork } from "../../static/js/review/kept_work.js";
import { createLeftEdits } from "../../static/js/review/left_edits.js";
import { inMemory } from "../../static/js/studio/shell/local_store.js";

/** A review of which the server has another copy, and somebody who answers the dialog like this, one after another. */
function twoCopies(...answers) {
  const [notes, calls, localStore, shown] = [new Map(), [], inMemory(), []];
  let seen = { note: "mine" };
  const drafts = { keepMine: (version) => calls.push(["keepMine", version]), takeTheirs: (version) => calls.push(["takeTheirs", version]), change: ({ answer }) => calls.push(["change", answer.note]) };
  const copies = createCopies({
    ask: async () => ({ answer: answers.shift() }), preview: (...both) => shown.push(both.map(({ work }) => work.note)), localStore, key: "r1", drafts: () => drafts, work: () => seen, open: (work) => (seen = work),
    notes: { show: (key, note) => notes.set(key, note), clear: (key) => notes.delete(key) },
  });
  return { copies, notes, calls, localStore, shown, seen: () => seen.note };
}
const THEIRS = { version: 4, answer: { note: "theirs" } };

test("closing the question chooses nothing and sends nothing; it can be asked again", async () => {
  const { copies, notes, calls, shown, seen } = twoCopies("", "mine");
  await copies.conflict(THEIRS);
  assert.deepEqual([calls, seen(), notes.get("conflict").verb], [[], "mine", "Choose"]);
  await notes.get("conflict").onVerb();
  assert.deepEqual([calls, notes.has("conflict")], [[["keepMine", 4]], false]);
  assert.deepEqual(shown, [["mine", "theirs"], ["mine", "theirs"]], "each time with both copies");
});

test("each copy says what its reviewer was at", () => {
  const answers = [{ id: "a", name: "Answer A" }];
  assert.deepEqual(linesOfWork({ picks: [0, null, null], note: " look " }, answers), ["Combined, 2 parts are open", "Note: look"]);
  assert.deepEqual(linesOfWork({ base: "a", note: "" }, answers), ["Edited, begun with Answer A", "No note"]);
  assert.deepEqual([{ base: null }, { picks: [0] }, { combined: [0] }].map((work) => linesOfWork(work, answers)[0]), ["Edited", "Combined", "The answers are compared"]);
});

test("what was combined is kept while the answers are looked at again and a note is written, and is gone on with", () => {
  const answers = ["person", "place"].map((label) => ({ answer: { spans: [{ id: "s1", start: 0, end: 4, label }] }, agreement: 0, changed: false }));
  const combining = () => createCombining({ matches: [[[0, 0], [1, 0]]], answers, blind: false, panel: null });
  const first = combining();
  first.recall([1]);
  const kept = keptWork({ note: "look", edited: null, combining: first, inSight: false, left: [] });
  assert.deepEqual(kept, { note: "look", combined: [1] });
  const second = combining();
  second.recall(kept.combined);
  assert.deepEqual([second.begun, second.picks, second.answerOf([1]).spans[0].label], [true, [1], "place"]);
  assert.deepEqual(keptWork({ note: "", edited: { spans: [], base: null }, combining: second, inSight: false, left: [] }), { note: "", spans: [], base: null, combined: [1] });
  second.recall(undefined);
  assert.equal(second.begun, false);
});

test("the copy that wasn't chosen is kept, over a reload too, and comes back in the place of the other", async () => {
  const { copies, notes, calls, localStore, seen } = twoCopies("theirs");
  await copies.conflict(THEIRS);
  assert.deepEqual([seen(), calls], ["theirs", [["takeTheirs", 4]]]);
  notes.clear("other");
  await copies.recall();
  await notes.get("other").onVerb();
  assert.deepEqual([seen(), calls.at(-1)], ["mine", ["change", "mine"]]);
  assert.deepEqual((await localStore.read("r1 other")).copies, [{ note: "theirs" }]);
});

test("an edited answer that was left is gone on with where the same is edited again, and nowhere else", () => {
  const answer = (words) => ({ spans: [{ id: words }] });
  const left = createLeftEdits();
  left.keep({ base: "a", start: answer("of a"), answer: answer("edited") });
  left.keep({ base: null, start: null, answer: answer("fresh") });
  left.keep({ base: "a", start: answer("of a"), answer: answer("edited again") });
  assert.deepEqual(left.of("a", answer("of a")).answer, answer("edited again"));
  assert.deepEqual(left.of(null, null).answer, answer("fresh"));
  assert.equal(left.of(null, answer("combined")), null, "what was combined isn't what was begun afresh");
  assert.equal(left.of("b", answer("of b")), null);
  const kept = createLeftEdits(JSON.parse(JSON.stringify(left.all)));
  kept.drop("a", answer("of a"));
  assert.deepEqual([kept.of("a", answer("of a")), kept.all.length], [null, 1]);
});
