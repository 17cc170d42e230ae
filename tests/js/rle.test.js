import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as rle from "../../static/js/studio/shared/rle.js";

const cases = JSON.parse(readFileSync(new URL("../fixtures/rle.json", import.meta.url)));

for (const one of cases) {
  test(`${one.name}: decoded and encoded again it is pycocotools' own string`, () => {
    const bitmap = rle.decodeMask(one);
    assert.deepEqual(rle.encodeMask(bitmap), { size: one.size, counts: one.counts });
    assert.equal(rle.areaOf(one), one.area);
    if (one.area) assert.deepEqual(rle.boxOf(one), one.box);
    if (one.rows) {
      const rows = one.rows.join("");
      assert.equal(Array.from(bitmap.data).join(""), rows);
    }
  });
}

test("any small bitmap is encoded as a plain walk down its columns says", () => {
  let seed = 11;
  const chance = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  for (let n = 0; n < 2000; n += 1) {
    const [width, height, share] = [1 + Math.floor(chance() * 9), 1 + Math.floor(chance() * 9), chance()];
    const data = new Uint8Array(width * height).map(() => (chance() < share ? 1 : 0));
    const runs = [0];
    let current = 0;
    for (let x = 0; x < width; x += 1) {
      for (let y = 0; y < height; y += 1) {
        if (data[y * width + x] !== current) {
          runs.push(0);
          current ^= 1;
        }
        runs[runs.length - 1] += 1;
      }
    }
    assert.deepEqual(rle.runsOf({ width, height, data }), runs, `${width}×${height}: ${data}`);
    assert.deepEqual(rle.decodeMask(rle.encodeMask({ width, height, data })).data, data);
  }
});

test("nothing set has no box", () => {
  const empty = cases.find((one) => one.name === "empty");
  assert.deepEqual(rle.boxOf(empty), [0, 0, 0, 0]);
});

test("a crop holds what is set within its box", () => {
  const blobs = cases.find((one) => one.name === "two blobs");
  const whole = rle.decodeMask(blobs);
  const [x, y, width, height] = [20, 30, 40, 50];
  const crop = rle.cropMask(blobs, [x, y, width, height]);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      assert.equal(crop.data[row * width + column], whole.data[(y + row) * whole.width + x + column]);
    }
  }
});

test("broken run lengths are rejected, each with its reason", () => {
  const packed = (runs) => ({ size: [2, 2], counts: rle.packRuns(runs) });
  assert.throws(() => rle.decodeMask(packed([1, 2])), /shorter/);
  assert.throws(() => rle.decodeMask(packed([1, 9])), /longer/);
  assert.throws(() => rle.unpackRuns("o"), /middle of a number/);
});

/** All of a bitmap at another size, of which the window is what isn't empty. */
function resized(bitmap, height, width) {
  const { bits, box: [left, top] } = rle.resizedWindow(bitmap, height, width);
  const data = new Uint8Array(height * width);
  for (let y = 0; y < bits.height; y += 1) data.set(bits.data.subarray(y * bits.width, (y + 1) * bits.width), (top + y) * width + left);
  return { height, width, data };
}

test("a mask grown threefold keeps its form and its share of the image", () => {
  const blobs = cases.find((one) => one.name === "two blobs");
  const small = rle.decodeMask(blobs);
  const large = resized(small, small.height * 3, small.width * 3);
  const area = large.data.reduce((sum, value) => sum + value, 0);
  assert.ok(Math.abs(area / 9 - blobs.area) < blobs.area * 0.02, `${area / 9} beside ${blobs.area}`);
  const back = resized(large, small.height, small.width);
  const differing = back.data.reduce((sum, value, i) => sum + (value !== small.data[i]), 0);
  assert.ok(differing < blobs.area * 0.02, `${differing} pixels differ`);
});

test("two masks are put together as their pixels would be", () => {
  const [height, width] = [31, 23];
  for (let seed = 1; seed < 60; seed += 1) {
    let state = seed;
    const chance = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const share = [0, 0.03, 0.5, 1][seed % 4];
    const bits = () => ({ height, width, data: Uint8Array.from({ length: height * width }, () => (chance() < share || chance() < 0.1 ? 1 : 0)) });
    const [one, other] = [bits(), bits()];
    const [a, b] = [one, other].map(rle.encodeMask);
    const with_ = (value) => rle.encodeMask({ height, width, data: one.data.map((bit, i) => (value ? bit | other.data[i] : bit & ~other.data[i])) });
    assert.deepEqual(rle.mergeMasks(a, b, 1).mask, with_(1));
    assert.deepEqual(rle.mergeMasks(a, b, 0).mask, with_(0));
    assert.equal(rle.mergeMasks(a, b, 1).shared, one.data.filter((bit, i) => bit & other.data[i]).length);
  }
});

test("a thinned crop holds every second or third pixel", () => {
  const blobs = cases.find((one) => one.name === "two blobs");
  const whole = rle.decodeMask(blobs);
  for (const step of [2, 3]) {
    const [x, y, width, height] = [21, 30, 40, 47];
    const crop = rle.cropMask(blobs, [x, y, width, height], step);
    assert.deepEqual([crop.width, crop.height], [Math.ceil(width / step), Math.ceil(height / step)]);
    for (let row = 0; row < crop.height; row += 1) {
      for (let column = 0; column < crop.width; column += 1) {
        assert.equal(crop.data[row * crop.width + column], whole.data[(y + row * step) * whole.width + x + column * step]);
      }
    }
  }
});
