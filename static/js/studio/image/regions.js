/**
 * The regions of an image answer, as plain values: every change gives a new list, so that undo is a matter of
 * keeping the old one. Shapes are masks in COCO run lengths, or outlines; the two are told apart here and in
 * layers.js, nowhere else.
 * @typedef {{id: string, label: string, shape: any, attributes: any, provenance: any}} Region
 */
import { outlineBounds } from "./outlines.js";
import { byHand, changed, nextId } from "../shared/provenance.js";
import { areaOf, boxOf } from "../shared/rle.js";

/** @param {Region[]} regions @returns {{regions: Region[], id: string}} */
export function addRegion(regions, label, shape, provenance = byHand()) {
  const id = nextId(regions, "r");
  return { regions: [...regions, { id, label, shape, attributes: {}, provenance }], id };
}

/** @param {Region[]} regions @returns {Region[]} */
export function removeRegion(regions, id) {
  return regions.filter((region) => region.id !== id);
}

/** Another label for one region; the offer it came from then counts as edited. @returns {Region[]} */
export function relabelRegion(regions, id, label) {
  return regions.map((region) =>
    region.id === id && region.label !== label
      ? { ...region, label, provenance: changed(region.provenance) }
      : region,
  );
}

/** Another outline for one region. An emptied one is removed. @returns {Region[]} */
export function reshapeRegion(regions, id, shape) {
  if (isEmptyShape(shape)) return removeRegion(regions, id);
  return regions.map((region) =>
    region.id === id ? { ...region, shape, provenance: changed(region.provenance) } : region,
  );
}

export function isEmptyShape(shape) {
  return shape.type === "mask" && areaOf(shape) === 0;
}

/** @returns {[number, number, number, number]} x, y, width, height in image pixels */
export function boundsOf(shape) {
  return shape.type === "mask" ? boxOf(shape) : outlineBounds(shape);
}

/** One attribute of one region; left out when it is blank. @returns {Region[]} */
export function describeRegion(regions, id, key, value) {
  return regions.map((region) => {
    if (region.id !== id) return region;
    const { [key]: _, ...rest } = region.attributes;
    return { ...region, attributes: value === "" || value === null ? rest : { ...rest, [key]: value } };
  });
}

/** One region further to the front (+1) or to the back (-1). @returns {Region[]} the same list at the end of it */
export function shiftRegion(regions, id, by) {
  const at = regions.findIndex((region) => region.id === id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= regions.length) return regions;
  const rest = regions.toSpliced(at, 1);
  return rest.toSpliced(to, 0, regions[at]);
}

/** The region after or before one in the list, around the ends; null for an empty list. */
export function neighbour(regions, id, step) {
  if (!regions.length) return null;
  const at = regions.findIndex((region) => region.id === id);
  if (at < 0) return regions[step > 0 ? 0 : regions.length - 1].id;
  return regions[(at + step + regions.length) % regions.length].id;
}
