/**
 * A text cut into blocks that the browser lays out only while they are in sight: a few lines each, so that a hundred
 * thousand characters scroll as lightly as a page. The cuts lie after line ends; only a paragraph longer than LONGEST
 * is cut within, after a sentence or a blank, and then goes on on a new line, in blocks of its own to its end. Offsets
 * are UTF-16 units.
 */

const ENOUGH = 800; // characters after which a block ends with its line
const LONGEST = 4000;
const ACROSS = 80; // characters on a line, for guessing at a height that nobody has seen yet

/** @param {string} text @returns {{start: number, end: number, rows: number}[]} in order, covering the text */
export function blocksOf(text) {
  const blocks = [];
  let start = 0;
  while (start < text.length) {
    const end = endOf(text, start);
    blocks.push({ start, end, rows: rowsOf(text.slice(start, end)) });
    start = end;
  }
  return blocks.length ? blocks : [{ start: 0, end: 0, rows: 1 }];
}

/** Whether a block that starts here goes on with a paragraph that began in the one before. */
export function goesOn(text, start) {
  return start > 0 && text[start - 1] !== "\n";
}

function endOf(text, start) {
  const enough = goesOn(text, start) ? 1 : ENOUGH;
  if (text.length - start <= enough) return text.length;
  const piece = text.slice(start, start + LONGEST);
  const line = piece.indexOf("\n", enough - 1);
  if (line >= 0) return start + line + 1;
  if (start + LONGEST >= text.length) return text.length;
  const earlier = piece.lastIndexOf("\n", enough - 1);
  return start + (earlier > 0 ? earlier + 1 : cutOf(piece));
}

/** Where to cut within a paragraph: after its last sentence, else its last blank, else between two characters. */
function cutOf(piece) {
  const sentence = Math.max(piece.lastIndexOf(". "), piece.lastIndexOf("? "), piece.lastIndexOf("! ")) + 2;
  if (sentence > ENOUGH) return sentence;
  const blank = piece.lastIndexOf(" ") + 1;
  if (blank > ENOUGH) return blank;
  const tail = piece.length - 64;
  const characters = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(piece.slice(tail))];
  return tail + (characters.at(-1)?.index || 64);
}

function rowsOf(piece) {
  const lines = piece.replace(/\n$/, "").split("\n");
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / ACROSS)), 0);
}

/** Index of the block that holds an offset; at a border the later one if `forward`. */
export function blockAt(blocks, offset, forward) {
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (forward ? blocks[middle].end <= offset : blocks[middle].end < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
