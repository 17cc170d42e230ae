"""What a zip or a tar holds, read in place: nothing is ever unpacked to a path, so no name in it can lead anywhere.

Each file in it is listed, and what may not be read is refused when it is opened: links, what is encrypted, what unpacks
to far more than was sent, and names that would be unsafe to unpack, for they become names of tasks.
"""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import PurePosixPath
from typing import IO, BinaryIO, NamedTuple, cast

from projects.data.connectors.beneath import NoSuchFile, check_name
from projects.data.connectors.files import Entry
from projects.data.connectors.handle import Handle
from projects.data.limits import MAX_DIRECTORY, MAX_ENTRIES, MAX_RATIO, MAX_TAR_HEADER, RATIO_FROM
from projects.errors import Refused

READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # Python unpacks others without a bound
BLOCK = 512  # bytes of a tar's plain header
ENTRY, END, END64_AT, END64 = b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
SYSTEMS_OWN = ("Thumbs.db", ".DS_Store", "desktop.ini")
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, OSError, ValueError)


class Packed(NamedTuple):
    """A file in an archive: how it is listed, why it may not be read (if so), and how it is opened."""

    entry: Entry
    refused: Refused | None
    open: Callable[[], BinaryIO]


class Archive:
    """The files of an archive, by their names; of several with one name the first counts, and the others are told."""

    def __init__(self, packed: Iterator[Packed]) -> None:
        self._packed: dict[str, Packed] = {}
        doubles: list[Packed] = []
        for one in packed:
            if len(self._packed) + len(doubles) >= MAX_ENTRIES:
                raise Refused("The archive lists too many files; split it.", code="too-large")
            if one.entry.name in self._packed:
                doubles.append(one)
            else:
                self._packed[one.entry.name] = one
        others = {one.entry.name: _numbered(one.entry.name) for one in doubles}
        for one in doubles:  # once all real names are known, so that none of them is taken
            name = next(other for other in others[one.entry.name] if other not in self._packed)
            refused = Refused("The archive holds another file of this name, which is read.", code="duplicate-name")
            self._packed[name] = Packed(one.entry._replace(name=name), refused, one.open)
        if not self._packed:
            raise Refused("The archive holds no files.", code="empty-file")

    def entries(self) -> Iterator[Entry]:
        for one in self._packed.values():
            yield one.entry

    def open(self, name: str) -> BinaryIO:
        check_name(name)
        found = self._packed.get(name)
        if found is None:
            raise NoSuchFile(name)
        if found.refused is not None:
            raise found.refused
        return found.open()


def _numbered(name: str) -> Iterator[str]:
    path = PurePosixPath(name)
    return (f"{path.with_suffix('')} ({number}){path.suffix}" for number in count(2))


def read_zip(file: BinaryIO) -> Archive:
    """The files of a zip. Raises Refused where it can't be read as one."""
    archive = _opened_zip(file)
    listed = [one for one in archive.infolist() if not _passed_over(one.filename)]
    _check_overlaps(listed)
    return Archive(_of_zip(archive, one) for one in listed)


def check_package(file: BinaryIO) -> list[Entry]:
    """What is in a zip that a library opens by itself: nothing that may not be read here. Raises Refused."""
    infos = [info for info in _opened_zip(file).infolist() if not info.is_dir()]
    _check_overlaps(infos)
    for info in infos:
        if (refused := _why_not(info)) is not None:
            raise refused
    file.seek(0)
    return [Entry(info.filename, info.file_size) for info in infos]


def _opened_zip(file: BinaryIO) -> zipfile.ZipFile:
    _check_directory(file)
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, OSError) as problem:
        raise Refused("The zip archive is damaged: %(problem)s.", code="not-a-zip", problem=str(problem)) from None


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Packed:
    entry = Entry(safe(info.filename), info.file_size, f"{info.CRC:08x}")
    return Packed(entry, _why_not(info), lambda: _unpacked(archive, info))


def _why_not(info: zipfile.ZipInfo) -> Refused | None:
    if safe(info.filename) != info.filename:
        text = "The path leads out of the archive or holds characters that no path should."
        return Refused(text, code="unsafe-path")
    if (info.external_attr >> 16) & 0o170000 == 0o120000:
        return Refused("This is a link to a file, not a file.", code="unsafe-path")
    if info.compress_type not in READ_METHODS:
        text = "The file is packed by a method that isn't read here: pack it as zip programs usually do (deflate)."
        return Refused(text, code="packed-otherwise")
    if info.flag_bits & 0x1:
        return Refused("The file is encrypted; send it without a password.", code="encrypted")
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return Refused("The file unpacks to far more than any file of its kind would.", code="zip-bomb")
    return None


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    try:
        return cast(BinaryIO, io.BufferedReader(_Unpacking(archive.open(info), info.file_size)))
    except DAMAGED as problem:
        raise _damaged(problem) from None
    except RuntimeError as problem:
        raise Refused("The file can't be unpacked: %(reason)s.", code="encrypted", reason=str(problem)[:200]) from None


class _Unpacking(io.RawIOBase):
    """A file of a zip while it is unpacked: no more of it than was said, and what is damaged has its reason."""

    def __init__(self, packed: IO[bytes], most: int) -> None:
        self._packed = packed
        self._most = most

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._packed.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self._packed.seek(offset, whence)
        except DAMAGED as problem:
            raise _damaged(problem) from None

    def tell(self) -> int:
        return self._packed.tell()

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer)).cast("B")
        try:
            data = self._packed.read(len(view))
        except DAMAGED as problem:
            raise _damaged(problem) from None
        if self._packed.tell() > self._most:
            raise Refused("The file unpacks to more than the archive says.", code="zip-bomb")
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._packed.close()
        super().close()


def _damaged(problem: Exception) -> Refused:
    reason = str(problem).rstrip(".") or type(problem).__name__
    return Refused("The file can't be unpacked: %(reason)s.", code="damaged-entry", reason=reason[:200])


def _check_directory(file: BinaryIO) -> None:
    """Refuse a list of entries too large to hold, by the record at the end of the archive."""
    file.seek(0, 2)
    size = file.tell()
    tail_at = max(0, size - 66_000)
    file.seek(tail_at)
    tail = file.read()
    end = tail.rfind(END)
    if end < 0 or len(tail) - end < 22:
        raise Refused("This is not a zip archive, or it is cut off.", code="not-a-zip")
    listed = struct.unpack_from("<L", tail, end + 12)[0]
    locator = end - 20
    if locator >= 0 and tail[locator : locator + 4] == END64_AT:
        file.seek(min(struct.unpack_from("<Q", tail, locator + 8)[0], size))
        record = file.read(56)
        if len(record) == 56 and record.startswith(END64):
            listed = struct.unpack_from("<Q", record, 40)[0]
    if listed > MAX_DIRECTORY or _counted(file, size, listed) > MAX_ENTRIES:
        raise Refused("The archive lists too many files; split it.", code="too-large")
    file.seek(0)


def _counted(file: BinaryIO, size: int, listed: int) -> int:
    """How many entries there are at most, whatever the archive says of it: its list, of so many bytes, lies last."""
    file.seek(max(0, size - listed - 66_000))
    return file.read().count(ENTRY)


def _check_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes unpack to far more than was sent: a bomb, never an honest archive."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Refused("Files in the archive overlap each other.", code="zip-bomb", place=entry.filename[:200])
        end = entry.header_offset + 30 + entry.compress_size


def read_tar(file: BinaryIO) -> Archive:
    """The files of a tar that isn't packed (upload.py unpacks one that is). Raises Refused."""
    file.seek(0)
    headers = _Headers(file)
    listed: list[tarfile.TarInfo] = []
    try:
        archive = tarfile.open(fileobj=cast(BinaryIO, headers), mode="r:")  # noqa: SIM115 - its files are read later
        for number, info in enumerate(archive):
            if number >= MAX_ENTRIES:
                raise Refused("The archive lists too many files; split it.", code="too-large")
            if not info.isdir() and not _passed_over(info.name):
                listed.append(info)
    except (tarfile.TarError, ValueError, OSError, EOFError) as problem:
        raise Refused(
            "The tar archive is damaged: %(problem)s.", code="not-a-tar", problem=str(problem)[:200]
        ) from None
    headers.listed = True
    return Archive(_of_tar(archive, one) for one in listed)


class _Headers(Handle):
    """A tar of which only headers are read until all are listed: what one says of its length is believed by Python, and
    all that it says is kept."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.listed = False
        self._told = 0  # bytes of headers beyond the plain ones

    def read(self, size: int) -> bytes:
        if not self.listed and size > BLOCK:
            self._told += size
            if size > MAX_TAR_HEADER or self._told > MAX_DIRECTORY:
                text = "A header of the tar archive has %(number)s bytes; that is more than any name takes."
                raise Refused(text, code="too-large", place=f"byte {self._file.tell()}", number=size)
        return self._file.read(size)


def _of_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Packed:
    name = info.name.removeprefix("./")
    entry = Entry(safe(name), info.size, str(info.mtime))
    refused = None
    if entry.name != name:
        text = "The path leads out of the archive or holds characters that no path should."
        refused = Refused(text, code="unsafe-path")
    elif not info.isreg() or info.issparse():
        refused = Refused("This is a link to a file, not a file.", code="unsafe-path")
    return Packed(entry, refused, lambda: cast(BinaryIO, archive.extractfile(info)))


def _passed_over(name: str) -> bool:
    path = PurePosixPath(name)
    return name.endswith("/") or "__MACOSX" in path.parts or path.name in SYSTEMS_OWN


def safe(name: str) -> str:
    """The name itself, where it is a path below the archive; else what is left of it when it is made one."""
    printable = name.encode("utf-8", "replace").decode("utf-8")
    printable = "".join(letter if letter.isprintable() else "?" for letter in printable)
    steps = printable.replace("\\", "/").replace(":/", "/").split("/")
    found = "/".join(step for step in steps if step not in ("", ".", ".."))
    return found[2:] or "?" if found[1:2] == ":" else found or "?"
