"""PASCAL VOC: an XML file for each picture, with boxes."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import after
from projects.data.reading.readers.labelled import labelled, size_of
from projects.data.reading.readers.listing import heads, listed, whole
from projects.data.reading.readers.marks import Marks, turned_box
from projects.data.reading.readers.picture_files import stem
from projects.data.reading.readers.sidecars import sidecars
from projects.data.reading.readers.xml_files import number, root_of, text_in
from projects.data.reading.rows import Item, Said
from projects.errors import Refused

ENDINGS = (".xml",)
MAX_FILE = 16 * 1024 * 1024
PLAIN = {"name", "bndbox", "robndbox", "attributes", "part", "actions", "type", "id"}
OWN = re.compile(r"\bVOC20\d\d\b")
TURN = 180 / 3.141592653589793


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each XML file, then one for each picture without."""
    names = partial(_picture_named, files)
    return after(sidecars(files, _is_label, partial(_row, files, reading.task_type), names), reading.skip)


def _is_label(name: str) -> bool:
    return name.lower().endswith(ENDINGS)


def _root(files: Files, name: str) -> Element:
    root = root_of(whole(files, name, MAX_FILE))
    if root.tag != "annotation":
        raise Refused("This XML is no VOC annotation.", code="not-read")
    return root


def _picture_named(files: Files, name: str) -> str:
    return text_in(_root(files, name), "filename")


def _row(files: Files, task_type: str, name: str, picture: str | None) -> Item:
    root = _root(files, name)
    size = size_of(text_in(root, "size/width"), text_in(root, "size/height"))
    called = text_in(root, "filename") or stem(name)
    id = text_in(root, "source/annotation") if root.find("counted_from") is not None else None
    return labelled(files, task_type, picture, called, partial(_mark, root), size=size, external_id=id)


def _mark(root: Element, marks: Marks) -> tuple[Said, ...]:
    first = _counted_from(root)
    for index, thing in enumerate(root.iter("object")):
        place = f"object {index + 1}"
        _thing(marks, thing, place, first)
        for at, part in enumerate(thing.findall("part")):
            _thing(marks, part, f"{place}, part {at + 1}", first, {"part_of": index + 1})
    return marks.said()


def _counted_from(root: Element) -> int:
    """The number of the first pixel: 1 in VOC's own files, which name their challenge, and in those that say so; in
    those of other tools 0."""
    said = text_in(root, "counted_from")
    if said:
        return int(said == "1")
    return int(any(OWN.search(text_in(root, path)) for path in ("folder", "source/database", "source/annotation")))


def _thing(marks: Marks, thing: Element, place: str, first: int, more: dict[str, Any] | None = None) -> None:
    try:
        shape = _shape(thing, first)
    except Refused as refused:
        marks.lose(place, refused.code, refused.sentence)
        return
    attributes = dict(more or {})
    for one in thing:
        if one.tag not in PLAIN and len(one) == 0 and (one.text or "").strip():
            attributes[one.tag] = _value((one.text or "").strip())
        elif one.tag not in PLAIN and len(one):
            marks.lose(f"{place}, {one.tag[:60]}", "unknown-field", "This field isn't kept.")
    for one in thing.iterfind("attributes/attribute"):
        attributes[text_in(one, "name")] = _value(text_in(one, "value"))
    attributes |= {f"action {one.tag}": (one.text or "").strip() == "1" for one in thing.iterfind("actions/*")}
    marks.region(place, text_in(thing, "name"), shape, {name: one for name, one in attributes.items() if name})


def _shape(thing: Element, first: int) -> dict[str, Any]:
    turned = thing.find("robndbox")
    if turned is not None:
        x, y, width, height, angle = (number(text_in(turned, one)) for one in ("cx", "cy", "w", "h", "angle"))
        return turned_box(x - width / 2, y - height / 2, width, height, angle * TURN)
    if thing.find("bndbox") is None:
        raise Refused("The object has no box.", code="wrong-shape")
    left, top, right, bottom = (number(text_in(thing, f"bndbox/{one}")) for one in ("xmin", "ymin", "xmax", "ymax"))
    left, top = left - first, top - first  # the last pixel is in the box: its far edge has the same number
    return {"type": "box", "x": left, "y": top, "width": right - left, "height": bottom - top}


def _value(text: str) -> Any:
    if text in ("0", "1"):
        return text == "1"
    return {"true": True, "false": False}.get(text.lower(), text)


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files)]
    if any("SegmentationClass" in name or "SegmentationObject" in name for name in names):
        return False  # boxes are half of it
    return any(b"<annotation" in found and _is_vocs(found) for found in heads(files, ENDINGS))


def _is_vocs(found: bytes) -> bool:
    """Whether it has boxes, or has none but the size of a picture as VOC's files tell it."""
    return b"<bndbox>" in found or (b"<size>" in found and b"<filename>" in found and b"<object>" not in found)


FORMAT = ImportFormat(
    key="voc",
    title="PASCAL VOC",
    note="Boxes, turned boxes, parts and attributes of objects. Masks come in by “VOC with masks”.",
    task_types=("image_regions",),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
