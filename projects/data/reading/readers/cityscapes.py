"""Cityscapes: a picture under leftImg8bit, and under gtFine or gtCoarse what is in it: the polygons that were drawn, or
else the picture of instances, or that of classes.

Numbers of instances are the class times 1000 and a count; below 1000 it is the class itself. What classes are called
stands in label_colors.txt, in the order of their numbers; else they are Cityscapes' own.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from projects.data.connectors.files import Files
from projects.data.media.pictures import MAX_BYTES
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.labelled import Size, labelled, size_of
from projects.data.reading.readers.listing import listed, passed_over, shown, text_of, wanted, whole
from projects.data.reading.readers.marks import Marks
from projects.data.reading.readers.mask_files import numbers_of
from projects.data.reading.readers.picture_files import PictureNames, is_picture
from projects.data.reading.readers.pictures import picture_row
from projects.data.reading.rows import Fault, Item, Said
from projects.errors import Refused

SAID = re.compile(r"(?P<stem>.*)_gt(?:Fine|Coarse)_(?P<kind>polygons\.json|instanceIds\.png|labelIds\.png)$")
BESIDE = re.compile(r"_gt(?:Fine|Coarse)_(?:color|labelTrainIds|instanceTrainIds)\.png$")  # the same, said otherwise
KINDS = ("polygons.json", "instanceIds.png", "labelIds.png")  # the best first
NAMES = "label_colors.txt"
OF_A_CLASS = 1000
NOTHING = ("background", "unlabeled")
MOST = 2000  # instances in one picture
MAX_FILE = 32 * 1024 * 1024
OWN = [
    *("unlabeled", "ego vehicle", "rectification border", "out of roi", "static", "dynamic", "ground", "road"),
    *("sidewalk", "parking", "rail track", "building", "wall", "fence", "guard rail", "bridge", "tunnel", "pole"),
    *("polegroup", "traffic light", "traffic sign", "vegetation", "terrain", "sky", "person", "rider", "car", "truck"),
    *("bus", "caravan", "trailer", "train", "motorcycle", "bicycle"),
]


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each picture of which something is said, then one for each other picture."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    pictures = PictureNames(files)
    best: dict[str, str] = {}  # what is said of a picture -> the best file of it
    names = OWN
    for entry in wanted(files):
        match = SAID.fullmatch(entry.name)
        if match is not None:
            stem, rank = match["stem"], KINDS.index(match["kind"])
            before = SAID.fullmatch(best.get(stem, ""))
            if before is None or rank < KINDS.index(before["kind"]):
                best[stem] = entry.name
        elif entry.name.rpartition("/")[2] == NAMES:
            try:
                names = _names(text_of(files, entry.name, MAX_FILE))
            except Refused as refused:
                yield Fault.of(refused, shown(entry.name))
        elif not is_picture(entry.name):
            yield passed_over(entry.name)
    used: set[str] = set()
    for stem, name in best.items():
        base = stem.rpartition("/")[2]
        picture = pictures.of(f"{base}_leftImg8bit.png", name) or pictures.of(f"{base}.png", name)
        used.add(picture or "")
        yield Later(_row, files, task_type, names, name, picture)
    for name in pictures.names:
        if name not in used and SAID.fullmatch(name) is None and BESIDE.search(name) is None:
            yield Later(picture_row, files, name)


def _names(text: str) -> list[str]:
    """The names in a list of colours, by their numbers; where it doesn't begin with what is nothing, from 1 on."""
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    names = [" ".join(parts[3:] if len(parts) > 3 else parts)[:200] for parts in lines]
    return names if names[:1] and names[0] in NOTHING else [NOTHING[0], *names]


def _row(files: Files, task_type: str, names: list[str], name: str, picture: str | None) -> Item:
    called = name.rpartition("/")[2].partition("_gt")[0]
    try:
        if not name.endswith(".json"):
            mark = partial(_painted, files, names, name)
            return labelled(files, task_type, picture, called, mark)
        told = loads(text_of(files, name, MAX_FILE))
    except Refused as refused:
        return Fault.of(refused, shown(name))
    if not isinstance(told, dict) or not isinstance(told.get("objects"), list):
        return Fault(shown(name), "not-read", "This JSON is none of Cityscapes'.")
    size: Size | None = size_of(told.get("imgWidth"), told.get("imgHeight"))
    return labelled(files, task_type, picture, called, partial(_drawn, told["objects"]), size=size)


def _drawn(objects: list[Any], marks: Marks) -> tuple[Said, ...]:
    for index, one in enumerate(objects):
        place = f"objects[{index}]"
        if not isinstance(one, dict) or not isinstance(one.get("polygon"), list):
            marks.lose(place, "wrong-shape", "An object has a label and a polygon.")
        elif not one.get("deleted"):
            marks.region(place, one.get("label"), {"type": "polygon", "points": one["polygon"]})
    return marks.said()


def _painted(files: Files, names: list[str], name: str, marks: Marks) -> tuple[Said, ...]:
    place = shown(name.rpartition("/")[2])
    try:
        found = numbers_of(whole(files, name, MAX_BYTES))
        if found.ndim != 2:
            raise Refused("The picture has colours where numbers should be.", code="malformed-mask")
        if found.shape != (marks.height, marks.width):
            raise Refused("The mask has another size than the picture.", code="wrong-mask-size")
    except Refused as refused:
        marks.lose(place, refused.code, refused.sentence)
        return ()
    values = np.unique(found).tolist()
    if len(values) > MOST:
        marks.lose(place, "too-many-classes", "This is a photograph rather than a mask: it has too many numbers.")
        return ()
    for value in values:
        number = value // OF_A_CLASS if value >= OF_A_CLASS else value
        label = names[number] if number < len(names) else str(number)
        if label not in NOTHING:
            marks.mask(f"{place}, {value}", label, found == value)
    return marks.said()


def _recognises(files: Files) -> bool:
    return any(SAID.fullmatch(entry.name) for entry in listed(files))


FORMAT = ImportFormat(
    key="cityscapes",
    title="Cityscapes",
    note="Polygons as they were drawn; else each instance a mask, and each class where instances aren't told apart.",
    task_types=("image_regions",),
    endings=(),
    recognises=_recognises,
    read=read,
)
