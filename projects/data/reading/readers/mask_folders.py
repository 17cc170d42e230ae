"""Masks in pictures of their own: a folder of pictures, and one of PNGs that are called alike, in which each number or
colour is a class. What they stand for is said in labelmap.txt (name:r,g,b), classes.txt (a name a line) or
dataset_meta.json; else a class is called by its number or colour. 0 and black are the background."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from projects.data.connectors.files import Files
from projects.data.media.pictures import MAX_BYTES
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.labelled import labelled
from projects.data.reading.readers.listing import listed, shown, text_of, wanted, whole
from projects.data.reading.readers.marks import Marks
from projects.data.reading.readers.mask_files import numbers_of
from projects.data.reading.readers.picture_files import PictureNames, stem
from projects.data.reading.readers.pictures import picture_row
from projects.data.reading.rows import Fault, Item, Said
from projects.errors import Refused

FOLDERS = ("masks", "mask", "labels", "annotations", "segmentation", "ground_truth", "gt", "SegmentationClass")
MAX_CONFIG = 4 * 1024 * 1024
MOST_CLASSES = 256  # in one picture
SUFFIXES = ("_mask", "_label", "_seg", "-mask", "_gt", "_labelIds")


class Names(NamedTuple):
    """What the numbers and colours stand for, and which mean nothing."""

    numbers: dict[int, str]
    colours: dict[tuple[int, int, int], str]
    nothing: frozenset[str] = frozenset({"background", "__background__", "_background_"})


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each mask, then one for each picture without."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    faults: list[Fault] = []
    names = _names(files, faults)
    yield from faults
    pictures = PictureNames(files)
    masks = {name for name in pictures.names if _is_mask(name)}
    plain = PictureNames(_Without(files, masks))
    used: set[str] = set()
    for mask in sorted(masks):
        picture = plain.beside(_unsuffixed(mask))
        if picture in used:
            yield Fault(
                shown(mask), "duplicate-id", "Another mask is about the same picture; this one was passed over."
            )
            continue
        used.add(picture or "")
        called = _unsuffixed(mask)
        yield Later(partial(labelled, files, task_type, picture, called, partial(_mark, files, mask, names)))
    for name in plain.names:
        if name not in used:
            yield Later(picture_row, files, name)


class _Without:
    """The files without some."""

    def __init__(self, files: Files, left_out: set[str]) -> None:
        self._files, self._left_out = files, left_out
        self.open = files.open

    def entries(self) -> Iterator:
        return (entry for entry in self._files.entries() if entry.name not in self._left_out)


def _is_mask(name: str) -> bool:
    return name.lower().endswith((".png", ".bmp", ".tif", ".tiff")) and any(
        step.lower() in FOLDERS or step in FOLDERS for step in name.split("/")[:-1]
    )


def _unsuffixed(name: str) -> str:
    found = stem(name)
    for suffix in SUFFIXES:
        found = found.removesuffix(suffix)
    return found


def _mark(files: Files, mask: str, names: Names, marks: Marks) -> tuple[Said, ...]:
    place = shown(mask)
    try:
        found = numbers_of(whole(files, mask, MAX_BYTES))
        if found.shape[:2] != (marks.height, marks.width):
            text = "The mask is %(mask_width)s × %(mask_height)s; the picture %(width)s × %(height)s."
            raise Refused(
                text,
                code="wrong-mask-size",
                mask_width=found.shape[1],
                mask_height=found.shape[0],
                width=marks.width,
                height=marks.height,
            )
    except Refused as refused:
        marks.lose(place, refused.code, refused.sentence)
        return ()
    flat = found if found.ndim == 2 else (found[..., 0] << 16) + (found[..., 1] << 8) + found[..., 2]
    values = np.unique(flat)
    if len(values) > MOST_CLASSES:
        marks.lose(place, "too-many-classes", "This is a photograph rather than a mask: it has too many colours.")
        return ()
    for value in values.tolist():
        label = _label(value, found.ndim == 3, names)
        if label is not None:
            marks.mask(place, label, flat == value)
    return marks.said()


def _label(value: int, coloured: bool, names: Names) -> str | None:
    """What a value stands for; None for nothing."""
    if coloured:
        colour = (value >> 16, value >> 8 & 255, value & 255)
        name = names.colours.get(colour, None if colour == (0, 0, 0) else "#{:02x}{:02x}{:02x}".format(*colour))
    else:
        name = names.numbers.get(value, None if value == 0 else str(value))
    return None if name is not None and name.lower() in names.nothing else name


def _names(files: Files, faults: list[Fault]) -> Names:
    """What stands in every list of names that there is."""
    found = Names({}, {})
    for entry in wanted(files):
        last = entry.name.lower().rpartition("/")[2]
        if last not in ("labelmap.txt", "label_colors.txt", "classes.txt", "labels.txt", "dataset_meta.json"):
            continue
        try:
            text = text_of(files, entry.name, MAX_CONFIG)
            if last.endswith(".json"):
                _of_json(loads(text), found)
            else:
                _of_lines(text, found)
        except Refused as refused:
            faults.append(Fault.of(refused, shown(entry.name)))
    return found


def _of_lines(text: str, found: Names) -> None:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for number, line in enumerate(itertools.islice(lines, 70_000)):
        name, _, rest = line.partition(":")
        colour = [one for one in rest.partition(":")[0].replace(",", " ").split() if one.isdigit()]
        if len(colour) == 3:
            found.colours[(int(colour[0]), int(colour[1]), int(colour[2]))] = name.strip()[:200]
        found.numbers.setdefault(number, name.strip()[:200])


def _of_json(told: object, found: Names) -> None:
    labels = told.get("label_map", told.get("labels")) if isinstance(told, dict) else None
    colours = told.get("segmentation_colors") if isinstance(told, dict) else None
    pairs = list(labels.items()) if isinstance(labels, dict) else list(enumerate(labels or ()))
    for at, (number, name) in enumerate(pairs):
        if str(number).isdigit():
            found.numbers[int(number)] = str(name)[:200]
        colour = colours[at] if isinstance(colours, list) and at < len(colours) else None
        if isinstance(colour, list) and len(colour) == 3 and all(isinstance(one, int) for one in colour):
            found.colours[(colour[0], colour[1], colour[2])] = str(name)[:200]


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files)]
    if any(name.lower().endswith((".xml", ".json")) and "meta" not in name for name in names):
        return False
    masks = {stem(name).rpartition("/")[2] for name in names if _is_mask(name)}
    return bool(masks) and any(stem(name).rpartition("/")[2] in masks for name in names if not _is_mask(name))


FORMAT = ImportFormat(
    key="mask_folders",
    title="Pictures and masks in folders",
    note="Each number or colour of a mask becomes one region; which things of a class are apart is not in it.",
    task_types=("image_regions",),
    endings=(),
    recognises=_recognises,
    read=read,
)
