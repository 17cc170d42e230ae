"""YOLO in all its dialects: a text file beside each picture, one thing a line, in parts of the picture's sides.

What a line is follows from how many numbers it has: a class and 4 are a box, 5 a box and how sure it is; an even number
from 6 on is the corners of a polygon (oriented boxes have 4 of them), an odd one has how sure it is behind them. Where
data.yaml says that there are key points (`kpt_shape`), they follow the box.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from projects.data.connectors.files import Files
from projects.data.limits import MAX_CLASS_NAME
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers import yaml_files
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.key_points import only_points
from projects.data.reading.readers.labelled import labelled
from projects.data.reading.readers.lines import MAX_LINE
from projects.data.reading.readers.listing import head, listed, shown, text_of, wanted
from projects.data.reading.readers.marks import Marks
from projects.data.reading.readers.picture_files import is_picture, stem
from projects.data.reading.readers.sidecars import sidecars
from projects.data.reading.rows import Fault, Item, Said
from projects.errors import Refused

MAX_CONFIG = 1024 * 1024  # bytes of a list of classes
NAMES = ("classes.txt", "obj.names", "labels.txt", "classes.names", "_darknet.labels")
LISTS = ("train.txt", "val.txt", "valid.txt", "test.txt", "readme.txt", "notes.txt", *NAMES)
MAX_MARKS = 10_000
LOOKED_AT = 30
SIDES = ("x", "y", "width", "height")


class Classes(NamedTuple):
    """What the numbers stand for."""

    names: dict[int, str]
    keypoints: tuple[int, int] | None  # how many, and numbers of each
    points: dict[int, list[str]]  # what they are called, by the number of the class


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each file of labels, then one for each picture without."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    faults: list[Fault] = []
    classes = _classes(files, faults)
    yield from faults
    if not classes.names:
        text = "There is no list of classes (data.yaml, classes.txt or obj.names): they are called by their numbers."
        yield Fault("classes", "no-class-list", text)
    yield from sidecars(files, _is_label, partial(_row, files, task_type, classes))


def _is_label(name: str) -> bool:
    return name.lower().endswith(".txt") and name.lower().rpartition("/")[2] not in LISTS


def _row(files: Files, task_type: str, classes: Classes, name: str, picture: str | None) -> Item:
    return labelled(files, task_type, picture, stem(name), partial(_mark, files, name, classes))


def _mark(files: Files, name: str, classes: Classes, marks: Marks) -> tuple[Said, ...]:
    try:
        text = text_of(files, name, MAX_LINE)
    except Refused as refused:
        marks.lose(shown(name), refused.code, refused.sentence)
        return ()
    scored = False
    for number, line in enumerate(itertools.islice(text.splitlines(), MAX_MARKS), start=1):
        if line.strip():
            place = f"{shown(name.rpartition('/')[2])}, line {number}"
            try:
                scored = _thing(marks, place, _numbers(line), classes) or scored
            except Refused as refused:
                marks.lose(place, refused.code, refused.sentence)
    return marks.said(predicted=scored)


def _numbers(line: str) -> list[float]:
    try:
        found = [float(one) for one in line.replace(",", " ").split()]
    except ValueError:
        raise Refused("These are no numbers.", code="not-a-number") from None
    if not all(map(math.isfinite, found)):
        raise Refused("Infinity and NaN are no places.", code="not-a-number")
    if len(found) < 5 or found[0] != int(found[0]) or found[0] < 0:
        raise Refused("A line is the number of a class and at least four numbers.", code="wrong-shape")
    return found


def _thing(marks: Marks, place: str, numbers: list[float], classes: Classes) -> bool:
    """Mark what a line says; whether it says how sure it is."""
    label = classes.names.get(int(numbers[0]))
    if label is None:
        if classes.names:
            text = "The list of classes has none with the number %(number)s."
            raise Refused(text, code="no-such-category", number=int(numbers[0]))
        label = str(int(numbers[0]))
    rest = numbers[1:]
    count = classes.keypoints[0] * classes.keypoints[1] if classes.keypoints else 0
    if classes.keypoints and len(rest) in (4 + count, 5 + count):
        score = rest[4 + count] if len(rest) == 5 + count else None
        named = classes.points.get(int(numbers[0]), [])
        _pose(marks, place, label, rest, (classes.keypoints[1], named), score)
        return score is not None
    score = rest.pop() if len(rest) % 2 else None
    if len(rest) == 4:
        marks.region(place, label, _box(marks, rest), score=score)
    else:
        marks.region(place, label, {"type": "polygon", "points": _places(marks, rest)}, score=score)
    return score is not None


def _box(marks: Marks, rest: list[float]) -> dict[str, Any]:
    x, y, width, height = rest
    return {
        "type": "box",
        "x": (x - width / 2) * marks.width,
        "y": (y - height / 2) * marks.height,
        "width": width * marks.width,
        "height": height * marks.height,
    }


def _places(marks: Marks, rest: list[float]) -> list[list[float]]:
    return [[rest[at] * marks.width, rest[at + 1] * marks.height] for at in range(0, len(rest) - 1, 2)]


def _pose(
    marks: Marks, place: str, label: str, rest: list[float], told: tuple[int, list[str]], score: float | None
) -> None:
    """Mark an object's box and its points; these alone where there is no object."""
    each, names = told
    box = _box(marks, rest[:4])
    points = []
    for number, at in enumerate(range(4, len(rest) - each + 1, each)):
        x, y = rest[at : at + 2]
        seen = rest[at + 2] if each == 3 else 2.0
        if seen > 0 and (x or y):
            name = names[number] if number < len(names) else f"{label} {number + 1}"
            points.append((name, x * marks.width, y * marks.height, seen != 1))
    drawn = not only_points(label, [box[side] for side in SIDES], [one[:3] for one in points])
    instance = {"instance": place.rpartition(" ")[2]} if drawn and points else {}
    if drawn:
        marks.region(place, label, box, instance, score)
    for name, x, y, visible in points:
        marks.region(place, name, {"type": "point", "x": x, "y": y, "visible": visible}, instance, score)


def _classes(files: Files, faults: list[Fault]) -> Classes:
    """The first list of classes that there is: that of a data.yaml before others."""
    found = [entry.name for entry in wanted(files) if _is_list(entry.name)]
    for name in sorted(found, key=lambda one: (not one.lower().endswith((".yaml", ".yml")), one)):
        try:
            text = text_of(files, name, MAX_CONFIG)
            classes = _of_yaml(text) if name.lower().endswith((".yaml", ".yml")) else _of_lines(text)
        except Refused as refused:
            faults.append(Fault.of(refused, shown(name)))
            continue
        if classes.names:
            return classes
    return Classes({}, None, {})


def _is_list(name: str) -> bool:
    last = name.lower().rpartition("/")[2]
    return last.endswith((".yaml", ".yml", ".names")) or last in NAMES


def _of_lines(text: str) -> Classes:
    return Classes(dict(enumerate(line.strip() for line in text.strip().splitlines())), None, {})


def _of_yaml(text: str) -> Classes:
    """The classes of a data.yaml. Raises Refused."""
    told = yaml_files.loads(text)
    names = told.get("names") if isinstance(told, dict) else None
    if isinstance(names, list):
        names = {str(number): name for number, name in enumerate(names)}
    if not isinstance(names, dict):
        return Classes({}, None, {})
    plain = {
        int(number): _name(name, f"names[{number}]")
        for number, name in names.items()
        if _is_number(number) and name is not None
    }
    shape = told.get("kpt_shape")
    whole = isinstance(shape, list) and len(shape) == 2 and all(map(_is_number, shape))
    count, each = map(int, shape) if whole else (0, 0)
    keypoints = (count, each) if 0 < count <= 1000 and each in (2, 3) else None
    return Classes(plain, keypoints, _points_of(told.get("kpt_names"), plain))


def _is_number(text: Any) -> bool:
    return isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 10


def _name(name: Any, place: str) -> str:
    """What a class or a point is called. Raises Refused."""
    if not isinstance(name, str):
        text = "A class is called by a word or a number, not by a list or an object."
        raise Refused(text, code="wrong-shape", place=place)
    if len(name) > MAX_CLASS_NAME:
        text = "A name has at most %(most)s characters here."
        raise Refused(text, code="too-long", place=place, most=MAX_CLASS_NAME)
    return name


def _points_of(told: Any, classes: Mapping[int, str]) -> dict[int, list[str]]:
    """What the key points are called, for each class or for all alike. Raises Refused."""
    by_class = told if isinstance(told, dict) else {str(number): told for number in classes}
    return {
        int(number): [_name(name or "", f"kpt_names[{number}]") for name in names[:1000]]
        for number, names in by_class.items()
        if _is_number(number) and isinstance(names, list)
    }


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files)]
    if not any(map(is_picture, names)) and not any(map(_is_list, names)):
        return False
    if any(name.lower().endswith((".xml", ".ann")) for name in names):
        return False
    if any(name.lower().endswith((".names", "_darknet.labels")) for name in names):
        return True  # whatever is marked, which may be nothing
    if any("names:" in head(files, one).decode("utf-8", "replace") for one in names if _is_list(one)):
        return True
    labels = [name for name in names if _is_label(name)]
    return any(_looks_like_labels(head(files, name)) for name in labels[:LOOKED_AT])


def _looks_like_labels(start: bytes) -> bool:
    lines = start.decode("utf-8", "replace").splitlines()
    try:
        return bool(lines) and len(_numbers(lines[0])) >= 5 and all(abs(one) <= 2 for one in _numbers(lines[0])[1:])
    except Refused:
        return False


FORMAT = ImportFormat(
    key="yolo",
    title="YOLO",
    note="Boxes, polygons, oriented boxes (as polygons) and key points; all Ultralytics dialects and Darknet's.",
    task_types=("image_regions",),
    endings=(".txt", ".yaml", ".yml", ".names"),
    recognises=_recognises,
    read=read,
)
