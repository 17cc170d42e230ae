"""Where large bodies of requests lie while they come, and how much of the disk they may take.

Each process that takes bodies has a folder of its own in the spool, and there a list of the bytes that each sender has
under way. It is written before the lists of the other processes are read, so that of two who reach a limit at the same
moment never both pass. A folder is locked for as long as its process lives: whoever can lock it knows that the process
is gone, and throws away what it left.
"""

import fcntl
import json
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

LOCK, LIST = "lock", "bytes.json"


class OverTotal(Exception):
    """All senders together have as much under way as they may."""


class OverShare(Exception):
    """This sender has as much under way as one may."""


class Spool:
    """The folder of this process, and its part of what is under way."""

    def __init__(self, root: Path, *, bytes_each: int, bytes_total: int) -> None:
        """Raises OSError."""
        self.root, self.bytes_each, self.bytes_total = root, bytes_each, bytes_total
        sweep(root)
        self.folder, self._lock = _begin(root)
        self._bytes: Counter[str] = Counter()
        self._write()

    def take(self, sender: str, size: int) -> None:
        """Count so many bytes more of a sender. Raises OverShare, OverTotal, OSError; then nothing is counted."""
        self._bytes[sender] += size
        try:
            self._write()
            all_bytes = self._bytes + _others(self.root, self.folder)
            if all_bytes.total() > self.bytes_total:
                raise OverTotal()
            if all_bytes[sender] > self.bytes_each:
                raise OverShare()
        except BaseException:
            self.give_back(sender, size)
            raise

    def give_back(self, sender: str, size: int) -> None:
        """They are there no more. What can't be written down now is written with the next change."""
        self._bytes[sender] -= size
        if self._bytes[sender] <= 0:
            del self._bytes[sender]
        with suppress(OSError):
            self._write()

    def close(self) -> None:
        """Throw the folder away with all that lies in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def _write(self) -> None:
        fresh = self.folder / f"{LIST}.new"
        fresh.write_text(json.dumps(self._bytes))
        fresh.replace(self.folder / LIST)


def sweep(root: Path) -> int:
    """Throw away what processes left that are gone; returns how many folders it was."""
    swept = 0
    for folder in _folders(root):
        with suppress(OSError), (folder / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
    return swept


def _begin(root: Path) -> tuple[Path, IO[bytes]]:
    """A new folder and its lock. It gets its name once it is locked, so that nobody takes it for one that was left."""
    name = f"{os.getpid()}-{secrets.token_hex(4)}"
    unnamed = root / f".{name}"
    unnamed.mkdir(mode=0o700, parents=True)
    lock = (unnamed / LOCK).open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return unnamed.rename(root / name), lock


def _others(root: Path, own: Path) -> Counter[str]:
    """What is under way in the other processes; what one left that is gone is thrown away."""
    sweep(root)
    others: Counter[str] = Counter()
    for folder in _folders(root):
        if folder != own:
            with suppress(OSError, ValueError):
                others.update(json.loads((folder / LIST).read_text()))
    return others


def _folders(root: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from [place for place in root.iterdir() if place.is_dir() and not place.name.startswith(".")]
