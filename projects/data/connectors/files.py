"""Files that belong together, wherever they lie: what every connector gives and every reader takes."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from projects.data.connectors.beneath import open_beneath
from projects.errors import Refused


class Entry(NamedTuple):
    """One file, by its path below the place it was looked for in."""

    name: str  # "images/cat.png": steps with "/" between them, none of them "" or "." or ".."
    size: int  # bytes
    version: str = ""  # changes whenever the content does (an ETag, a time of change); "" where nothing tells


class Files(Protocol):
    """Some files, listed without being opened, in an order that is the same each time."""

    def entries(self) -> Iterator[Entry]:
        """Every file, one after the other. Raises Refused where the place can't be listed."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A file's content from its beginning, to be closed by the asker. The name may stand in somebody's data: raises
        UnsafePath for one that leads out, Refused where there is none or it is kept."""
        ...


class Folder:
    """The files below a folder of this machine. Links are passed over and never followed, so that nothing outside is
    ever read."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def entries(self) -> Iterator[Entry]:
        for path in sorted(self.path.rglob("*")):
            if path.is_file() and not path.is_symlink():
                found = path.stat()
                yield Entry(path.relative_to(self.path).as_posix(), found.st_size, str(found.st_mtime_ns))

    def open(self, name: str) -> BinaryIO:
        try:
            return open_beneath(self.path, name)
        except PermissionError:
            raise Refused("The server may not read this file.", code="access-denied") from None
