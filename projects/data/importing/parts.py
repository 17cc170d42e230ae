"""The bytes of files that come in parts, on the disk of this installation until they are whole."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage

PIECE = 1024 * 1024
FOLDER = "uploads"
RESERVE = 1024**3  # bytes of the disk that are left to the database, deliveries and pictures


def path_of(key: UUID) -> Path:
    """Where the bytes of an upload lie."""
    return Path(default_storage.path(f"{FOLDER}/{key}"))


def has_room(size: int) -> bool:
    """Whether so many bytes more fit on the disk now, and leave what everything else needs."""
    folder = path_of(UUID(int=0)).parent
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free > size + RESERVE


def write(key: UUID, at: int, stream: IO[bytes], most: int) -> int | None:
    """Write what a stream holds behind the first `at` bytes, and see it on the disk; how many bytes came, or None where
    there are more than `most`. What can't be written whole leaves nothing. Raises OSError."""
    place = path_of(key)
    place.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT, 0o600)
    came = whole = 0
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            file.truncate(at)  # what is behind is of a part that was cut off
            file.seek(at)
            try:
                while piece := stream.read(PIECE):
                    came += len(piece)
                    if came > most:
                        return None
                    _write(file, piece)
                os.fsync(file.fileno())
                whole = came
            finally:
                if whole < came:
                    file.truncate(at)
    finally:
        if not at and not whole:
            place.unlink(missing_ok=True)
    return came


def _write(file: IO[bytes], piece: bytes) -> None:
    """All of it: the system may take less at once, as before a disk is full."""
    left = memoryview(piece)
    while left:
        left = left[file.write(left) :]


def sha256(key: UUID) -> str:
    """Of all that came. Raises FileNotFoundError."""
    with path_of(key).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def length(key: UUID) -> int:
    """Bytes on the disk; none where nothing is."""
    try:
        return path_of(key).stat().st_size
    except FileNotFoundError:
        return 0


def delete(key: UUID) -> None:
    """Throw the bytes away, if there are any."""
    path_of(key).unlink(missing_ok=True)


class Whole(File):
    """A file that is there in whole, to be stored elsewhere under a name of its own: without copying it where the disk
    takes two names for one file, and staying where it is until that is done."""

    def __init__(self, key: UUID, name: str) -> None:
        place = path_of(key)
        self._second = place.with_name(f"{place.name}.whole")
        self._second.unlink(missing_ok=True)
        try:
            os.link(place, self._second)
        except OSError:  # a disk that takes one name for a file
            shutil.copyfile(place, self._second)
        super().__init__(self._second.open("rb"), name)

    def temporary_file_path(self) -> str:
        """From where a storage on this disk may take it."""
        return str(self._second)

    def close(self) -> None:
        super().close()
        self._second.unlink(missing_ok=True)


def names() -> Iterator[tuple[Path, float]]:
    """Every file that lies there, and when it was written to last."""
    folder = path_of(UUID(int=0)).parent
    if not folder.is_dir():
        return
    for place in folder.iterdir():
        try:
            yield place, place.stat().st_mtime
        except OSError:  # it went meanwhile, or can't be asked
            continue
