"""A zip written while it is read, in constant memory whatever it holds: files of any size, and any number of them.

The list at its end is spooled to a temporary file: Python's own zipfile holds a kilobyte for each file. The same files
make the same bytes: there are no times in it. After PKWARE's APPNOTE 6.3.3; zip64 records are there only where needed.
"""

import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, NamedTuple

from projects.data.exporting.format import Entry
from projects.data.exporting.pieces import pieces_of

LOCAL, CENTRAL, DESCRIPTOR, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x07\x08", b"PK\x05\x06"
END64, END64_AT = b"PK\x06\x06", b"PK\x06\x07"
STORED, DEFLATED = 0, 8
SIZES_FOLLOW, UTF8 = 0x0008, 0x0800
DAY = 0x0021  # the first of January 1980
BY_UNIX = 3 << 8 | 45
FILE_MODE = 0o100644 << 16
MOST16, MOST32 = 0xFFFF, 0xFFFFFFFF
SPOOLED = 4 * 1024 * 1024
SMALL = 64 * 1024  # a file up to this size is packed whole, and its sizes stand before it


class Written(NamedTuple):
    """What the list says of a file."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    at: int


class Zip:
    """One on its way out: where it stands, and its list."""

    def __init__(self, listed: IO[bytes]) -> None:
        self.at = self.files = 0
        self.listed = listed

    def file(self, entry: Entry) -> Iterator[bytes]:
        """One file with its header; its line goes into the list."""
        name = entry.name.encode()
        if not entry.packed:
            yield from self._stored(name, entry.pieces)
            return
        head, more = _beginning(entry.pieces)
        if more is None:
            yield from self._small(name, head)
        else:
            yield from self._streamed(name, head, more)

    def _small(self, name: bytes, data: bytes) -> Iterator[bytes]:
        packer = zlib.compressobj(wbits=-15)
        packed = packer.compress(data) + packer.flush()
        method = DEFLATED if len(packed) < len(data) else STORED
        body = packed if method else data
        found = Written(name, UTF8, method, zlib.crc32(data), len(body), len(data), self.at)
        yield self._sent(_local(found) + body)
        self._list(found)

    def _stored(self, name: bytes, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Spooled first if it is large, so that its sizes stand before it: some readers don't take stored files
        otherwise."""
        head, more = _beginning(pieces)
        if more is None:
            found = Written(name, UTF8, STORED, zlib.crc32(head), len(head), len(head), self.at)
            yield self._sent(_local(found) + head)
            self._list(found)
            return
        crc = size = 0
        with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as spool:
            for piece in chain((head,), more):
                spool.write(piece)
                crc, size = zlib.crc32(piece, crc), size + len(piece)
            found = Written(name, UTF8, STORED, crc, size, size, self.at)
            yield self._sent(_local(found))
            for piece in pieces_of(spool):
                yield self._sent(piece)
        self._list(found)

    def _streamed(self, name: bytes, head: bytes, more: Iterator[bytes]) -> Iterator[bytes]:
        """Packed as it comes, its sizes behind it: eight bytes each, as its local zip64 field says."""
        start, packer = self.at, zlib.compressobj(wbits=-15)
        flags = UTF8 | SIZES_FOLLOW
        extra = struct.pack("<HHQQ", 1, 16, 0, 0)
        fields = (45, flags, DEFLATED, 0, DAY, 0, MOST32, MOST32, len(name), len(extra))
        yield self._sent(struct.pack("<4s5H3L2H", LOCAL, *fields) + name + extra)
        crc, size = zlib.crc32(head), len(head)
        if packed := packer.compress(head):
            yield self._sent(packed)
        for piece in more:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if packed := packer.compress(piece):
                yield self._sent(packed)
        yield self._sent(packer.flush())
        length = self.at - start - 30 - len(name) - len(extra)
        yield self._sent(struct.pack("<4sLQQ", DESCRIPTOR, crc, length, size))
        self._list(Written(name, flags, DEFLATED, crc, length, size, start))

    def end(self) -> Iterator[bytes]:
        """The list, and where it lies."""
        start, size = self.at, self.listed.tell()
        for piece in pieces_of(self.listed):
            yield self._sent(piece)
        if self.files >= MOST16 or max(start, size) >= MOST32:
            whole = struct.pack(
                "<4sQHHLLQQQQ", END64, 44, BY_UNIX, 45, 0, 0, self.files, self.files, size, start
            ) + struct.pack("<4sLQL", END64_AT, 0, self.at, 1)
            yield self._sent(whole)
        files = min(self.files, MOST16)
        yield struct.pack("<4s4H2LH", END, 0, 0, files, files, min(size, MOST32), min(start, MOST32), 0)

    def _sent(self, data: bytes) -> bytes:
        self.at += len(data)
        return data

    def _list(self, one: Written) -> None:
        large = [value for value in (one.size, one.packed, one.at) if value >= MOST32]
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        packed, size, at = (min(value, MOST32) for value in (one.packed, one.size, one.at))
        sizes = (one.crc, packed, size, len(one.name), len(extra), 0, 0, 0, FILE_MODE, at)
        fields = (BY_UNIX, 45, one.flags, one.method, 0, DAY, *sizes)
        self.listed.write(struct.pack("<4s6H3L5H2L", CENTRAL, *fields) + one.name + extra)
        self.files += 1


def zipped(entries: Iterable[Entry]) -> Iterator[bytes]:
    """These files as a zip, piece by piece."""
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as listed:
        made = Zip(listed)
        for entry in entries:
            yield from made.file(entry)
        yield from made.end()


def _beginning(pieces: Iterable[bytes]) -> tuple[bytes, Iterator[bytes] | None]:
    """What of a file fits into SMALL, and the rest; None where that was all."""
    rest, held, size = iter(pieces), [], 0
    for piece in rest:
        held.append(piece)
        size += len(piece)
        if size > SMALL:
            return b"".join(held), rest
    return b"".join(held), None


def _local(one: Written) -> bytes:
    large = max(one.packed, one.size) >= MOST32
    extra = struct.pack("<HHQQ", 1, 16, one.size, one.packed) if large else b""
    packed, size = (MOST32, MOST32) if large else (one.packed, one.size)
    fields = (45, one.flags, one.method, 0, DAY, one.crc, packed, size, len(one.name), len(extra))
    return struct.pack("<4s5H3L2H", LOCAL, *fields) + one.name + extra
