import assert from "node:assert/strict";
import { test } from "node:test";
import { createTextStore } from "../../static/js/studio/text/store.js";
import { createMarking } from "../../static/js/studio/text/marking.js";

const TEXT = "Bo met Bobby; Bo left.";

/** A text with what is selected in it, and all that was said. */
function editor() {
  let selection = null;
  const told = [];
  const store = createTextStore({ answer: null, onChange() {} });
  const page = {
    selection: () => selection,
    select: (start, end) => (selection = { start, end, anchor: start, focus: end }),
    clear: () => (selection = null),
    rectsOf: () => [],
  };
  const same = ({ ...edges }) => edges;
  const marking = createMarking(TEXT, {
    store, page, picker: { show() {}, hide() {} }, nameOf: (label) => label.toUpperCase(),
    toPoints: same, toUnits: ({ start, end }) => ({ start, end }), pressed: () => false,
    announce: (words) => told.push(words), onModes() {}, onMarked() {},
  });
  const marked = () => store.answer().spans.map(({ start, end, label }) => [TEXT.slice(start, end), label]);
  return { store, page, marking, told, marked };
}

const DRAG = { altKey: false, target: {} };

test("a label marks the whole words of a selection, or its letters", () => {
  const { page, marking, marked } = editor();
  page.select(8, 10);
  marking.picked(DRAG);
  marking.label("person");
  page.select(8, 10);
  marking.picked({ ...DRAG, altKey: true });
  marking.label("place");
  assert.deepEqual(marked(), [["Bobby", "person"], ["ob", "place"]]);
});

test("a label that stays on marks each selection until its key comes again", () => {
  const { page, marking, marked, told } = editor();
  marking.label("person");
  assert.equal(marking.modes.sticky, "person");
  assert.equal(told.at(-1), "Each selection is now marked as PERSON.");
  page.select(0, 1);
  marking.picked(DRAG);
  assert.deepEqual(marked(), [["Bo", "person"]]);
  marking.picked({ target: {} }); // a click beside all marks
  marking.label("person");
  assert.equal(marking.modes.sticky, null);
});

test("every place that says the same is marked, within words only where letters are selected", () => {
  for (const [letters, found] of [[false, 2], [true, 3]]) {
    const { page, marking, marked, told } = editor();
    if (letters) marking.turnLetters();
    page.select(0, 2);
    marking.everywhere();
    assert.equal(told.at(-1), `Found ${found} times. A label's key marks them all.`);
    assert.equal(marking.modes.all, true);
    marking.label("person");
    assert.deepEqual(marked(), Array(found).fill(["Bo", "person"]));
    assert.equal(marking.one(), false, "the next one marks one again");
  }
});

test("an end of the current span goes word by word and stops at the text's ends", () => {
  const { store, page, marking, marked } = editor();
  page.select(3, 6);
  marking.label("verb");
  marking.moveEdge("end", 1);
  for (let times = 0; times < 3; times += 1) marking.moveEdge("start", -1);
  assert.deepEqual(marked(), [["Bo met Bobby", "verb"]]);
  store.select(null);
  marking.moveEdge("start", 1);
  assert.deepEqual(marked(), [["Bo met Bobby", "verb"]], "without a current span there is nothing to move");
  assert.deepEqual([marking.edgeAt(9, "start"), marking.edgeAt(9, "end")], [7, 12]);
});
