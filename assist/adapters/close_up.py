"""A small thing seen from near: the same prompt asked again of the part of the image around it. Pure.

A mask model sees an image 1024 pixels wide and gives masks of a quarter of that: a thing a fiftieth as wide as the
image is five pixels across there, and its edge a guess. Of a part of the image the encoder sees each pixel there is.
docs/decisions/0070 has the figures, and what else was tried.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from assist.adapters import MaskPrompt, Masks, mask_size

Array = np.ndarray
Box = tuple[float, float, float, float]  # x, y, width, height

MARGIN = 2.0  # times the thing's longer side: how much is seen around it
# Of the image's longer side, at most, to be looked at from near: what was clicked, and what a box was drawn around.
CLICKED, BOXED = 0.2, 0.35
TINY = 0.06  # and up to this the first mask says less than the part alone
LEAST = 48  # pixels of a part's side: fewer say nothing more however near
STEPS = 8  # of a part's side: its place is rounded to these, so that the next click at a thing finds the same part
# Overlap with the first answer: with less it is another thing that was found. What was told the first agrees with it.
AGREES, KEEPS = 0.5, 0.85


@dataclass(frozen=True)
class Part:
    """A part of an image, in whole pixels of it."""

    x: int
    y: int
    width: int
    height: int
    tiny: bool

    def of(self, pixels: Array) -> Array:
        """Its pixels, of all."""
        return np.ascontiguousarray(pixels[self.y : self.y + self.height, self.x : self.x + self.width])

    @property
    def place(self) -> tuple[int, int, int, int]:
        """x, y, width, height."""
        return self.x, self.y, self.width, self.height


def part_of(prompt: MaskPrompt, mask: Array, image_size: tuple[int, int]) -> Part | None:
    """What to look at, by the box that was drawn, or else by the mask that was answered; None where the thing isn't
    small, so that nearer shows no more. `image_size`: height and width."""
    thing = prompt.box or box_of(mask, image_size)
    height, width = image_size
    side = max(thing[2], thing[3]) if thing else 0.0
    if thing is None or not 0 < side <= (BOXED if prompt.box else CLICKED) * max(image_size):
        return None
    # In steps of a fifth, so that another mask of the same thing asks for the same part.
    wanted = max(LEAST, round(1.2 ** np.ceil(np.log(MARGIN * side) / np.log(1.2))))
    across, down = min(width, wanted), min(height, wanted)
    left = _placed(thing[0] + thing[2] / 2, across, width)
    top = _placed(thing[1] + thing[3] / 2, down, height)
    return Part(left, top, across, down, bool(side <= TINY * max(image_size)))


def _placed(middle: float, side: int, most: int) -> int:
    step = max(1, side // STEPS)
    return min(max(0, round((middle - side / 2) / step) * step), most - side)


def box_of(mask: Array, image_size: tuple[int, int]) -> Box | None:
    """Around a mask as it travels, in pixels of the image; None of an empty one."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    down, across = image_size[0] / mask.shape[0], image_size[1] / mask.shape[1]
    left, top = float(columns[0]) * across, float(rows[0]) * down
    return left, top, (columns[-1] + 1) * across - left, (rows[-1] + 1) * down - top


def seen_from(prompt: MaskPrompt, part: Part) -> MaskPrompt | None:
    """A prompt in pixels of the part, without `previous`; what lies beyond it says nothing there. None where nothing is
    left to ask for."""
    points = tuple(
        (x - part.x, y - part.y, adds)
        for x, y, adds in prompt.points
        if part.x <= x <= part.x + part.width and part.y <= y <= part.y + part.height
    )
    box = None if prompt.box is None else (prompt.box[0] - part.x, prompt.box[1] - part.y, *prompt.box[2:])
    asks = box is not None or any(adds for _, _, adds in points)
    return MaskPrompt(points=points, box=box) if asks else None


def laid(masks: Masks, part: Part, image_size: tuple[int, int], first: Array) -> tuple[Array, float] | None:
    """The mask of a part that is told, in the whole image at the size at which masks travel, and the model's estimate
    of it: its favourite if that is like `first`, what was answered before, else the one that is most like it. None
    where none is."""
    size, least = mask_size(image_size), AGREES if part.tiny else KEEPS
    favourite = _onto(masks.pixels[masks.best], part, image_size, size)
    if _overlap(favourite, first) >= least:
        return favourite, masks.scores[masks.best]
    pixels = [_onto(one, part, image_size, size) for one in masks.pixels]
    alike = [_overlap(one, first) for one in pixels]
    best = int(np.argmax(alike))
    return (pixels[best], masks.scores[best]) if alike[best] >= least else None


def _onto(mask: Array, part: Part, image_size: tuple[int, int], size: tuple[int, int]) -> Array:
    """Whole pixels of the larger mask alone: the last ones of a part are around the thing, and none of it."""
    down, across = size[0] / image_size[0], size[1] / image_size[1]
    left, right = int(np.ceil(part.x * across)), int((part.x + part.width) * across)
    top, bottom = int(np.ceil(part.y * down)), int((part.y + part.height) * down)
    whole = np.zeros(size, bool)
    if right <= left or bottom <= top:
        return whole
    wide, high = mask.shape[1] / part.width, mask.shape[0] / part.height
    within = (
        (left / across - part.x) * wide,
        (top / down - part.y) * high,
        min(mask.shape[1], (right / across - part.x) * wide),
        min(mask.shape[0], (bottom / down - part.y) * high),
    )
    grey = Image.fromarray(np.ascontiguousarray(mask, np.uint8) * 255)
    small = grey.resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=within)
    whole[top:bottom, left:right] = np.asarray(small) >= 128
    return whole


def _overlap(one: Array, other: Array) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))
