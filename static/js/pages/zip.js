/** Files as one zip, in which they lie as they are: no copy of them is made before it is sent. After PKWARE's APPNOTE. */

export const MOST_FILES = 65_534;
export const MOST_BYTES = 2 ** 32 - 1;
const PIECE = 4 * 1024 * 1024;
const [HEAD, LISTED, END] = [30, 46, 22]; // bytes before a file, of it in the list, and at the list's end; without names
const UTF8 = 0x0800;
const DAY = 33; // the first of 1980: the same files make the same zip

const TABLE = Uint32Array.from({ length: 256 }, (_none, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/**
 * The CRC-32 of a file, read piece by piece.
 * @param {Blob} file
 */
export async function checksum(file) {
  let crc = 0xffffffff;
  for (let at = 0; at < file.size; at += PIECE) {
    for (const byte of new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer())) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * How large their zip will be: told before any of them is read.
 * @param {Array<{path: Uint8Array, file: Blob}>} entries
 */
function sizeOf(entries) {
  return entries.reduce((sum, { path, file }) => sum + HEAD + LISTED + 2 * path.length + file.size, END);
}

/**
 * These files under these names as a zip; null where they are more than a plain zip takes, or than `most` bytes.
 * @param {Array<{name: string, file: Blob}>} given
 * @param {number} most
 * @returns {Promise<Blob | null>}
 */
export async function zipOf(given, most = MOST_BYTES) {
  const entries = given.map(({ name, file }) => ({ path: new TextEncoder().encode(name), file }));
  if (entries.length > MOST_FILES || sizeOf(entries) > Math.min(most, MOST_BYTES)) return null;
  /** @type {BlobPart[]} */
  const parts = [];
  const list = [];
  let at = 0;
  for (const { path, file } of entries) {
    const told = numbers([2, UTF8], [2, 0], [2, 0], [2, DAY], [4, await checksum(file)], [4, file.size], [4, file.size], [2, path.length], [2, 0]);
    const head = [numbers([4, 0x04034b50], [2, 20]), told, path];
    list.push(numbers([4, 0x02014b50], [2, 20], [2, 20]), told, numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, at]), path);
    parts.push(...head, file);
    at += HEAD + path.length + file.size;
  }
  const size = list.reduce((sum, piece) => sum + piece.length, 0);
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, size], [4, at], [2, 0]);
  return new Blob([...parts, ...list, end], { type: "application/zip" });
}

/**
 * Numbers as bytes, the lowest first.
 * @param {Array<[number, number]>} values How many bytes, and the number.
 */
function numbers(...values) {
  return Uint8Array.from(values.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_none, at) => (value >>> (8 * at)) & 0xff)));
}
