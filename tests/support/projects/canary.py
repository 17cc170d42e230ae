"""A file outside of all that may be read, and who opened it: of this process or of one that it started."""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
ACCESSED, MODIFIED, OPENED, CREATED, MOVED_IN = 0x1, 0x2, 0x20, 0x100, 0x80
WATCHED = ACCESSED | MODIFIED | OPENED | CREATED | MOVED_IN
ABOUT_A_FOLDER = 0x40000000
EVENT = struct.Struct("iIII")


class Watch:
    """What happens to the files of a folder; looking through the folder itself doesn't count."""

    def __init__(self, folder: Path) -> None:
        self._handle = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self._handle >= 0, os.strerror(ctypes.get_errno())
        assert LIBC.inotify_add_watch(self._handle, os.fsencode(folder), WATCHED) >= 0, folder

    def seen(self) -> set[str]:
        """The names of files that were opened or created since the last look."""
        names: set[str] = set()
        try:
            while data := os.read(self._handle, 65536):
                at = 0
                while at < len(data):
                    _watch, mask, _cookie, length = EVENT.unpack_from(data, at)
                    name = data[at + EVENT.size : at + EVENT.size + length].rstrip(b"\x00").decode()
                    at += EVENT.size + length
                    if not mask & ABOUT_A_FOLDER:
                        names.add(name)
        except BlockingIOError:
            return names
        return names

    def close(self) -> None:
        """Watch no more."""
        os.close(self._handle)


@contextmanager
def watched(folder: Path) -> Iterator[Watch]:
    """The folder's files, watched for as long as the block lasts."""
    watch = Watch(folder)
    try:
        yield watch
    finally:
        watch.close()
