import assert from "node:assert/strict";
import { test } from "node:test";
import { blockAt, blocksOf, goesOn } from "../../static/js/studio/text/blocks.js";
import { edgeRunsLeft, paragraphRunsLeft, runsBothWays } from "../../static/js/studio/shared/text_direction.js";
import { occurrencesOf } from "../../static/js/studio/text/occurrences.js";
import { charactersOf, snap, tokensOf } from "../../static/js/studio/text/tokens.js";

const cut = (text, parts) => parts.map(({ start, end }) => text.slice(start, end));

test("blocks cover a text without a gap and end with lines", () => {
  const text = Array.from({ length: 500 }, (_, i) => `Line ${i} of the text.`).join("\n");
  const blocks = blocksOf(text);
  assert.equal(cut(text, blocks).join(""), text);
  for (const { end } of blocks.slice(0, -1)) assert.equal(text[end - 1], "\n");
  assert.ok(blocks.length < 20, String(blocks.length));
  assert.deepEqual(blocksOf(""), [{ start: 0, end: 0, rows: 1 }]);
});

test("a paragraph without an end is cut after a sentence, a blank, or between two characters", () => {
  for (const unit of ["A sentence of it. ", "word ", "汉", "e\u0301", "👩‍💻"]) {
    const text = unit.repeat(Math.ceil(20_000 / unit.length));
    const blocks = blocksOf(text);
    assert.equal(cut(text, blocks).join(""), text);
    assert.ok(blocks.every(({ start, end }) => end > start && end - start <= 4000));
    for (const { start } of blocks) assert.equal(start % unit.length, 0, unit);
  }
});

test("a paragraph that is cut keeps to blocks of its own", () => {
  const text = `${"word ".repeat(1700)}\n${"Line.\n".repeat(300)}`;
  const blocks = blocksOf(text);
  assert.equal(cut(text, blocks).join(""), text);
  const later = blocks.filter(({ start }) => goesOn(text, start));
  assert.equal(later.length, 2);
  assert.equal(later.at(-1).end, 1700 * 5 + 1);
  for (const { start, end } of later) assert.doesNotMatch(text.slice(start, end - 1), /\n/);
});

test("a text of nothing but line ends is a few blocks", () => {
  const text = "\n".repeat(100_000);
  assert.equal(cut(text, blocksOf(text)).join(""), text);
  assert.ok(blocksOf(text).length < 200);
});

test("a place at a border belongs to the block that is asked for", () => {
  const blocks = [{ start: 0, end: 10 }, { start: 10, end: 20 }, { start: 20, end: 25 }];
  assert.deepEqual([0, 9, 10, 24, 25].map((at) => blockAt(blocks, at, true)), [0, 0, 1, 2, 2]);
  assert.deepEqual([0, 10, 11, 20, 25].map((at) => blockAt(blocks, at, false)), [0, 0, 1, 1, 2]);
});

test("occurrences are whole words, unless letters are asked for", () => {
  const text = "Bo met Bo. Bobcats. Bo-Peep BoBo";
  const words = tokensOf(text);
  assert.deepEqual(occurrencesOf(text, "Bo", words).map((one) => one.start), [0, 7]);
  assert.equal(occurrencesOf(text, "Bo", null).length, 6);
  assert.deepEqual(occurrencesOf("aaaa", "aa", null), [{ start: 0, end: 2 }, { start: 2, end: 4 }]);
  assert.deepEqual(occurrencesOf(text, "  ", null), []);
  assert.deepEqual(occurrencesOf(text, "nowhere", words), []);
});

test("an emoji with its joiners is one token, and so is a Persian word", () => {
  const text = "👩‍💻👍🏽🇩🇪 می\u200cخواهم";
  assert.deepEqual(cut(text, tokensOf(text)), ["👩‍💻", "👍🏽", "🇩🇪", "می\u200cخواهم"]);
});

test("words of scripts without blanks are cut by the dictionary", () => {
  const text = "我喜欢北京";
  const words = cut(text, tokensOf(text));
  assert.ok(words.length > 1, words.join("|"));
  assert.equal(words.join(""), text);
});

test("a character keeps its accents, and half of one is widened to it", () => {
  const text = "Jose\u0301 x";
  const characters = charactersOf(text);
  assert.deepEqual(cut(text, characters), ["J", "o", "s", "e\u0301", "x"]);
  assert.deepEqual(snap(characters, 2, 4), { start: 2, end: 5 });
  assert.equal(snap(characters, 5, 6), null);
});

test("a place knows which way it runs", () => {
  const text = "Ada said שלום עולם.\nשלום Ada";
  assert.equal(paragraphRunsLeft(text, 3), false);
  assert.equal(paragraphRunsLeft(text, 22), true);
  assert.equal(edgeRunsLeft(text, { start: 9, end: 13 }, "start"), true);
  assert.equal(edgeRunsLeft(text, { start: 4, end: 13 }, "start"), false);
  assert.equal(edgeRunsLeft(text, { start: 4, end: 13 }, "end"), true);
  assert.equal(edgeRunsLeft(text, { start: 18, end: 19 }, "end"), false);
  assert.deepEqual([runsBothWays(text), runsBothWays("Ada said 李小龍.")], [true, false]);
});

test("characters of a long text are those that the whole has, wherever it is cut into pieces", () => {
  for (const unit of ["e\u0301", "👩‍💻", "🇫🇷", "한", "क्षि", "\r\n", "ab 汉😀"]) {
    const text = `x${unit.repeat(Math.ceil(5000 / unit.length))}`;
    const whole = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)].map((one) => one.segment);
    assert.deepEqual(cut(text, charactersOf(text)), whole.filter((one) => one.trim()), unit);
  }
});

test("words of a long text without blanks come in no more time than its length asks for", () => {
  const unit = "今天我们在北京参加会议";
  const text = unit.repeat(2000);
  const words = cut(text, tokensOf(text));
  assert.equal(words.join(""), text);
  assert.ok(words.length > 8000 && words.every((word) => word.length <= 4), String(words.length));
});
