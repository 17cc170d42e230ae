"""What people would point at, made by chance: clicks, boxes and corrections of regions that are known. Pure.

All of it in the decoder's own measures: places in pixels of the 1024 frame, masks on its grid of 256.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from assist.adapters import sam_frame
from assist.learning.region_masks import depth_of, middle
from projects.inference.geometry import bitmap_from_mask, mask_box

GRID = 256
PIXEL = sam_frame.IMAGE_SIDE / GRID  # of the frame, for one place of the grid
OFF = 0.08  # of a box's sides, by which its edges are missed
FARTHEST = 20.0  # pixels of the frame
IN_THE_MIDDLE = 0.5  # of the first clicks

Array = np.ndarray
Draw = np.random.Generator
Click = tuple[float, float, bool]  # x, y, whether it adds


@dataclass(frozen=True)
class Region:
    """What people marked: its mask, packed, and the corners of its box."""

    packed: Array
    box: tuple[float, float, float, float]
    inside: tuple[int, int]  # rows and columns of the grid that the image takes

    @property
    def mask(self) -> Array:
        """On the grid."""
        return np.unpackbits(self.packed).reshape(GRID, GRID).astype(bool)


def region_of(shape: Mapping[str, Any], size: tuple[int, int]) -> Region | None:
    """A mask of an image of this (height, width); None where nothing is left of it on the grid."""
    height, width = sam_frame.frame_size(size)
    rows, columns = sam_frame.inside(size, GRID)
    whole = Image.fromarray(bitmap_from_mask(shape)).convert("L").resize((columns, rows), Image.Resampling.BOX)
    grid = np.zeros((GRID, GRID), bool)
    grid[:rows, :columns] = np.asarray(whole) > 127
    if not grid.any():
        return None
    x, y, wide, tall = mask_box(shape)
    across, down = width / size[1], height / size[0]
    box = (x * across, y * down, (x + wide) * across, (y + tall) * down)
    return Region(np.packbits(grid), box, (rows, columns))


def first_click(mask: Array, draw: Draw) -> Click:
    """Into the middle, or somewhere within."""
    if draw.random() < IN_THE_MIDDLE:
        x, y = middle(mask)
        return x * PIXEL, y * PIXEL, True
    return _within(mask, draw)


def drawn_box(region: Region, draw: Draw) -> tuple[float, float, float, float]:
    """Around it, not quite."""
    left, top, right, bottom = region.box
    sides = np.array([right - left, bottom - top] * 2)
    missed = np.clip(draw.normal(0, OFF, 4) * sides, -FARTHEST, FARTHEST)
    drawn = np.clip(np.array(region.box) + missed, 0, sam_frame.IMAGE_SIDE)
    return float(drawn[0]), float(drawn[1]), float(max(drawn[0] + 1, drawn[2])), float(max(drawn[1] + 1, drawn[3]))


def correction(mask: Array, answer: Array, draw: Draw) -> Click:
    """Where somebody would click next: into the middle of what is wrong most; somewhere within where nothing is."""
    deep = [depth_of(mask & ~answer), depth_of(answer & ~mask)]
    adds = bool(deep[0].max() >= deep[1].max())
    wrong = deep[0] if adds else deep[1]
    if not wrong.any():
        return _within(mask, draw)
    y, x = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return (float(x) + 0.5) * PIXEL, (float(y) + 0.5) * PIXEL, adds


def _within(mask: Array, draw: Draw) -> Click:
    places = np.argwhere(mask)
    y, x = places[draw.integers(len(places))]
    return (float(x) + 0.5) * PIXEL, (float(y) + 0.5) * PIXEL, True
