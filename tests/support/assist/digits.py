"""Handwritten digits as small pictures, from scikit-learn's set: real images whose class is known."""

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from assist.learning.snapshot_file import Line
from tests.support.assist import reports

SIDE = 48  # pixels of a picture


@cache
def _all() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits  # seconds, which each process of tests would spend before its first

    told = load_digits()
    return told.images, told.target


def pictures(*which: int) -> Iterator[tuple[bytes, str]]:
    """(PNG, its digit), of these digits alone, in the order of the set."""
    for pixels, digit in zip(*_all(), strict=True):
        if digit in which:
            file = io.BytesIO()
            grey = Image.fromarray((pixels * 15.9).astype(np.uint8))
            grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC).convert("RGB").save(file, "PNG")
            yield file.getvalue(), str(digit)


def laid(folder: Path, number: int, *which: int) -> list[Line]:
    """So many of them as lines of a snapshot, with their files in a folder."""
    folder.mkdir()
    lines = []
    for at, (file, digit) in zip(range(number), pictures(*which), strict=False):
        name = sha256(file).hexdigest()
        (folder / name).write_bytes(file)
        said = {"fields": [{"field": "digit", "value": f"d{digit}"}]}
        lines.append(replace(reports.line(at, {"asset": name}, said), asset=name))
    return lines
