"""A zip of pictures, read in place: nothing is ever unpacked to disk, so no path in it can lead anywhere.

Entries are read one at a time, each with a limit on what it may unpack to; an entry whose path would
be unsafe to unpack is refused all the same, because its name becomes the task's name.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from projects.data.importing.rows import Fault, Item, Row
from projects.data.media.pictures import MAX_BYTES, read_picture
from projects.errors import Refused

MAX_DIRECTORY = 32 * 1024 * 1024  # bytes of the list of entries
MAX_ENTRIES = 200_000  # each takes up most of a kilobyte while the archive is read
MAX_RATIO = 400  # an unpacked picture is never this much larger than its packed form...
RATIO_FROM = 1024 * 1024  # ...once it is larger than this
ENTRY, END, END64_AT, END64 = b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"


def read_zip(file: BinaryIO, skip: int = 0) -> Iterator[Item]:
    """Each picture in the archive, named by its path; folders and the system's own files are passed over."""
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, OSError) as problem:
        raise Refused("The zip archive is damaged: %(problem)s.", code="not-a-zip", problem=str(problem)) from None
    with archive:
        entries = [entry for entry in archive.infolist() if not _passed_over(entry)]
        if not entries:
            raise Refused("The archive holds no files.", code="empty-file")
        _check_overlaps(entries)
        for entry in entries[skip:]:
            yield _item(archive, entry)


def _check_directory(file: BinaryIO) -> None:
    """Refuse a list of entries too large to hold, by the record at the end of the archive."""
    file.seek(0, 2)
    size = file.tell()
    if size == 0:
        raise Refused("The file is empty.", code="empty-file")
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
    if listed > MAX_DIRECTORY or _entries(file, size, listed) > MAX_ENTRIES:
        raise Refused("The archive lists too many files; split it.", code="too-large")
    file.seek(0)


def _entries(file: BinaryIO, size: int, listed: int) -> int:
    """How many entries there are at most, whatever the archive says of it: its list, of so many bytes, lies last."""
    file.seek(max(0, size - listed - 66_000))
    return file.read().count(ENTRY)


def _passed_over(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    return (
        entry.filename.endswith("/")
        or "__MACOSX" in path.parts
        or path.name in ("Thumbs.db", ".DS_Store", "desktop.ini")
    )


def _check_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes unpack to far more than was sent: a bomb, never an honest archive."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Refused("Files in the archive overlap each other.", code="zip-bomb", place=entry.filename[:200])
        end = entry.header_offset + 30 + entry.compress_size


def _item(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Item:
    name = entry.filename
    place = name.encode("utf-8", "replace").decode("utf-8")[:200]
    try:
        _check_entry(entry)
        picture = read_picture(_unpacked(archive, entry))
    except Refused as refused:
        return Fault.of(refused, place)
    fields = {"asset": picture.sha256, "width": picture.width, "height": picture.height, "name": name}
    return Row(place, name, fields, picture, len(picture.data) + len(picture.thumbnail))


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    path = PurePosixPath(name)
    if (
        not name
        or path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or name[1:2] == ":"
        or not name.isprintable()
    ):
        text = "The path leads out of the archive or holds characters that no path should."
        raise Refused(text, code="unsafe-path")
    if (entry.external_attr >> 16) & 0o170000 == 0o120000:
        raise Refused("This is a link to a file, not a file.", code="unsafe-path")
    if entry.flag_bits & 0x1:
        raise Refused("The file is encrypted; send it without a password.", code="encrypted")
    if entry.file_size > MAX_BYTES:
        raise Refused(
            "The file has %(number)s bytes; at most %(most)s are allowed.",
            code="too-large",
            number=entry.file_size,
            most=MAX_BYTES,
        )
    if entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        raise Refused("The file unpacks to far more than any picture would.", code="zip-bomb")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(entry) as packed:
            data = packed.read(MAX_BYTES + 1)  # whatever the entry claims about its size
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
    ) as problem:
        reason = str(problem).rstrip(".") or type(problem).__name__
        raise Refused("The file can't be unpacked: %(reason)s.", code="damaged-entry", reason=reason[:200]) from None
    except RuntimeError as problem:
        raise Refused("The file can't be unpacked: %(reason)s.", code="encrypted", reason=str(problem)[:200]) from None
    return data
