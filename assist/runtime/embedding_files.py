"""Embeddings on disk: one file for each (image sha256, encoder), the least recently used removed first.

A full or broken disk costs only speed: it is logged, counted in `faults`, and whoever asked goes on without it.
"""

import contextlib
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, TypeVar

from assist.runtime import metrics

log = logging.getLogger(__name__)

HALF_WRITTEN_SECONDS = 600.0  # writing a file takes some milliseconds

Key = tuple[str, str]  # image sha256, encoder
Entry = TypeVar("Entry", Key, str)


class Disk(Protocol):
    """Where encoded embeddings outlive their process."""

    limit: int  # bytes
    faults: int
    removed: int

    def read(self, key: Key) -> bytes | None:
        """The bytes that were written under this key, or None."""
        ...

    def discard(self, key: Key, why: Exception) -> None:
        """Remove what was read and is of no use, and count a fault."""
        ...

    def write(self, key: Key, data: bytes) -> None:
        """Keep these bytes, if the disk allows it."""
        ...

    def pin(self, images: frozenset[str]) -> None:
        """Remove the files of these images last."""
        ...

    def pinned_images(self) -> int:
        """Of how many pinned images there is a file."""
        ...

    def bytes_used(self) -> int:
        """What the disk is known to hold, once it was first used."""
        ...

    def images(self) -> set[str]:
        """The sha256 of every image that has a file."""
        ...

    def sizes(self) -> list[int]:
        """The size of each file in bytes, the least recently used first."""
        ...


class EmbeddingFiles:
    """A folder of embeddings with a limit in bytes. Safe to share between threads."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.limit = limit
        self.faults = 0
        self.removed = 0
        self._folder = folder
        self._files: OrderedDict[str, int] | None = None  # name -> size, oldest first; read at first use
        self._pinned: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def read(self, key: Key) -> bytes | None:
        """As Disk says."""
        path = self._folder / file_name(key)
        try:
            data = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.discard(key, error)
            return None
        with self._lock:
            if self._files is not None and path.name in self._files:
                self._files.move_to_end(path.name)
        return data

    def discard(self, key: Key, why: Exception) -> None:
        """As Disk says."""
        self._fault("read", why)
        _remove(self._folder / file_name(key))

    def write(self, key: Key, data: bytes) -> None:
        """As Disk says."""
        name = file_name(key)
        part = self._folder / f".{name}.{os.getpid()}.{threading.get_ident()}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._make_room(len(data))
            part.write_bytes(data)
            os.replace(part, self._folder / name)
            with self._lock:
                self._known_files()[name] = len(data)
        except OSError as error:
            self._fault("written", error)
            _remove(part)

    def pin(self, images: frozenset[str]) -> None:
        """As Disk says."""
        with self._lock:
            self._pinned = images
            with contextlib.suppress(OSError):  # nothing was written yet, or whoever writes says what is wrong
                self._known_files()

    def pinned_images(self) -> int:
        """As Disk says."""
        images = self.images()
        with self._lock:
            return len(self._pinned & images)

    def bytes_used(self) -> int:
        """As Disk says."""
        with self._lock:
            return sum((self._files or {}).values())

    def images(self) -> set[str]:
        """As Disk says."""
        with self._lock:
            return {_image(name) for name in self._files or ()}

    def sizes(self) -> list[int]:
        """As Disk says."""
        with self._lock:
            return list((self._files or {}).values())

    def _known_files(self) -> OrderedDict[str, int]:
        """The caller holds the lock."""
        if self._files is None:
            entries = list(os.scandir(self._folder))
            self._sweep(entries)
            by_age = [(entry.stat(), entry.name) for entry in entries if entry.name.endswith(".emb")]
            by_age.sort(key=lambda pair: pair[0].st_mtime)
            self._files = OrderedDict((name, stat.st_size) for stat, name in by_age)
        return self._files

    @staticmethod
    def _sweep(entries: list[os.DirEntry[str]]) -> None:
        """Remove what a process that was killed left half written; a young one another process may be at just now."""
        for entry in entries:
            if entry.name.endswith(".part"):
                with contextlib.suppress(OSError):  # another process was quicker
                    if time.time() - entry.stat().st_mtime > HALF_WRITTEN_SECONDS:
                        os.unlink(entry)

    def _make_room(self, size: int) -> None:
        with self._lock:
            files = self._known_files()
            while files and sum(files.values()) + size > self.limit:
                name = first_to_go(files, _image, self._pinned)
                del files[name]
                _remove(self._folder / name)
                metrics.FROM_DISK.inc()
                self.removed += 1

    def _fault(self, verb: str, error: Exception) -> None:
        self.faults += 1
        metrics.FAULTS.inc()
        log.warning("An embedding could not be %s in %s: %s. Going on without it.", verb, self._folder, error)


def first_to_go(entries: Iterable[Entry], image: Callable[[Entry], str], pinned: frozenset[str]) -> Entry:
    """Of entries, the least recently used first: the first that is not pinned, or the first where all are."""
    return next((entry for entry in entries if image(entry) not in pinned), next(iter(entries)))


def file_name(key: Key) -> str:
    """The name of the file that holds an embedding."""
    sha256, encoder = key
    return f"{sha256}.{encoder}.emb"


def _image(name: str) -> str:
    """The sha256 of the image that a file was made of."""
    return name.partition(".")[0]


def _remove(path: Path) -> None:
    """Gone if it can be; a disk that refuses even that is reported elsewhere."""
    with contextlib.suppress(OSError):
        path.unlink()
