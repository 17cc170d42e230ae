/** What is done to several regions at once, and copies of them: plain values, each time a new list. */
import { movedBy, outlineBounds } from "./outlines.js";
import { byHand, changed, nextId } from "../shared/provenance.js";
import { boxOf, cropMask, encodeWindow } from "../shared/rle.js";

export const MOST = 1000; // regions of a task

/** Another label for all of these that take it. @param {(region: any) => boolean} may @returns {any[]} */
export function relabelled(regions, label, may) {
  return regions.map((region) => (may(region) && region.label !== label ? { ...region, label, provenance: changed(region.provenance) } : region));
}

/**
 * Copies as they would be in an image of this size: what doesn't fit is left out.
 * @param {any[]} regions @param {{width: number, height: number}} from the image that they are of
 * @param {{width: number, height: number}} size
 */
export function fitting(regions, from, size) {
  const same = from.width === size.width && from.height === size.height;
  return regions.filter(({ shape }) => {
    if (same) return true;
    if (shape.type === "mask") return false;
    const [left, top, width, height] = outlineBounds(shape);
    return left + width <= size.width && top + height <= size.height;
  });
}

/**
 * Regions with copies at the end: with ids of their own, as a person's own work.
 * @param {any[]} regions @param {any[]} copies @param {{size: any, shift?: number}} terms shift: by so many
 *   pixels to the right and down, or the other way where there is no room
 * @returns {{regions: any[], ids: string[]}}
 */
export function withCopies(regions, copies, { size, shift = 0 }) {
  const first = Number(nextId(regions, "r").slice(1));
  const made = copies.map(({ label, shape, attributes, provenance: { untouched } = {} }, i) => ({
    id: `r${first + i}`, label, shape: shift ? shifted(shape, shift, size) : shape, attributes: { ...attributes }, provenance: { ...byHand(), ...(untouched && { untouched }) },
  }));
  return { regions: [...regions, ...made], ids: made.map(({ id }) => id) };
}

/** A shape beside where it was, within the image. */
export function shifted(shape, by, size) {
  const [left, top, width, height] = shape.type === "mask" ? boxOf(shape) : outlineBounds(shape);
  const dx = left + width + by <= size.width ? by : -Math.min(by, left);
  const dy = top + height + by <= size.height ? by : -Math.min(by, top);
  if (shape.type !== "mask") return movedBy(shape, dx, dy, size);
  const { data } = cropMask(shape, [left, top, width, height]);
  return { type: "mask", ...encodeWindow({ width, height, data }, [left + dx, top + dy], size) };
}
