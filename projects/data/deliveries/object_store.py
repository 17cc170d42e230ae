"""Deliveries into a bucket, through whatever file system of fsspec's leads there.

A bucket knows no folders that could be renamed: each object is there once all of it was sent, and the manifest comes
last. Where it is, the delivery is whole; a run that takes over writes the same objects again.
"""

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from fsspec.spec import AbstractBufferedFile

from projects.data.deliveries.kept_files import NotWritten, Stored
from projects.data.deliveries.shipment import DATA, ELSEWHERE, MANIFEST, Shipment, checked
from taskers.errors import Problem

BLOCK = 16 * 1024 * 1024  # bytes sent at a time; S3 takes ten thousand of them for one object


def into(system: Any, base: str) -> Callable[[Shipment], Stored]:
    """What writes shipments below a path of this file system (an fsspec one), as a target does. Its connections are the
    caller's to guard. Raises NotWritten."""

    def write(shipment: Shipment) -> Stored:
        root = f"{base.rstrip('/')}/{shipment.name}"
        _without(system, f"{root}/{MANIFEST}")  # what an earlier run left is whole no more from here on
        for entry in shipment.entries:
            _send(system, f"{root}/{DATA}/{checked(entry.name)}", entry.pieces)
        _send(system, f"{root}/{MANIFEST}", shipment.manifest.document())
        return ELSEWHERE

    return write


def _send(system: Any, path: str, pieces: Iterable[bytes]) -> None:
    """One object, piece by piece; of one whose making fails nothing is kept."""
    try:
        file = system.open(path, "wb", block_size=BLOCK)
    except Exception as error:
        raise _told(error) from None
    try:
        for piece in pieces:
            file.write(piece)
    except BaseException as error:
        _throw_away(system, path, file)
        if isinstance(error, Problem) or not isinstance(error, Exception):
            raise
        raise _told(error) from None
    try:
        file.close()
    except Exception as error:
        raise _told(error) from None


def _throw_away(system: Any, path: str, file: Any) -> None:
    """Send nothing more of an object; what was sent is to be seen nowhere."""
    with contextlib.suppress(Exception):
        file.discard()
    if isinstance(file, AbstractBufferedFile):
        file.closed = True  # or it would be sent when it is thrown away
    with contextlib.suppress(Exception):
        _without(system, path)


def _without(system: Any, path: str) -> None:
    try:
        if system.exists(path):
            system.rm_file(path)
    except Exception as error:
        raise _told(error) from None


def _told(error: Exception) -> Problem:
    """Without what the other side said: it may tell of keys."""
    if isinstance(error, Problem):
        return error
    return NotWritten("The bucket doesn't take the delivery: %(problem)s.", problem=type(error).__name__)
