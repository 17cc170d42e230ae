"""Pictures by themselves: each is an item, named by its path."""

from collections.abc import Iterator

from projects.data.connectors.files import Entry, Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.listing import listed, shown, wanted
from projects.data.reading.readers.picture_files import ENDINGS, is_picture, picture_of, sized
from projects.data.reading.rows import Fault, Item, Row, Said
from projects.errors import Refused


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """Every file as a picture; what is none is told."""
    return after(_items(files), reading.skip)


def _items(files: Files) -> Iterator[Later]:
    entry = None
    for entry in wanted(files):
        yield Later(_read, files, entry)
    if entry is None:
        raise Refused("There are no files.", code="empty-file")


def _read(files: Files, entry: Entry) -> Item:
    return picture_row(files, entry.name)


def picture_row(
    files: Files, name: str, said: tuple[Said, ...] = (), lost: tuple[Fault, ...] = (), external_id: str = ""
) -> Item:
    """The row of one picture, and what is said of it."""
    try:
        picture = picture_of(files, name)
    except Refused as refused:
        return Fault.of(refused, shown(name))
    size = len(picture.data) + len(picture.thumbnail)
    return Row(shown(name), external_id or name, sized(picture, name), picture, size, said=said, lost=lost)


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files)]
    return any(map(is_picture, names))  # the last that is asked: what else lies there is told as no picture


FORMAT = ImportFormat(
    key="pictures",
    title="Pictures",
    note="Each picture is a task, named by its path.",
    task_types=("image_regions", "classification"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
