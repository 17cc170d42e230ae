/** Text cut where spans begin and end, so that overlapping ones can be shown: pure, in code points. */

/**
 * @param {string} text
 * @param {{start: number, end: number, label: string}[]} spans
 * @returns {{text: string, labels: string[], opens: string[]}[]} pieces in order; `opens` are labels that begin here
 */
export function segmentsOf(text, spans) {
  const letters = Array.from(text);
  const cuts = new Set([0, letters.length]);
  for (const span of spans) {
    cuts.add(span.start);
    cuts.add(span.end);
  }
  const places = [...cuts].filter((place) => place >= 0 && place <= letters.length).sort((a, b) => a - b);
  const pieces = [];
  for (let index = 0; index + 1 < places.length; index += 1) {
    const [start, end] = [places[index], places[index + 1]];
    const over = spans.filter((span) => span.start <= start && span.end >= end);
    pieces.push({
      text: letters.slice(start, end).join(""),
      labels: over.map((span) => span.label),
      opens: over.filter((span) => span.start === start).map((span) => span.label),
    });
  }
  return pieces;
}

/**
 * Which pixels of a small picture lie on a mask of the large one.
 * @param {{height: number, width: number, data: Uint8Array}} bitmap of the large picture, row by row
 * @param {number} width of the small picture
 * @param {number} height of the small picture
 * @returns {Uint8Array} 0 or 1, row by row
 */
export function shrunk(bitmap, width, height) {
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const row = Math.min(bitmap.height - 1, Math.floor(((y + 0.5) * bitmap.height) / height)) * bitmap.width;
    for (let x = 0; x < width; x += 1) {
      const column = Math.min(bitmap.width - 1, Math.floor(((x + 0.5) * bitmap.width) / width));
      out[y * width + x] = bitmap.data[row + column];
    }
  }
  return out;
}

/** @param {string} colour "#rrggbb" @returns {[number, number, number]} */
export function channels(colour) {
  const number = Number.parseInt(colour.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}
