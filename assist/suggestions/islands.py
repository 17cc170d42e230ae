"""A mask on offer without its islands, which the studio leaves out as it is accepted (image/mask_parts.js there):
who accepted such a mask has not edited it. Pure.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy
from pycocotools import mask as coco

from assist.suggestions.edit_distance import pixels

ISLAND = 0.1  # of the largest part: smaller ones are islands; the same as in mask_parts.js


def without_islands(mask: dict[str, Any], clicks: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """The mask without the parts that hang together sideways and up and down and are islands.

    `mask`: COCO run lengths, as in an offer's output. `clicks`: (x, y) of those that add, in the mask's pixels; a part
    that was clicked on stays, however small.
    """
    bits = pixels(mask).astype(bool)
    parts, _count = scipy.ndimage.label(bits)  # loaded when it is first used
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    leaves_out = sizes < ISLAND * sizes.max()
    leaves_out[0] = False
    height, width = bits.shape
    for x, y in clicks:
        leaves_out[parts[min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)]] = False
    left = bits & ~leaves_out[parts]
    encoded = coco.encode(np.asfortranarray(left.astype(np.uint8)))
    return {"size": [height, width], "counts": encoded["counts"].decode()}
