"""Masks as pictures: in Cityscapes' folders, and plainly as one picture of classes beside each picture.

A pixel belongs to one object: what was drawn later lies on top. Class numbers begin with 1; 0 is the rest.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.data.exporting import pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import FlatNames, ending, folder
from projects.data.exporting.source import Source

CITY = "all"
OF_A_CLASS = 1000  # an instance's number is its class times this, and its place among those of the class
APART = 64  # classes whose instances have numbers in 16 bits; of others it is the class itself, as Cityscapes has it


def write_cityscapes(source: Source) -> Iterator[Entry]:
    """Pictures under leftImg8bit, what is in them under gtFine: classes, instances, colours."""
    palette = _palette(source)
    lines = [f"{r} {g} {b} {name}" for name, (r, g, b) in zip(_names(source), palette, strict=True)]
    yield Entry("label_colors.txt", ["\n".join([*lines, ""]).encode()])
    names = FlatNames()
    for split in source.splits:
        part = split or "train"
        for one in source.tasks(split):
            stem = names.stem(one)
            yield from pictures.entry(one, f"leftImg8bit/{part}/{CITY}/{stem}_leftImg8bit{ending(one)}")
            classes, instances = drawn(source, one)
            colours = np.array(palette, dtype=np.uint8)[classes]
            kinds: dict[str, NDArray[Any]] = {
                "labelIds": classes,
                "labelTrainIds": classes,
                "instanceIds": instances,
                "color": colours,
            }
            for kind, picture in kinds.items():
                name = f"gtFine/{part}/{CITY}/{stem}_gtFine_{kind}.png"
                yield Entry(name, [shapes.png(picture)], packed=False)


def write_plain(source: Source) -> Iterator[Entry]:
    """images/ and masks/ for each part, with dataset_meta.json: the names and colours of the classes."""
    palette, names_of = _palette(source), _names(source)
    meta = {
        "label_map": {str(at): name for at, name in enumerate(names_of)},
        "segmentation_colors": [list(one) for one in palette],
    }
    names = FlatNames()
    for split in source.splits:
        part = f"{split}/" if split else ""
        yield Entry(f"{part}dataset_meta.json", [json.dumps(meta, ensure_ascii=False, indent=1).encode()])
        for one in source.tasks(split):
            stem = names.stem(one)
            yield from pictures.entry(one, f"{part}images/{stem}{ending(one)}")
            classes, _instances = drawn(source, one)
            yield Entry(f"{part}masks/{stem}.png", [shapes.png(classes, palette)], packed=False)


def drawn(source: Source, one: Decided) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """The class of each pixel, and its instance: see OF_A_CLASS."""
    height, width = one.payload["height"], one.payload["width"]
    classes, instances = np.zeros((height, width), np.uint8), np.zeros((height, width), np.uint16)
    counts: dict[int, int] = {}
    for region in one.answer["regions"]:
        if region["shape"]["type"] in shapes.AREAS:
            number = source.classes[region["label"]].number + 1
            at = counts[number] = counts.get(number, -1) + 1
            inside = shapes.bitmap(region["shape"], height, width)
            classes[inside] = number
            instances[inside] = number * OF_A_CLASS + min(at, OF_A_CLASS - 1) if number <= APART else number
    return classes, instances


def _names(source: Source) -> list[str]:
    """One word each: the files are read by spaces."""
    return ["background", *("_".join(folder(name).split()) for name in source.names)]


def _palette(source: Source) -> list[tuple[int, int, int]]:
    return [(0, 0, 0), *shapes.distinct([one.colour for one in source.in_order])]


CITYSCAPES = ExportFormat(
    key="cityscapes",
    title="Cityscapes",
    note="Pictures of classes, instances and colours under gtFine, the pictures under leftImg8bit. At most 255 labels.",
    loses="What lies below something else, that boxes and polygons are no masks, lines, points, attributes, blanks in "
    "names, external ids, meta; instances beyond 999 of a class in one picture, and which are apart of classes beyond "
    "the 64th.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=write_cityscapes,
    folder=True,
    media=True,
    most_labels=255,
)
PLAIN = CITYSCAPES._replace(
    key="masks",
    title="Masks as PNG",
    note="Beside each picture one of its classes, each in its colour; their names in dataset_meta.json. At most "
    "255 labels.",
    loses="Which objects of a class are apart, what lies below something else, that boxes and polygons are no masks, "
    "lines, points, attributes, blanks in names, external ids, meta.",
    write=write_plain,
)
