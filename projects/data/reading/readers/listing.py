"""What lies among some files: the list of them, their beginnings, and those that one format reads, one by one."""

import io
import itertools
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from projects.data.connectors import disk_room
from projects.data.connectors.files import Entry, Files
from projects.data.reading.readers.going_on import Later
from projects.data.reading.rows import Fault, Item, Row
from projects.errors import Refused

LOOKED_AT = 20_000  # files that are looked at to find out what they are
HEAD = 64 * 1024  # bytes of a file's beginning
OPENED = 20  # files of one kind that are opened to find out what they are
PIECE = 1024 * 1024
SPOOLED = 16 * 1024 * 1024
UNSEEN = ("Thumbs.db", ".DS_Store", "desktop.ini")  # what systems leave behind


class Glance:
    """Files whose list, and whose beginnings, are asked for only once while it is found out what they are."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._entries: list[Entry] | None = None
        self._heads: dict[str, bytes] = {}

    def entries(self) -> Iterator[Entry]:
        if self._entries is None:
            self._entries = list(itertools.islice(wanted(self._files), LOOKED_AT))
        return iter(self._entries)

    def open(self, name: str) -> BinaryIO:
        return self._files.open(name)

    def head(self, name: str) -> bytes:
        """A file's first HEAD bytes."""
        if name not in self._heads:
            with self._files.open(name) as file:
                self._heads[name] = file.read(HEAD)
        return self._heads[name]


def is_wanted(name: str) -> bool:
    """Whether somebody put the file there: systems add some of their own."""
    path = PurePosixPath(name)
    return "__MACOSX" not in path.parts and path.name not in UNSEEN


def wanted(files: Files) -> Iterator[Entry]:
    """The files that somebody put there."""
    return (entry for entry in files.entries() if is_wanted(entry.name))


def listed(files: Files) -> list[Entry]:
    """The first of the files, as many as are looked at to find out what they are."""
    return list(itertools.islice(wanted(files), LOOKED_AT))


def heads(files: Files, endings: tuple[str, ...]) -> Iterator[bytes]:
    """The beginnings of the first few files that end so."""
    return (head(files, name) for name in named(files, endings))


def named(files: Files, endings: tuple[str, ...]) -> list[str]:
    """The names of the first few files that end so."""
    found = (entry.name for entry in listed(files) if entry.name.lower().endswith(endings))
    return list(itertools.islice(found, OPENED))


def head(files: Files, name: str) -> bytes:
    """The beginning of a file; nothing of one that can't be opened."""
    try:
        if isinstance(files, Glance):
            return files.head(name)
        with files.open(name) as file:
            return file.read(HEAD)
    except Refused:
        return b""


def each_file(
    files: Files, endings: tuple[str, ...], rows: Callable[[BinaryIO], Iterable[Item | Later]]
) -> Iterator[Item | Later]:
    """The items of every file that ends so; where there are several, a place begins with the file's name.

    A file among several that can't be read is one fault; one by itself is Refused. What ends otherwise is told.
    """
    names: list[str] = []
    others: list[str] = []
    for entry in wanted(files):
        (names if entry.name.lower().endswith(endings) else others).append(entry.name)
    if not names and len(others) == 1:  # whoever named the format of one file knows what is in it
        names, others = others, []
    if not names:
        text = "None of the files ends in %(endings)s."
        raise Refused(text, code="nothing-to-read", endings=", ".join(endings))
    alone = len(names) + len(others) == 1
    for name in names:
        try:
            with files.open(name) as file:
                found = rows(file)
                yield from found if alone else (placed(name, item) for item in found)
        except Refused as refused:
            if alone:
                raise
            yield Fault.of(refused, shown(name))
    for name in others:
        yield passed_over(name)


def passed_over(name: str) -> Fault:
    """The fault of a file that the format has no place for."""
    return Fault(shown(name), "not-read", "This file is none of the format that is read here; it was passed over.")


def shown(name: str) -> str:
    """A file's name as a place shows it."""
    return name.encode("utf-8", "replace").decode("utf-8")[:200]


def placed(name: str, item: Item | Later) -> Item | Later:
    """An item of one file among several."""
    if isinstance(item, Later):
        return Later(lambda: cast(Item, placed(name, item())))
    place = f"{shown(name)}, {item.place}"
    if isinstance(item, Fault):
        return item._replace(place=place)
    return Row(**(vars(item) | {"place": place}))


def seekable(file: BinaryIO) -> BinaryIO:
    """The file, or a copy of it that can be read from anywhere, which goes away once it is closed. Raises
    StorageFull."""
    if file.seekable():
        return file
    copy = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=SPOOLED))  # noqa: SIM115
    with file:
        while piece := file.read(PIECE):
            if copy.tell() + len(piece) > SPOOLED:
                disk_room.check(tempfile.gettempdir(), SPOOLED)
            copy.write(piece)
    copy.seek(0)
    return copy


def whole(files: Files, name: str, most: int) -> bytes:
    """All of a small file. Raises Refused for one of more than `most` bytes."""
    with files.open(name) as file:
        pieces: deque[bytes] = deque()
        left = most + 1
        while left > 0 and (piece := file.read(min(left, PIECE))):
            pieces.append(piece)
            left -= len(piece)
    if left <= 0:
        text = "The file has more than %(most)s MiB, which is more than one of this kind may have."
        raise Refused(text, code="too-large", most=most // 2**20)
    return b"".join(pieces)


def text_of(files: Files, name: str, most: int) -> str:
    """All of a small text file. Raises Refused where it is no UTF-8."""
    data = whole(files, name, most)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        text = "The file is not UTF-8 (byte %(byte)s). Save it as UTF-8."
        raise Refused(text, code="not-utf-8", byte=problem.start + 1) from None


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text by any of the three line ends, and by these alone."""
    return (line.rstrip("\r\n") for line in io.StringIO(text, newline=None))
