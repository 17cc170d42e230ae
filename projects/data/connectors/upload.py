"""What somebody sent: one file, several, a zip or a tar; told apart by what they are, not by what they are called."""

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

from django.core.files.base import File

from projects.data.connectors import disk_room
from projects.data.connectors.archives import read_tar, read_zip
from projects.data.connectors.beneath import NoSuchFile, check_name
from projects.data.connectors.files import Entry, Files
from projects.data.connectors.handle import Handle
from projects.data.limits import MAX_RATIO, RATIO_FROM
from projects.errors import Refused
from taskers.errors import StorageFull

ZIP, GZIP, TAR, TAR_AT = (b"PK\x03\x04", b"PK\x05\x06"), b"\x1f\x8b", b"ustar", 257
WHOLE = (".xlsx", ".xlsm")  # a zip that is one document: its reader opens it
PIECE = 1024 * 1024
IN_MEMORY = 32 * PIECE
MAX_BYTES = 50 * 2**30  # unpacked


class OneFile:
    """A file by itself."""

    def __init__(self, file: BinaryIO, name: str, size: int) -> None:
        self._file = file
        self._entry = Entry(name, size)

    def entries(self) -> Iterator[Entry]:
        yield self._entry

    def open(self, name: str) -> BinaryIO:
        check_name(name)
        if name != self._entry.name:
            raise NoSuchFile(name)
        self._file.seek(0)
        return cast(BinaryIO, _Kept(self._file))


class _Kept(Handle):
    """The file, whose closing is left to whoever opened it first."""

    def close(self) -> None:
        """Nothing: it is opened again."""


@contextmanager
def opened(file: BinaryIO, name: str) -> Iterator[Files]:
    """The files that were sent as one. Raises Refused where an archive can't be read."""
    file.seek(0, 2)
    size = file.tell()
    if not size:
        raise Refused("The file is empty.", code="empty-file", place="file")
    head = _head(file)
    if head.startswith(GZIP):
        with _ungzipped(file, size) as (plain, length):
            shorter = name.removesuffix(".gz") if name.endswith(".gz") else f"{name.removesuffix('.tgz')}.tar"
            yield _of(plain, shorter, length)
    else:
        yield _of(file, name, size)


def _of(file: BinaryIO, name: str, size: int) -> Files:
    head = _head(file)
    if head.startswith(ZIP) and name.lower().endswith(WHOLE):
        return OneFile(file, PurePosixPath(name).name, size)
    if head.startswith(ZIP) or name.lower().endswith(".zip"):
        return read_zip(file)
    if head[TAR_AT : TAR_AT + len(TAR)] == TAR:
        return read_tar(file)
    return OneFile(file, PurePosixPath(name).name or "file", size)


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    return head


@contextmanager
def _ungzipped(file: BinaryIO, size: int) -> Iterator[tuple[BinaryIO, int]]:
    """The file unpacked, in memory or on the disk, and its length; no further than an honest one would go, nor than
    the disk has room."""
    most, length = min(max(RATIO_FROM, size * MAX_RATIO), MAX_BYTES), 0
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as plain:
        try:
            with gzip.GzipFile(fileobj=file) as packed:
                while piece := packed.read(PIECE):
                    length += len(piece)
                    if length > most:
                        raise Refused("The file unpacks to far more than any file would.", code="zip-bomb")
                    if length > IN_MEMORY:
                        disk_room.check(tempfile.gettempdir(), IN_MEMORY)
                    plain.write(piece)
        except (OSError, EOFError, zlib.error) as problem:
            if isinstance(problem, OSError) and problem.errno in disk_room.FULL:
                raise StorageFull() from None
            raise Refused(
                "The file can't be unpacked: %(reason)s.", code="damaged-entry", reason=str(problem)[:200]
            ) from None
        yield cast(BinaryIO, plain), length


def together(files: Sequence[File]) -> IO[bytes]:
    """Several files as one archive, unpacked in it as they are. Raises Refused where two have the same name."""
    out = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked closes it
    names: set[str] = set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            name = PurePosixPath(str(file.name)).name
            if name in names:
                raise Refused("Two files are called “%(name)s”.", code="name-twice", place="file", name=name)
            names.add(name)
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
                for piece in file.chunks():
                    entry.write(piece)
    out.seek(0)
    return out
