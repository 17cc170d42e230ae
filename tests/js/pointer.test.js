import assert from "node:assert/strict";
import { test } from "node:test";
import { slideSense } from "../../static/js/studio/shared/pointer.js";

const wheel = { deltaMode: 0, deltaX: 0, deltaY: 100, wheelDeltaY: -120, ctrlKey: false, timeStamp: 0 };

test("a wheel zooms, two fingers on a trackpad move the view, and a pinch zooms", () => {
  const fingers = { ...wheel, deltaX: 1, deltaY: 4, wheelDeltaY: -12 };
  assert.equal(slideSense()(wheel), false);
  assert.equal(slideSense()({ ...wheel, deltaY: 53, wheelDeltaY: -120 }), false, "Chrome under Linux");
  assert.equal(slideSense()({ ...wheel, deltaMode: 1, deltaY: 3, wheelDeltaY: undefined }), false, "Firefox, by lines");
  assert.equal(slideSense()(fingers), true);
  assert.equal(slideSense()({ ...fingers, deltaX: 0 }), true);
  assert.equal(slideSense()({ ...fingers, ctrlKey: true }), false);
});

test("a gesture stays what it began as", () => {
  const slides = slideSense();
  assert.equal(slides({ ...wheel, deltaY: 7, wheelDeltaY: -21 }), true);
  assert.equal(slides({ ...wheel, timeStamp: 16 }), true, "a fast slide passes through whole steps");
  assert.equal(slides({ ...wheel, timeStamp: 1000 }), false);
});
