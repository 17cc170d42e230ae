"""What a file says of one picture, mark by mark: each is checked by itself, so that a bad one takes no good one along.

Shapes come as in docs/answers.md and leave in their canonical form. What reaches over the picture's edge is cut at it;
a polygon that crosses itself, or has several rings, becomes the mask of the same pixels.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco

from projects.data.reading.readers.homeless import Homeless
from projects.data.reading.rows import Fault, Said
from projects.errors import Refused
from projects.task_types import shape as check
from projects.task_types.answer_limits import MAX_REGIONS
from taskers.errors import sentence

REGIONS, CLASSES = "image_regions", "classification"
OVER = 1.0  # pixels beyond the edge that are rounding and no more
AROUND = 72  # corners of an ellipse
LONGEST_LABEL = 200
MOST_LOST = 200  # of one row; more are counted

Points = Sequence[Sequence[float]]


class Marks:
    """The marks of one picture, as they are read."""

    def __init__(self, task_type: str, place: str, width: int, height: int) -> None:
        self.lost: list[Fault] = []
        self.place = place
        self.width, self.height = width, height
        self.task_type = task_type
        self._regions: list[dict[str, Any]] = []
        self._classes: dict[str, list[Any]] = {}
        self._kinds: dict[str, str] = {}
        self._scores: list[float] = []
        self._homeless = Homeless()
        self._more_lost = 0

    def lose(self, place: str, code: str, text: str) -> None:
        """Tell what can't be kept."""
        if len(self.lost) < MOST_LOST:
            self.lost.append(Fault(f"{self.place}, {place}" if place else self.place, code, text))
        else:
            self._more_lost += 1

    def region(
        self, place: str, label: object, shape: Mapping[str, Any], attributes: object = None, score: object = None
    ) -> None:
        """A shape with a label."""
        if self.task_type != REGIONS:
            self._homeless.add("regions", place)
            return
        if len(self._regions) >= MAX_REGIONS:
            self.lose(
                place, "too-many-regions", sentence("An answer holds at most %(most)s regions.", most=MAX_REGIONS)
            )
            return
        try:
            name = label_of(label, place)
            checked = self._shape(dict(shape), place)
        except Refused as refused:
            self.lose(refused.place or place, refused.code, refused.sentence)
            return
        except (TypeError, KeyError, ValueError, OverflowError, IndexError):
            self.lose(place, "wrong-shape", "The coordinates are no such shape.")
            return
        kept = self._attributes(attributes, place)
        found = self._score(score, place)
        if found is not None:
            self._scores.append(found)
            kept.setdefault("score", round(found, 6))
        region = {"id": f"r{len(self._regions) + 1}", "label": name, "shape": checked}
        self._regions.append(region | ({"attributes": kept} if kept else {}))

    def mask(
        self, place: str, label: object, pixels: np.ndarray, attributes: object = None, score: object = None
    ) -> None:
        """A mask with a label, by its pixels (height × width, true where marked)."""
        if not pixels.any():
            self.lose(place, "empty-mask", "The mask marks no pixel.")
            return
        found = coco.encode(np.asfortranarray(pixels.astype(np.uint8)))
        shape = {"type": "mask", "size": list(pixels.shape), "counts": found["counts"].decode()}
        self.region(place, label, shape, attributes, score)

    def choose(self, place: str, label: object, field: str = "", kind: str = "choice", score: object = None) -> None:
        """A class of the whole picture: of this field, "" for the first that takes choices."""
        if self.task_type != CLASSES:
            self._homeless.add("classes of the whole picture", place)
            return
        try:
            name: Any = label_of(label, place) if kind in ("choice", "multiple") else label
        except Refused as refused:
            self.lose(place, refused.code, refused.sentence)
            return
        values = self._classes.setdefault(field, [])
        if name not in values:
            values.append(name)
        self._kinds[field] = kind
        found = self._score(score, place)
        if found is not None:
            self._scores.append(found)

    def said(self, by: str = "", score: float | None = None, predicted: bool = False) -> tuple[Said, ...]:
        """The answer that the marks make, which may be that there is nothing; none where there is only what the task
        type has no place for."""
        self._tell_homeless()
        answer: dict[str, Any] = {"regions": self._regions}
        if self.task_type == CLASSES:
            fields = [
                {
                    "field": field,
                    "value": values[0] if len(values) == 1 and self._kinds[field] != "multiple" else values,
                }
                | ({"kind": "text"} if self._kinds[field] == "text" else {})
                for field, values in self._classes.items()
            ]
            if not fields:
                return ()
            answer = {"fields": fields}
        surest = score if score is not None else min(self._scores, default=None)
        return (Said(answer, by, surest, predicted),)

    def _tell_homeless(self) -> None:
        for text in self._homeless.told():
            self.lose("", "no-place", text)
        if self._more_lost:
            text = sentence("More parts of this row that can't be kept either: %(number)s.", number=self._more_lost)
            self.lost.append(Fault(self.place, "more-lost", text))
            self._more_lost = 0

    def _shape(self, shape: dict[str, Any], place: str) -> dict[str, Any]:
        """The canonical shape, cut at the edge."""
        kind = shape["type"]
        if kind == "rings":
            return self._rings(shape["rings"], place)
        if kind == "box":
            shape = self._boxed(shape, place)
        elif kind in ("polygon", "polyline"):
            shape = shape | {"points": self._inside(shape["points"], place)}
        elif kind == "point":
            ((x, y),) = self._inside([[shape["x"], shape["y"]]], place)
            shape = shape | {"x": x, "y": y}
        payload = {"width": self.width, "height": self.height}
        try:
            return _canonical(kind, shape, payload, place)
        except Refused as refused:
            if kind == "polygon" and refused.code in ("crossing-polygon", "too-many-points"):
                return self._rings([shape["points"]], place)
            raise

    def _boxed(self, shape: Mapping[str, Any], place: str) -> dict[str, Any]:
        corners = [[shape["x"], shape["y"]], [shape["x"] + shape["width"], shape["y"] + shape["height"]]]
        (left, top), (right, bottom) = self._inside(corners, place)
        return {"type": "box", "x": left, "y": top, "width": right - left, "height": bottom - top}

    def _inside(self, points: Points, place: str) -> list[list[float]]:
        """The places, none of them beyond the edge. Raises Refused for what is no number."""
        found, furthest = [], 0.0
        for x, y in points:
            if not (
                isinstance(x, int | float) and isinstance(y, int | float) and math.isfinite(x) and math.isfinite(y)
            ):
                raise Refused("Infinity and NaN are no places.", code="not-a-number", place=place)
            inside = [min(max(x, 0), self.width), min(max(y, 0), self.height)]
            furthest = max(furthest, abs(inside[0] - x), abs(inside[1] - y))
            found.append(inside)
        if furthest > OVER:
            if all(p[0] in (0, self.width) or p[1] in (0, self.height) for p in found) and self._all_out(points):
                raise Refused("It lies outside the image.", code="outside-image", place=place)
            self.lose(place, "cut-at-edge", "It reached over the image's edge, and was cut at it.")
        return found

    def _all_out(self, points: Points) -> bool:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        return max(xs) <= 0 or max(ys) <= 0 or min(xs) >= self.width or min(ys) >= self.height

    def _rings(self, rings: Sequence[Points], place: str) -> dict[str, Any]:
        """One ring as a polygon where it is one, else the mask of all."""
        if len(rings) == 1 and len(rings[0]) <= 2000:
            try:
                return _canonical(
                    "polygon",
                    {"type": "polygon", "points": self._inside(rings[0], place)},
                    {"width": self.width, "height": self.height},
                    place,
                )
            except Refused as refused:
                if refused.code != "crossing-polygon":
                    raise
        flat = [[value for point in self._inside(ring, place) for value in point] for ring in rings if len(ring) > 2]
        if not flat:
            raise Refused("A polygon has at least three corners.", code="too-few-points", place=place)
        found = coco.merge(coco.frPyObjects(flat, self.height, self.width))
        return self.mask_of_counts(found["counts"].decode(), place)

    def mask_of_counts(self, counts: str, place: str) -> dict[str, Any]:
        """A mask over the whole picture, by its compressed run lengths. Raises Refused."""
        shape = {"type": "mask", "size": [self.height, self.width], "counts": counts}
        return _canonical("mask", shape, {"width": self.width, "height": self.height}, place)

    def _attributes(self, attributes: object, place: str) -> dict[str, Any]:
        if not attributes:
            return {}
        if not isinstance(attributes, Mapping):
            self.lose(place, "wrong-shape", "Attributes are an object.")
            return {}
        kept: dict[str, Any] = {}
        for name, value in attributes.items():
            one = {str(name): value}
            try:
                if len(kept) >= check.MAX_ATTRIBUTES:
                    raise Refused("There are too many attributes.", code="too-many-attributes")
                kept |= check.attributes(one, f"{place}.attributes")
            except Refused as refused:
                self.lose(refused.place or place, refused.code, refused.sentence)
        return kept

    def _score(self, score: object, place: str) -> float | None:
        if score is None:
            return None
        if isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1:
            return float(score)
        self.lose(
            f"{place}.score",
            "bad-score",
            sentence("A score is a number from 0 to 1, not “%(value)s”.", value=check.clipped(score, 40)),
        )
        return None


def label_of(label: object, place: str) -> str:
    """A label's name, as the file has it. Raises Refused."""
    if isinstance(label, int) and not isinstance(label, bool):
        label = str(label)
    return check.a_text(label, f"{place}.label", LONGEST_LABEL).strip()


def _canonical(kind: str, shape: dict[str, Any], payload: dict[str, Any], place: str) -> dict[str, Any]:
    """A shape as answers hold it. Raises Refused."""
    from projects.task_types.region_shapes import SHAPES  # with all of inference, which texts need not wait for

    return SHAPES[kind](shape, payload, place)


def run_lengths(counts: Sequence[int], height: int, width: int) -> dict[str, Any]:
    """The mask of COCO's run lengths in plain numbers. Raises Refused where they are none."""
    for one in counts:
        if not isinstance(one, int) or isinstance(one, bool) or not 0 <= one <= height * width:
            raise Refused("The mask holds a run length that can't be one.", code="malformed-mask")
    from projects.task_types import rle

    return {"type": "mask", "size": [height, width], "counts": rle.write(np.array(counts, dtype=np.int64))}


def turned_box(x: float, y: float, width: float, height: float, degrees: float) -> dict[str, Any]:
    """A box turned clockwise around its middle, as a polygon; by no angle, the box itself."""
    if not degrees % 360:
        return {"type": "box", "x": x, "y": y, "width": width, "height": height}
    turn = math.radians(degrees)
    middle_x, middle_y = x + width / 2, y + height / 2
    corners = [(-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)]
    return {
        "type": "polygon",
        "points": [
            [
                middle_x + a * math.cos(turn) - b * math.sin(turn),
                middle_y + a * math.sin(turn) + b * math.cos(turn),
            ]
            for a, b in corners
        ],
    }


def ellipse(x: float, y: float, across: float, down: float, degrees: float = 0) -> dict[str, Any]:
    """An ellipse around a middle, by its two radii, as a polygon."""
    turn = math.radians(degrees)
    points = []
    for number in range(AROUND):
        angle = 2 * math.pi * number / AROUND
        a, b = across * math.cos(angle), down * math.sin(angle)
        points.append([x + a * math.cos(turn) - b * math.sin(turn), y + a * math.sin(turn) + b * math.cos(turn)])
    return {"type": "polygon", "points": points}
