"""Arrays of numpy: of numbers alone, and as many as the file holds."""

from pathlib import Path

import numpy as np

from assist.adapters.refusals import ManifestProblem

MARK = b"\x93NUMPY"


def check(name: str, path: Path) -> None:
    """Raises ManifestProblem. An array of objects is a pickle, which can run anything."""
    with path.open("rb") as file:
        if file.read(len(MARK)) != MARK:
            raise ManifestProblem("not-numbers", name, "It is no array of numpy.")
    try:
        np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception:  # whatever a file that is none may do to its reader
        raise ManifestProblem("not-numbers", name, "It isn't an array of numbers that are all there.") from None
