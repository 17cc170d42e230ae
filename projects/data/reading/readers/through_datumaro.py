"""Sets that Datumaro reads: unpacked into a folder, read there, taken over item by item.

Datumaro keeps all annotations of a set in memory while it reads; a set for which it would need more than MAX_MEGABYTES
is refused. The folder goes away with the reading.
"""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from projects.data.connectors.files import Files, Folder
from projects.data.reading.format import Reading
from projects.data.reading.readers import datumaro_items
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.labelled import labelled
from projects.data.reading.readers.marks import Marks, ellipse, turned_box
from projects.data.reading.readers.united import united
from projects.data.reading.readers.unpacked import unpack
from projects.data.reading.rows import Fault, Item, Said
from projects.errors import Refused
from taskers.errors import sentence

MAX_MEGABYTES = 4096  # of memory of the process that reads
UNLABELLED = "object"  # what a thing without a label is called


def read(importer: str, files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of a set, by Datumaro's importer of this name."""
    return after(_items(importer, files, reading.task_type), reading.skip)


def _items(importer: str, files: Files, task_type: str) -> Iterator[Item | Later]:
    with tempfile.TemporaryDirectory(prefix="tandem-set-") as made:
        folder, media = Path(made, "set"), Path(made, "media")
        folder.mkdir()
        media.mkdir()
        yield from unpack(files, folder)
        for told in _told(importer, folder, media):
            if "fault" in told:
                yield Fault(told["item"], "not-read-by-datumaro", f"{told['fault']}.")
            else:
                yield Later(_row, Folder(folder), Folder(media), task_type, told)


def _told(importer: str, folder: Path, media: Path) -> Iterator[dict[str, Any]]:
    """What Datumaro says of each item. Raises Refused where it fails."""
    items = datumaro_items.each_item(folder, importer, media)
    try:
        while True:
            with datumaro_items.confined(folder, media):
                item = next(items, None)
            if item is None:
                return
            yield item
    except MemoryError:
        text = "Datumaro needs more than %(most)s MB to read this set; split it."
        raise Refused(text, code="too-large", most=MAX_MEGABYTES) from None
    except Exception as problem:  # whatever Datumaro raises; what it says is told
        text = "Datumaro can't read these files: %(problem)s."
        reason = datumaro_items.reason(problem, folder)
        raise Refused(text, code="not-read-by-datumaro", problem=reason) from None


def _row(folder: Files, media: Files, task_type: str, told: dict[str, Any]) -> Item:
    path, called = told["path"], told["id"]
    files = media if path and path.startswith("/") else folder
    own = files is media
    name = path.removeprefix("/") if path else None
    mark = partial(_mark, told)
    named = told["attributes"].pop("external_id", None)
    known = named if isinstance(named, str) and named else called if own else None
    item = labelled(files, task_type, name, called, mark, external_id=known)
    if own and not isinstance(item, Fault):
        item.fields["name"] = called
    return item


def _mark(told: dict[str, Any], marks: Marks) -> tuple[Said, ...]:
    for one in told["lost"]:
        marks.lose(f"annotation {one['at'] + 1}", "not-read-by-datumaro", f"{one['text']}.")
    for one in united(told["marks"]):
        _annotation(marks, f"annotation {one['at'] + 1}", one)
    for name in told["attributes"]:
        if name not in ("frame", "id", "image_id"):
            marks.lose(
                "", "unknown-field", sentence("The attribute “%(name)s” of the picture isn't kept.", name=name[:60])
            )
    predicted = any(one["score"] is not None for one in told["marks"])
    return marks.said(predicted=predicted)


def _annotation(marks: Marks, place: str, told: dict[str, Any]) -> None:
    kind, numbers = told["kind"], told.get("numbers") or []
    if kind == "label":
        marks.choose(place, told["label"], kind="multiple", score=told["score"])
        return
    shape = _shape(kind, numbers, told)
    if shape is None:
        marks.lose(place, "no-place", sentence("There is no place here for a “%(what)s”.", what=kind))
        return
    if kind == "ellipse":
        marks.lose(place, "kept-as-polygon", "The ellipse is kept as a polygon.")
    marks.region(place, told["label"] or UNLABELLED, shape, told["attributes"], told["score"])


def _shape(kind: str, numbers: list[float], told: dict[str, Any]) -> dict[str, Any] | None:
    """The shape of an annotation; None for what none of ours is."""
    if kind == "mask":
        return {"type": "mask", **told["mask"]}
    if kind == "bbox":
        x, y, width, height = numbers
        return {"type": "box", "x": x, "y": y, "width": width, "height": height}
    if kind == "rotated_bbox":
        x, y, width, height, turn = numbers
        return turned_box(x - width / 2, y - height / 2, width, height, turn)
    if kind in ("polygon", "polyline"):
        return {"type": kind, "points": [numbers[at : at + 2] for at in range(0, len(numbers), 2)]}
    if kind == "points":
        return {"type": "point", "x": numbers[0], "y": numbers[1], "visible": told["visible"]}
    if kind == "ellipse":
        left, top, right, bottom = numbers
        return ellipse((left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2)
    return None
