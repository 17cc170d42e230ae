"""The files of deliveries in the storage: written piece by piece, named by who wrote them, checked as they are read."""

import errno
import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.core.files.base import File
from django.core.files.storage import default_storage

from projects.models import Delivery
from taskers.errors import Problem

PIECE = 256 * 1024
FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


class Lost(Problem):
    """A file of this delivery is missing from the store; tell the operator."""

    code = "delivery-unreadable"
    status = 500


class NotWritten(Problem):
    """The delivery's files can't be written there; tell the operator."""

    code = "not-writable"
    status = 500

    @classmethod
    def of(cls, error: OSError) -> "NotWritten":
        """What the system said, by its name; its words may tell of paths."""
        if error.errno in FULL:
            return cls("The disk is full: nothing of it was delivered. Tell the operator.", code="disk-full")
        return cls()


class Stored(NamedTuple):
    """A file as it was written."""

    name: str
    sha256: str
    size: int


class Pieces(File):
    """A file that is made while it is stored."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__(None)
        self.pieces, self.hash, self.sent = pieces, hashlib.sha256(), 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for piece in self.pieces:
            self.hash.update(piece)
            self.sent += len(piece)
            yield piece

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.sent


def folder(of: Delivery) -> str:
    """Where its files lie: nobody else's are there."""
    return f"deliveries/{of.project.organization.public_id}/{of.public_id}"


def keep(of: Delivery, name: str, pieces: Iterable[bytes]) -> Stored:
    """Store a file of this run's. Raises NotWritten."""
    made = Pieces(pieces)
    try:
        stored = default_storage.save(f"{folder(of)}/{of.run}-{name}", made)
    except OSError as error:
        raise NotWritten.of(error) from None
    return Stored(stored, made.hash.hexdigest(), made.sent)


def fetch(name: str) -> Iterator[bytes]:
    """Its content. Raises Lost."""
    try:
        with default_storage.open(name) as file:
            yield from file.chunks(PIECE)
    except FileNotFoundError:
        raise Lost() from None


def sweep(of: Delivery) -> None:
    """Delete what runs that were killed left behind: whatever the row doesn't name."""
    named = {one.rpartition("/")[2] for one in (of.picks, of.differences, of.manifest, of.file)}
    try:
        _folders, files = default_storage.listdir(folder(of))
    except FileNotFoundError:
        return
    for name in files:
        if name not in named:
            default_storage.delete(f"{folder(of)}/{name}")
