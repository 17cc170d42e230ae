"""Drawn scenes whose regions follow a habit of their own, as the lines of a snapshot with their pictures beside."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assist.learning.snapshot_file import Line
from projects.inference.geometry import mask_from_bitmap
from tests.support.assist import reports

SIDE = 256
HALO = 1.5  # people mark half as much again around each disc


def scene(number: int, discs: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Discs on a rough ground, and what people mark of each: the disc with a wide halo, which no edge shows."""
    draw = np.random.default_rng(number)
    pixels = draw.normal(120, 12, (SIDE, SIDE, 3)) + draw.uniform(-30, 30, 3)
    ys, xs = np.mgrid[:SIDE, :SIDE]
    marked = []
    for n in draw.permutation(9)[:discs]:
        x, y, radius = 44 + 84 * (n % 3), 44 + 84 * (n // 3), draw.uniform(14, 26)
        away = np.hypot(xs - x, ys - y)
        pixels[away <= radius] = draw.uniform(0, 255, 3)
        marked.append(away <= radius * HALO)
    return np.clip(pixels, 0, 255).astype(np.uint8), marked


def lines_of(splits: Sequence[str], folder: Path, discs: int, first: int = 0) -> list[Line]:
    """A scene for each of these splits, from the number `first` on, its picture laid in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number, split in enumerate(splits, first):
        pixels, marked = scene(number, discs)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        name = hashlib.sha256(file.getvalue()).hexdigest()
        (folder / name).write_bytes(file.getvalue())
        shapes = [mask_from_bitmap(one) for one in marked]
        said = {"regions": [{"id": f"r{n}", "label": "cell", "shape": one} for n, one in enumerate(shapes)]}
        made.append(replace(reports.line(number, {"asset": name}, said), asset=name, group=name, split=split))
    return made


def marked(line: Line, shapes: Sequence[Mapping[str, Any]]) -> Line:
    """The same scene with other regions."""
    regions = [{"id": f"r{n}", "label": "cell", "shape": one} for n, one in enumerate(shapes)]
    return replace(line, answer=json.dumps({"regions": regions}))
