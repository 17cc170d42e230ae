"""Files from the disk to the server, in pieces, so that one of any size takes the memory of one piece."""

from collections.abc import Callable
from io import SEEK_END
from typing import BinaryIO

Told = Callable[[int, int], object]  # bytes so far, and in all


class Counted:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, progress: Told | None) -> None:
        self.file, self.progress = file, progress
        self.size = file.seek(0, SEEK_END)
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        piece = self.file.read(size)
        if self.progress:
            self.progress(self.file.tell(), self.size)
        return piece

    def seek(self, place: int, whence: int = 0) -> int:
        """Go elsewhere; to the beginning, when it is sent once more."""
        return self.file.seek(place, whence)

    def tell(self) -> int:
        """Where it is."""
        return self.file.tell()
