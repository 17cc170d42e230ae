"""Putting a file where it stays, and making sure that it is there before anything relies on it."""

import contextlib
import hashlib
import os
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from taskers.errors import Problem


class Unreadable(Problem):
    """A file of the archive is missing, or isn't what was written."""

    code = "archive-unreadable"
    status = 500


def keep(name: str, data: bytes) -> str:
    """Write a file and read it back; returns its sha256. Doing it again, after a crash in the middle too, is the same.

    Raises Unreadable if what was read isn't what was written.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if not _holds(name, sha256):
        default_storage.delete(name)
        default_storage.save(name, ContentFile(data))
        _to_disk(name)
    fetch(name, sha256)
    return sha256


def fetch(name: str, sha256: str) -> bytes:
    """A file's content. Raises Unreadable if it is missing or has another sha256."""
    try:
        with default_storage.open(name) as file:
            data = file.read()
    except OSError:
        raise Unreadable(f"The archive's file {name} can't be read.") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Unreadable(f"The archive's file {name} isn't what was written.")
    return data


def _holds(name: str, sha256: str) -> bool:
    if not default_storage.exists(name):
        return False
    with contextlib.suppress(Unreadable):
        fetch(name, sha256)
        return True
    return False


def _to_disk(name: str) -> None:
    """Have the system write a file out, and its name, where the storage is a folder: rows are deleted next."""
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:  # an object store says yes only when it has it
        return
    for one in (path, path.parent):
        handle = os.open(one, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
