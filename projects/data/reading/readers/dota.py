"""DOTA: a text file beside each picture, with the four corners of a turned box, its class, and how hard it is."""

from collections.abc import Iterator
from functools import partial

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import after
from projects.data.reading.readers.labelled import labelled
from projects.data.reading.readers.lines import MAX_LINE
from projects.data.reading.readers.listing import heads, listed, shown, text_of
from projects.data.reading.readers.marks import Marks
from projects.data.reading.readers.picture_files import is_picture, stem
from projects.data.reading.readers.sidecars import sidecars
from projects.data.reading.readers.xml_files import number
from projects.data.reading.rows import Item, Said
from projects.errors import Refused

ENDINGS = (".txt",)
ABOUT = ("imagesource:", "gsd:")  # what a file may begin with


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each file of labels, then one for each picture without."""
    return after(sidecars(files, _is_label, partial(_row, files, reading.task_type)), reading.skip)


def _is_label(name: str) -> bool:
    return name.lower().endswith(ENDINGS)


def _row(files: Files, task_type: str, name: str, picture: str | None) -> Item:
    return labelled(files, task_type, picture, stem(name), partial(_mark, text_of(files, name, MAX_LINE), name))


def _mark(text: str, name: str, marks: Marks) -> tuple[Said, ...]:
    for at, line in enumerate(text.splitlines(), start=1):
        parts = line.split()
        if not parts or line.startswith(ABOUT):
            continue
        place = f"{shown(name.rpartition('/')[2])}, line {at}"
        try:
            if len(parts) < 9:
                raise Refused("A line is eight numbers and a class.", code="wrong-shape")
            corners = [[number(parts[one]), number(parts[one + 1])] for one in range(0, 8, 2)]
        except Refused as refused:
            marks.lose(place, refused.code, refused.sentence)
            continue
        hard = {"difficulty": int(parts[9])} if len(parts) > 9 and parts[9].isdigit() and parts[9] != "0" else {}
        marks.region(place, parts[8], {"type": "polygon", "points": corners}, hard)
    return marks.said()


def _is_line(line: str) -> bool:
    parts = line.split()
    try:
        corners = len(parts) in (9, 10) and all(number(one) >= -1e6 for one in parts[:8])
    except Refused:
        return False
    return corners and not _is_number(parts[8])


def _is_number(word: str) -> bool:
    """Of YOLO's polygons the ninth word is a number; here it is a class."""
    try:
        number(word)
    except Refused:
        return False
    return True


def _recognises(files: Files) -> bool:
    if not any(is_picture(entry.name) for entry in listed(files)):
        return False
    if any("/labelTxt/" in f"/{entry.name}" for entry in listed(files)):
        return True  # whatever is marked, which may be nothing
    starts = (found.decode("utf-8", "replace") for found in heads(files, ENDINGS))
    return any(_is_line(line) for start in starts for line in start.splitlines()[:3])


FORMAT = ImportFormat(
    key="dota",
    title="DOTA",
    note="Turned boxes become polygons of four corners; the source and scale of a picture are lost.",
    task_types=("image_regions",),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
