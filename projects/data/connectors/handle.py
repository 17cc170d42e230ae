"""An open file whose closing means something else than that it is closed."""

from collections.abc import Iterator
from typing import BinaryIO, cast


class Handle:
    """Reads as the file does; what `close` does is said by whoever derives from it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def __enter__(self) -> BinaryIO:
        return cast(BinaryIO, self)

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._file)

    def close(self) -> None:
        """Its reader is through with it."""
        self._file.close()
