"""Arrays of numpy: of numbers alone, and as many as the file holds."""

import math
from pathlib import Path
from typing import IO

import numpy as np

from assist.adapters.refusals import ManifestProblem


def check(name: str, path: Path) -> None:
    """Raises ManifestProblem. An array of objects is a pickle, which can run anything."""
    with path.open("rb") as file:
        try:
            shape, kind = _header(file)
            there = path.stat().st_size - file.tell()
        except Exception:  # whatever a file that is none may do to its reader
            raise ManifestProblem("not-numbers", name, "It is no array of numpy.") from None
    if kind.hasobject or math.prod(shape) * kind.itemsize != there:
        raise ManifestProblem("not-numbers", name, "It isn't an array of numbers that are all there.")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, kind = read[np.lib.format.read_magic(file)](file)
    return shape, kind
