"""A small set of ships as Datumaro holds it, written by Datumaro's own writers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datumaro.components.annotation import (
    AnnotationType,
    Bbox,
    Caption,
    Ellipse,
    Label,
    LabelCategories,
    Mask,
    Points,
    Polygon,
    PolyLine,
    RotatedBbox,
)
from datumaro.components.dataset import Dataset
from datumaro.components.dataset_base import DatasetItem
from datumaro.components.media import Image

LABELS = ["ship", "buoy"]
WIDTH, HEIGHT = 30, 20
TRAIN = ("train", "train")


def mask() -> np.ndarray:
    """A block of pixels, 4 high and 6 wide."""
    pixels = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    pixels[5:9, 10:16] = 1
    return pixels


PARTS: dict[str, Any] = {
    "box": lambda: Bbox(2, 3, 10, 8, label=0),
    "polygon": lambda: Polygon([2, 2, 12, 3, 7, 12], label=1),
    "mask": lambda: Mask(mask(), label=0),
    "turned": lambda: RotatedBbox(15, 10, 8, 4, 30, label=1),
    "ellipse": lambda: Ellipse(4, 4, 14, 10, label=0),
    "class": lambda: Label(1),
    "line": lambda: PolyLine([1, 1, 9, 1, 9, 9], label=0),
    "points": lambda: Points([3, 4, 5, 6], [2, 1], label=0),
    "caption": lambda: Caption("A ship."),
    "said": lambda: Bbox(2, 3, 10, 8, label=0, attributes={"occluded": True, "far": "yes", "n": 3}),
}


def written(folder: Path, format: str, *parts: str, subsets: Sequence[str] = TRAIN, **options: Any) -> Path:
    """Two pictures with these parts, the second without any, in a format of Datumaro's."""
    pixels = np.full((HEIGHT, WIDTH, 3), 90, dtype=np.uint8)
    items = [
        DatasetItem(
            id=name,
            subset=subsets[at],
            media=Image.from_numpy(pixels + at, ext=".png"),
            annotations=[PARTS[part]() for part in parts] if not at else [],
        )
        for at, name in enumerate(["one", "two"])
    ]
    categories = {AnnotationType.label: LabelCategories.from_iterable(LABELS)}
    found = Dataset.from_iterable(items, categories=categories)
    found.export(str(folder), format, save_media=True, **options)
    return folder
