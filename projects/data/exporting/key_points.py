"""Objects with the points that lie in their boxes, for formats in which points belong to objects."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from projects.data.exporting import shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.source import Source

Region = dict[str, Any]


class Posed(NamedTuple):
    """An object and its points, none of them of the same class; or points alone, around which there is no object."""

    region: Region | None
    points: Sequence[Region]


def posed(source: Source, one: Decided) -> Iterator[Posed]:
    """Each object with the points in its box; the smallest box around a point has it. Points around which there is none
    are one by themselves.

    Where an object has several points of one class, the first stands among its own and others make it anew.
    """
    regions = one.answer["regions"]
    objects = [
        (region, shapes.box_of(region["shape"])) for region in regions if region["shape"]["type"] in shapes.AREAS
    ]
    smallest = sorted(range(len(objects)), key=lambda at: objects[at][1][2] * objects[at][1][3])
    points = [region for region in regions if region["shape"]["type"] == "point"]
    held = {id(point): next((at for at in smallest if _inside(point, objects[at][1])), -1) for point in points}
    for at, (region, _box) in enumerate(objects):
        for some in _rounds(source, [point for point in points if held[id(point)] == at]) or [[]]:
            yield Posed(region, some)
    for some in _rounds(source, [point for point in points if held[id(point)] < 0]):
        yield Posed(None, some)


def names_of(source: Source) -> list[str]:
    """The classes of points, in the order in which an object has its points."""
    return [one.name for one in source.in_order if "point" in one.shapes]


def kinds_of(source: Source) -> dict[int, int]:
    """The same: class -> place among an object's points."""
    return {one.number: at for at, one in enumerate(c for c in source.in_order if "point" in c.shapes)}


def around(points: Sequence[Region]) -> list[float]:
    """The tight [x, y, width, height] around points."""
    at = [(point["shape"]["x"], point["shape"]["y"]) for point in points]
    (x0, y0), (x1, y1) = (tuple(pick(values) for values in zip(*at, strict=True)) for pick in (min, max))
    return [float(value) for value in (x0, y0, x1 - x0, y1 - y0)]


def in_turn(source: Source, points: Sequence[Region], kinds: Mapping[int, int]) -> list[tuple[float, float, int]]:
    """Where each of an object's points is: x, y, and 2 in sight, 1 hidden, 0 not there."""
    found: list[tuple[float, float, int]] = [(0, 0, 0)] * len(kinds)
    for point in points:
        shape, at = point["shape"], kinds.get(source.classes[point["label"]].number)
        if at is not None:
            found[at] = (shape["x"], shape["y"], 2 if shape.get("visible", True) else 1)
    return found


def _inside(region: Mapping[str, Any], box: Sequence[float]) -> bool:
    x, y, width, height = box
    shape = region["shape"]
    return bool(x <= shape["x"] <= x + width and y <= shape["y"] <= y + height)


def _rounds(source: Source, points: Sequence[Region]) -> list[list[Region]]:
    """Points in groups in which each class is there once at most."""
    found: list[list[Region]] = []
    seen: list[set[int]] = []
    for point in points:
        number = source.classes[point["label"]].number
        at = next((at for at, some in enumerate(seen) if number not in some), len(seen))
        if at == len(seen):
            found.append([])
            seen.append(set())
        found[at].append(point)
        seen[at].add(number)
    return found
