import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { decodeLarge, sizesOf } from "../../static/js/studio/image/large.js";

const SIZE = { width: 8001, height: 5000 };
const before = { fetch: globalThis.fetch, createImageBitmap: globalThis.createImageBitmap };
let memory = 0; // pixels that the browser has room for

beforeEach(() => {
  memory = Infinity;
  globalThis.fetch = async () => new Response("a picture");
  globalThis.createImageBitmap = async (_file, { resizeWidth = SIZE.width, resizeHeight = SIZE.height }) => {
    if (resizeWidth * resizeHeight > memory) throw new RangeError("no room");
    return { width: resizeWidth, height: resizeHeight };
  };
});
afterEach(() => Object.assign(globalThis, before));

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("sizes are halves of each other, the coarsest first, the whole last", () => {
  const sizes = sizesOf(SIZE, 2_000_000);
  assert.deepEqual(sizes.at(-1), SIZE);
  assert.deepEqual(sizes.map(({ width }) => width), [1001, 2001, 4001, 8001]);
  assert.deepEqual(sizesOf({ width: 100, height: 50 }, 2_000_000), [{ width: 100, height: 50 }]);
});

test("the coarsest comes first, and the finer ones behind it", async () => {
  const widths = [];
  await decodeLarge("picture", SIZE, 2_000_000, ({ width }) => widths.push(width) > 0);
  assert.equal(widths[0], 1001);
  await settled();
  assert.deepEqual(widths, [1001, 2001, 4001, 8001]);
});

test("nothing more is decoded once the task is left", async () => {
  const widths = [];
  await decodeLarge("picture", SIZE, 2_000_000, ({ width }) => widths.push(width) < 2);
  await settled();
  assert.deepEqual(widths, [1001, 2001]);
});

test("without editor for the whole the coarser sizes stay; without the file it fails", async () => {
  memory = 12_000_000;
  const widths = [];
  await decodeLarge("picture", SIZE, 2_000_000, ({ width }) => widths.push(width) > 0);
  await settled();
  assert.deepEqual(widths, [1001, 2001, 4001]);
  globalThis.fetch = async () => new Response("", { status: 404 });
  await assert.rejects(decodeLarge("picture", SIZE, 2_000_000, () => true), /404/);
});
