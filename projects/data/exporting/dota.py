"""DOTA: a text file of turned boxes for each picture."""

from collections.abc import Iterator

from projects.data.exporting import pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.markup import number
from projects.data.exporting.names import FlatNames, ending
from projects.data.exporting.source import Source


def write(source: Source) -> Iterator[Entry]:
    """images/ and labelTxt/ of each part."""
    names = FlatNames()
    for split in source.splits:
        part = split or "train"
        for one in source.tasks(split):
            stem = names.stem(one)
            yield from pictures.entry(one, f"{part}/images/{stem}{ending(one)}")
            yield Entry(f"{part}/labelTxt/{stem}.txt", [_lines(source, one)])


def _lines(source: Source, one: Decided) -> bytes:
    lines = []
    for region in one.answer["regions"]:
        corners = shapes.four_corners(region["shape"]) if region["shape"]["type"] in shapes.AREAS else []
        if corners:
            hard = int(region["attributes"].get("difficult") is True)
            name = "-".join(source.classes[region["label"]].name.split())
            sides = " ".join(number(value) for corner in corners for value in corner)
            lines.append(f"{sides} {name} {hard}\n")
    return "".join(lines).encode()


FORMAT = ExportFormat(
    key="dota",
    title="DOTA",
    note="A text file of boxes, turned as the objects lie, for each picture; blanks in names become hyphens.",
    loses="Outlines, that a box lies straight, lines, points, attributes but “difficult”, blanks in names, external "
    "ids, meta.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
    media=True,
)
