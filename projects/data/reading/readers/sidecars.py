"""Labels in a file of their own beside each picture."""

from collections.abc import Callable, Iterator
from functools import partial

from projects.data.connectors.files import Files
from projects.data.reading.readers.going_on import Later
from projects.data.reading.readers.listing import shown, wanted
from projects.data.reading.readers.picture_files import PictureNames
from projects.data.reading.readers.pictures import picture_row
from projects.data.reading.rows import Fault, Item
from projects.errors import Refused

# Makes the row of a file of labels, by its name and that of its picture (None: it isn't there).
Make = Callable[[str, str | None], Item]
# The picture that a file of labels itself says it is about; "" where it says none. Raises Refused.
Names = Callable[[str], str]


def sidecars(
    files: Files, is_label: Callable[[str], bool], make: Make, names: Names | None = None
) -> Iterator[Item | Later]:
    """A row for each file of labels, in the order of their names, then one for each picture that has none."""
    pictures = PictureNames(files)
    used: set[str] = set()
    for entry in wanted(files):
        if not is_label(entry.name):
            continue
        try:
            picture = pictures.beside(entry.name) or (names and pictures.of(names(entry.name), entry.name))
        except Refused as refused:
            yield Fault.of(refused, shown(entry.name))
            continue
        if picture in used:
            text = "Another file of labels is about the same picture; this one was passed over."
            yield Fault(shown(entry.name), "duplicate-id", text)
            continue
        if picture:
            used.add(picture)
        yield Later(partial(_made, make, entry.name, picture))
    for name in pictures.names:
        if name not in used:
            yield Later(picture_row, files, name)


def _made(make: Make, name: str, picture: str | None) -> Item:
    try:
        return make(name, picture)
    except Refused as refused:
        return Fault.of(refused, shown(name))
