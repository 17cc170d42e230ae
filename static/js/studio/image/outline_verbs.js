/** What the image store can do with boxes, polygons, lines and points. */
import { boxShape, distinct, faultOf, handlesOf, movedBy, placed, pointShape, withCorner, withHandle, withoutCorner } from "./outlines.js";
import { movedMask } from "./mask_parts.js";
import { say } from "../shared/words.js";

/** @param {any} core the store's inner parts; see image/store.js */
export function outlineVerbs({ now, open, put, reshape, history, size, choose, handle, fill }) {
  /** The open region with another outline; false when it would cross itself. */
  function redrawn(shape, name, run) {
    if (shape.type === "polygon" && faultOf("polygon", shape.points)) return false;
    return reshape(open().id, shape, name, run);
  }

  /** All of a shape elsewhere, as far as it stays in the image. */
  const elsewhere = (shape, dx, dy) => (shape.type === "mask" ? movedMask(shape, dx, dy, size) : movedBy(shape, dx, dy, size));
  const outlined = () => (open() && open().shape.type !== "mask" ? open() : null);
  const cornered = () => (outlined()?.shape.points ? outlined() : null);

  return {
    drawBox(box) {
      return box[2] > 0 && box[3] > 0 && put(boxShape(box), say("Box"));
    },
    putPoint: (at) => put(pointShape(placed(at, size)), say("Point")),
    /** Whether a keypoint can be seen or is behind something. */
    turnVisible() {
      const region = outlined();
      if (region?.shape.type !== "point") return false;
      return reshape(region.id, { ...region.shape, visible: !region.shape.visible }, say("Visibility"));
    },
    /** One more place of the polygon, line or (by keyboard) mask outline that is being placed; begins one. */
    addPlace(type, at) {
      const { outline } = now();
      const points = outline?.type === type ? outline.points : [];
      const next = distinct([...points, placed(at, size)]);
      if (next.length > points.length) history.push({ ...now(), outline: { type, points: next } }, say("Place"));
      return true;
    },
    dropPlace() {
      const { outline } = now();
      if (!outline) return false;
      const points = outline.points.slice(0, -1);
      history.push({ ...now(), outline: points.length ? { ...outline, points } : null }, say("Place"));
      return true;
    },
    /**
     * @param {0|1} [value] 0: what a mask's outline encloses is taken away
     * @returns {""|"few"|"crossing"|"label"|"hollow"|"nothing"} why the outline can't be finished; "" when it is
     */
    finishOutline(value = 1) {
      const { type, points } = now().outline;
      const fault = type === "lasso" && points.length > 2 ? "" : faultOf(type, points);
      if (fault) return fault;
      if (type === "lasso") return fill(points, value, { outline: null }) ? "" : value ? "hollow" : "nothing";
      const name = type === "polygon" ? say("Polygon") : say("Line");
      return put({ type, points }, name, undefined, { outline: null }) ? "" : "label";
    },
    leaveOutline() {
      if (!now().outline) return false;
      history.push({ ...now(), outline: null }, say("Leave the outline"));
      return true;
    },
    /** The region in hand by (dx, dy) pixels, or only the handle that is chosen. @returns {boolean} */
    nudge(dx, dy) {
      const region = open();
      if (!region) return false;
      const run = `nudge ${region.id} ${handle()}`;
      if (handle() === null) return redrawn(elsewhere(region.shape, dx, dy), say("Move"), run);
      const [x, y] = handlesOf(region.shape)[handle()];
      return redrawn(withHandle(region.shape, handle(), [x + dx, y + dy], size), say("Change"), run);
    },
    /** The lower right corner of a box by (dx, dy) pixels. @returns {boolean} */
    grow(dx, dy) {
      const region = outlined();
      if (region?.shape.type !== "box") return false;
      const { x, y, width, height } = region.shape;
      return reshape(region.id, withHandle(region.shape, 4, [x + width + dx, y + height + dy], size), say("Size"), `grow ${region.id}`);
    },
    moveBy: (dx, dy) => Boolean(open()) && redrawn(elsewhere(open().shape, dx, dy), say("Move")),
    pull: (index, at) => Boolean(outlined()) && redrawn(withHandle(outlined().shape, index, at, size), say("Change")),
    /** A new corner behind another: where it is said, or half way to the next. */
    insertCorner(index = handle() ?? 0, at = null) {
      const region = cornered();
      if (!region) return false;
      const { points } = region.shape;
      const next = points[(index + 1) % points.length];
      const where = at ?? [(points[index][0] + next[0]) / 2, (points[index][1] + next[1]) / 2];
      if (!redrawn(withCorner(region.shape, index, where, size), say("Add a corner"))) return false;
      choose(index + 1);
      return true;
    },
    /** @returns {boolean} false when too few corners would be left */
    removeCorner(index = handle()) {
      const region = cornered();
      const shape = region && index !== null && withoutCorner(region.shape, index);
      if (!shape || !redrawn(shape, say("Remove a corner"))) return false;
      choose(null);
      return true;
    },
    /** Choose the next handle of the region in hand; after the last one none. @returns {number|null} */
    stepHandle(by) {
      const region = outlined();
      if (!region || region.shape.type === "point") return null;
      const count = handlesOf(region.shape).length;
      const next = handle() === null ? (by > 0 ? 0 : count - 1) : handle() + by;
      choose(next >= 0 && next < count ? next : null);
      return handle();
    },
    chooseHandle: choose,
  };
}
