"""All that stands apart in an image, without anybody pointing at it: the mask model is asked at places of a grid, and
of what it finds the surest masks are kept that aren't nearly another one (Kirillov and others, "Segment Anything",
2023, section 4). Pure.

Everything is bounded: places, masks, what is too small to be meant, what is most of the image, and seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pycocotools import mask as coco

from assist.adapters import Masks

ACROSS = 8  # places of the grid in the longer direction
MOST = 50  # masks that are offered of one image
SURE = 0.7  # the score from which a mask counts
SMALLEST, LARGEST = 0.001, 0.6  # shares of the image's area
SAME = 0.6  # overlap from which the less sure one of two is left out
SECONDS = 40.0  # after so many, what was found so far is all


@dataclass(frozen=True)
class FoundMask:
    """A mask in COCO's compressed run lengths at `size` (height, width); `box`: x, y, width, height in the image."""

    size: tuple[int, int]
    counts: bytes
    score: float
    box: tuple[float, float, float, float]

    def row(self) -> dict[str, Any]:
        """As it is told."""
        box = [round(side, 2) for side in self.box]
        counts = self.counts.decode("ascii")
        return {"size": list(self.size), "counts": counts, "score": round(self.score, 4), "box": box}


@dataclass
class Search:
    """A search under way: its places, how many were looked at, and the masks so far."""

    places: Sequence[tuple[float, float]]
    done: int = 0
    masks: list[FoundMask] = field(default_factory=list)


def progress(search: Search | None) -> dict[str, int]:
    """How far a search is: 0 of 0 where none is under way."""
    if search is None:
        return {"found": 0, "done": 0, "of": 0}
    return {"found": len(apart(list(search.masks))), "done": search.done, "of": len(search.places)}


def places(image_size: tuple[int, int]) -> list[tuple[float, float]]:
    """The grid, each place in the middle of its part of the image, in the image's pixels."""
    height, width = image_size
    step = max(height, width) / ACROSS
    down, across = max(1, round(height / step)), max(1, round(width / step))
    return [((x + 0.5) * width / across, (y + 0.5) * height / down) for y in range(down) for x in range(across)]


def worth(masks: Masks, image_size: tuple[int, int]) -> list[FoundMask]:
    """Those of the masks of one place that could be something."""
    found = []
    for pixels, score in zip(masks.pixels, masks.scores, strict=True):
        share = float(pixels.mean())
        if score >= SURE and SMALLEST <= share <= LARGEST:
            run = coco.encode(np.asfortranarray(pixels.astype(np.uint8)))
            down, across = image_size[0] / pixels.shape[0], image_size[1] / pixels.shape[1]
            x, y, width, height = (float(one) for one in coco.toBbox(run))
            box = (x * across, y * down, width * across, height * down)
            found.append(FoundMask((pixels.shape[0], pixels.shape[1]), run["counts"], float(score), box))
    return found


def apart(found: Sequence[FoundMask]) -> list[FoundMask]:
    """The surest of them that don't lie over each other, the surest first."""
    runs = [{"size": list(one.size), "counts": one.counts} for one in found]
    if not runs:
        return []
    shared = coco.iou(runs, runs, [0] * len(runs))
    kept: list[int] = []
    for n in sorted(range(len(found)), key=lambda n: (-found[n].score, n)):
        if all(shared[n, other] < SAME for other in kept):
            kept.append(n)
        if len(kept) == MOST:
            break
    return [found[n] for n in kept]
