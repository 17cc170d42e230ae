"""CVAT's XML, version 1.1: for images, and for videos whose frames came along as pictures. Read element by element."""

import re
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers import cvat_shapes
from projects.data.reading.readers.gathered import Gathered
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.labelled import labelled, size_of
from projects.data.reading.readers.listing import head, heads, named, passed_over, shown, wanted
from projects.data.reading.readers.marks import REGIONS, Marks
from projects.data.reading.readers.picture_files import PictureNames
from projects.data.reading.readers.pictures import picture_row
from projects.data.reading.readers.xml_files import elements, number
from projects.data.reading.rows import Fault, Item, Said
from projects.errors import Refused

ENDINGS = (".xml",)
WANTED = frozenset({"meta", "image", "track"})
KEPT = ("occluded", "group_id")
VERSION = 1  # the format's; what is behind the point is made such that older readers know it
SAYS_VERSION = re.compile(rb"<version>\s*(\d{1,9})[\d.]*\s*</version>")
NO_FRAME = (
    "This frame of a video has no picture here. Export the task from CVAT with its images, or lay the frame beside the "
    "file under this name."
)
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
        start = head(files, entry.name)
        if b"<annotations>" not in start:
            yield passed_over(entry.name)
            continue
        try:
            _check_version(start)
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
                    if frame < 0:
                        place = f"{shown(name)}, track {element.get('id', '')[:60]}"
                        yield Fault(place, "wrong-shape", "A shape of a track has the number of its frame.")
                        continue
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
                mark, meta = partial(_image, element, kinds), _meta(element)
                row = partial(labelled, files, task_type, picture, called or shown(name), mark, size=size, meta=meta)
                yield Later(row)
        for frame in sorted(numbers):
            called = f"frame_{frame:06d}"
            picture = pictures.of(called, name)
            used.add(picture or "")
            if picture is None:
                yield Fault(f"{shown(name)}, {called}", "no-picture", NO_FRAME)
                continue
            yield Later(partial(labelled, files, task_type, picture, called, partial(_frame, frames.of(frame))))


def _check_version(start: bytes) -> None:
    """Refused where the file says that it is of a version that isn't known here."""
    found = SAYS_VERSION.search(start)
    if found and int(found[1]) > VERSION:
        text = "This is version %(version)s of CVAT's XML; here 1.1 is read. Export it as “CVAT for images 1.1”."
        raise Refused(text, code="newer-version", place="version", version=found[1].decode())


def _meta(image: Element) -> dict[str, str]:
    """The part of a set that an image is in."""
    subset = image.get("subset") or ""
    return {"subset": subset} if subset not in ("", "default") else {}


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
            for one in element.findall("attribute") if marks.task_type != REGIONS else ():
                name = (one.get("name") or "")[:60]
                marks.lose(f"{place}, {name}", "no-place", "There is no place here for attributes of a tag.")
        elif element.tag == "skeleton":
            _skeleton(marks, element, place, index + 1, kinds)
        else:
            _shape(marks, place, _told(element, element.get("label") or "", kinds))
        sources.add(element.get("source", "manual"))
    return marks.said(predicted=sources == {"auto"})


def _skeleton(marks: Marks, skeleton: Element, place: str, number: int, kinds: Kinds) -> None:
    for told in _joints(skeleton, skeleton.get("label") or "", number, kinds):
        _shape(marks, f"{place}, {told['label']}", told)


def _joints(skeleton: Element, label: str, number: Any, kinds: Kinds) -> Iterator[dict[str, Any]]:
    """The points of a skeleton that are there, tied together; what is said of all of it is said of each."""
    whole = _told(skeleton, label, kinds)["attributes"] | {"instance": number, "skeleton": label}
    for joint in skeleton:
        if joint.tag != "attribute" and joint.get("outside") != "1":
            told = _told(joint, joint.get("label") or "", kinds)
            yield told | {"attributes": whole | told["attributes"]}


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
        marks.lose(place, refused.code, refused.sentence)
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
    """The shapes of a track that are in sight, by frame; -1 for one that has none."""
    label, number = track.get("label") or "", _value(track.get("id", ""), "number")
    more = {"track": number} | ({"group": _value(track.get("group_id", ""), "number")} if track.get("group_id") else {})
    for element in track:
        frame = element.get("frame", "")
        if not frame.isdecimal() or len(frame) > 9:
            yield -1, {}
            continue
        if element.get("outside") == "1":
            continue
        joints = element.tag == "skeleton"
        for told in _joints(element, label, number, kinds) if joints else [_told(element, label, kinds)]:
            given = told["given"] | {"source": track.get("source", "manual")}
            yield int(frame), told | {"given": given, "attributes": told["attributes"] | more}


def _frame(shapes: list[dict[str, Any]], marks: Marks) -> tuple[Said, ...]:
    for index, told in sorted(enumerate(shapes), key=lambda one: cvat_shapes.depth(one[1]["given"].get("z_order"))):
        _shape(marks, f"{told['kind']} {index + 1}", told)
    return marks.said(predicted=bool(shapes) and all(told["given"].get("source") == "auto" for told in shapes))


def _recognises(files: Files) -> bool:
    found = any(b"<annotations>" in start and SAYS_VERSION.search(start) for start in heads(files, ENDINGS))
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
