"""Specks and pinholes taken out of a model's masks, before anybody sees them. Pure.

A mask model marks a few stray pixels beside an object and leaves a few out of it. Who accepts such a mask would have to
rub them out one by one; who asks for it through the API would get them all.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

# A speck or a pinhole is smaller than both shares; the same as in static/js/studio/image/mask_smooth.js.
OF_MASK = 0.02
OF_IMAGE = 0.001

Click = tuple[float, float, bool]  # x and y in the pixels of the logits, and whether it adds


def without_specks(logits: np.ndarray, inside: tuple[int, int], clicks: Sequence[Click] = ()) -> np.ndarray:
    """Logits of masks, N×h×w, whose specks are not marked any more and whose pinholes are.

    `inside`: the height and width that the image takes of them; what lies beyond is left alone. What a person pointed
    at stays as the model answered, however small.
    """
    cleaned = logits.copy()
    height, width = inside
    for one in cleaned[:, :height, :width]:  # views: changed in place
        marked = one > 0
        limit = min(np.count_nonzero(marked) * OF_MASK, marked.size * OF_IMAGE)
        specks = _small(marked, limit, [(x, y) for x, y, adds in clicks if adds])
        one[specks] = -one[specks]
        pinholes = _small(one <= 0, limit, [(x, y) for x, y, adds in clicks if not adds])
        one[pinholes] = np.maximum(-one[pinholes], np.finfo(np.float32).tiny)
    return cleaned


def _small(bits: np.ndarray, limit: float, kept: Sequence[tuple[float, float]]) -> np.ndarray:
    """Where the parts of a bitmap are that have less than `limit` pixels and none of these places."""
    parts, _count = ndimage.label(bits)
    small = np.bincount(parts.ravel()) < limit
    small[0] = False  # all that isn't set
    for x, y in kept:
        small[parts[min(int(y), bits.shape[0] - 1), min(int(x), bits.shape[1] - 1)]] = False
    return small[parts]
