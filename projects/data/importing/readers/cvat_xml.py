"""CVAT's XML, version 1.1: for images, and for videos whose frames came along as pictures. Read element by element."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from projects.data.connectors.files import Files
from projects.data.importing.format import ImportFormat, Reading
from projects.data.importing.readers import cvat_shapes
from projects.data.importing.readers.gathered import Gathered
from projects.data.importing.readers.going_on import Later, after
from projects.data.importing.readers.labelled import labelled, size_of
from projects.data.importing.readers.listing import head, heads, named, passed_over, shown, wanted
from projects.data.importing.readers.marks import Marks
from projects.data.importing.readers.picture_files import PictureNames
from projects.data.importing.readers.pictures import picture_row
from projects.data.importing.readers.xml_files import elements, number
from projects.data.importing.rows import Fault, Item, Said
from projects.errors import Refused

ENDINGS = (".xml",)
WANTED = frozenset({"meta", "image", "track"})
KEPT = ("occluded", "group_id")
Kinds = dict[tuple[str, str], str]


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each image or frame that the files name, then one for each other picture."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    pictures = PictureNames(files)
    used: set[str] = set()
    for entry in wanted(files):
        if not entry.name.lower().endswith(ENDINGS):
            continue
        if b"<annotations>" not in head(files, entry.name):
            yield passed_over(entry.name)
            continue
        try:
            yield from _file(files, task_type, entry.name, pictures, used)
        except Refused as refused:
            yield Fault.of(refused, shown(entry.name))
    for name in pictures.names:
        if name not in used:
            yield Later(picture_row, files, name)


def _file(files: Files, task_type: str, name: str, pictures: PictureNames, used: set[str]) -> Iterator[Item | Later]:
    """The images of a file as they come; frames of videos once their tracks are all read."""
    kinds: Kinds = {}
    with files.open(name) as file, closing(Gathered()) as frames:
        numbers: dict[int, None] = {}
        for element in elements(file, WANTED):
            if element.tag == "meta":
                kinds |= _kinds(element)
            elif element.tag == "track":
                for frame, shape in _frames(element, kinds):
                    numbers[frame] = None
                    frames.add(frame, shape)
            else:
                called = element.get("name") or ""
                picture = pictures.of(called, name)
                if picture in used:
                    yield Fault(f"{shown(name)}, {called[:200]}", "duplicate-id", "This picture came before.")
                    continue
                used.add(picture or "")
                size = size_of(element.get("width"), element.get("height"))
                mark = partial(_image, element, kinds)
                yield Later(partial(labelled, files, task_type, picture, called or shown(name), mark, size=size))
        for frame in sorted(numbers):
            called = f"frame_{frame:06d}"
            picture = pictures.of(called, name)
            used.add(picture or "")
            yield Later(partial(labelled, files, task_type, picture, called, partial(_frame, frames.of(frame))))


def _kinds(meta: Element) -> Kinds:
    """What each attribute takes, by its label and its name."""
    return {
        ((label.findtext("name") or ""), (one.findtext("name") or "")): (one.findtext("input_type") or "")
        for label in meta.iter("label")
        for one in label.iter("attribute")
    }


def _image(image: Element, kinds: Kinds, marks: Marks) -> tuple[Said, ...]:
    sources = set()
    for index, element in sorted(enumerate(image), key=lambda one: cvat_shapes.depth(one[1].get("z_order"))):
        place = f"{element.tag[:40]} {index + 1}"
        if element.tag == "tag":
            marks.choose(place, element.get("label"), kind="multiple")
        elif element.tag == "skeleton":
            _skeleton(marks, element, place, index + 1, kinds)
        else:
            _shape(marks, place, _told(element, element.get("label") or "", kinds))
        sources.add(element.get("source", "manual"))
    return marks.said(predicted=sources == {"auto"})


def _skeleton(marks: Marks, skeleton: Element, place: str, number: int, kinds: Kinds) -> None:
    """The points of a skeleton that are there, tied together."""
    for joint in skeleton:
        told = _told(joint, joint.get("label") or "", kinds)
        if joint.get("outside") != "1":
            told["attributes"] |= {"instance": number, "skeleton": skeleton.get("label") or ""}
            _shape(marks, f"{place}, {joint.get('label')}", told)


def _told(element: Element, label: str, kinds: Kinds) -> dict[str, Any]:
    """A shape as it is kept until its picture's turn comes."""
    attributes: dict[str, Any] = {}
    for name in KEPT:
        value = element.get(name, "0")
        if value not in ("0", ""):
            attributes[name.removesuffix("_id")] = True if name == "occluded" else _value(value, "number")
    for one in element.findall("attribute"):
        name = one.get("name") or ""
        attributes[name] = _value(one.text or "", kinds.get((label, name), ""))
    return {"kind": element.tag, "label": label, "given": dict(element.attrib), "attributes": attributes}


def _value(text: str, kind: str) -> Any:
    if kind == "checkbox":
        return text.strip().lower() == "true"
    if kind == "number":
        try:
            found = float(text)
            return int(found) if found == int(found) else found
        except (ValueError, OverflowError):
            return text
    return text


def _shape(marks: Marks, place: str, told: dict[str, Any]) -> None:
    try:
        numbers, turn = _numbers(told["kind"], told["given"]), number(told["given"].get("rotation", 0))
    except Refused as refused:
        marks.lose(place, refused.code, refused.text)
        return
    cvat_shapes.mark(marks, place, told["kind"], told["label"], numbers, turn, told["attributes"])


def _numbers(kind: str, given: dict[str, str]) -> list[float]:
    """A shape's numbers, in the order in which CVAT has them elsewhere. Raises Refused."""
    names = {"box": ("xtl", "ytl", "xbr", "ybr"), "ellipse": ("cx", "cy", "rx", "ry")}.get(kind)
    if names:
        return [number(given.get(name, "nothing")) for name in names]
    if kind == "mask":
        runs = [number(one) for one in given.get("rle", "").split(",")]
        left, top, width, height = (number(given.get(one, "nothing")) for one in ("left", "top", "width", "height"))
        return [*runs, left, top, left + width - 1, top + height - 1]
    return (
        [number(one) for pair in given.get("points", "").split(";") for one in pair.split(",")]
        if kind
        in (
            "polygon",
            "polyline",
            "points",
        )
        else []
    )


def _frames(track: Element, kinds: Kinds) -> Iterator[tuple[int, dict[str, Any]]]:
    """The shapes of a track that are in sight, by frame."""
    for element in track:
        frame = element.get("frame", "")
        if element.get("outside") == "1" or not frame.isdigit() or len(frame) > 9:
            continue
        told = _told(element, track.get("label") or "", kinds)
        told["attributes"]["track"] = _value(track.get("id", ""), "number")
        yield int(frame), told


def _frame(shapes: list[dict[str, Any]], marks: Marks) -> tuple[Said, ...]:
    for index, told in sorted(enumerate(shapes), key=lambda one: cvat_shapes.depth(one[1]["given"].get("z_order"))):
        _shape(marks, f"{told['kind']} {index + 1}", told)
    return marks.said()


def _recognises(files: Files) -> bool:
    found = any(b"<annotations>" in start and b"<version>1.1" in start for start in heads(files, ENDINGS))
    return found and bool(named(files, ENDINGS))


FORMAT = ImportFormat(
    key="cvat_xml",
    title="CVAT XML 1.1",
    note="All shapes but cuboids; ellipses become polygons, skeletons points, tags classes, tracks frame by frame.",
    task_types=("image_regions", "classification"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
