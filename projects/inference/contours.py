"""The outlines of a bitmap's pixels, corner by corner."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ring = list[tuple[int, int]]


def outer_rings(bitmap: NDArray[np.bool_]) -> list[Ring]:
    """The ring of (x, y) corners around each part of the bitmap; pixels that meet at a corner alone are apart.

    Where rows and columns cross, the four pixels around say whether there is a corner. Those of a row are joined two by
    two, those of a column too, and so each ring is walked across and down by turns. At its first corner, the leftmost
    of its uppermost, what lies inside is to the right and below: the object, or a hole, which isn't told.
    """
    x, y, across, down, filled = _corners(bitmap)
    rings: list[Ring] = []
    sideways, upright, unseen = across.tolist(), down.tolist(), [True] * len(x)
    places = list(zip(x.tolist(), y.tolist(), strict=True))
    for first in range(len(places)):
        if not unseen[first]:
            continue
        ring: Ring = []
        at = first
        while unseen[at]:
            other = sideways[at]
            ring += (places[at], places[other])
            unseen[at] = unseen[other] = False
            at = upright[other]
        if filled[first]:
            rings.append(ring if len(set(ring)) == len(ring) else _without_loops(ring))
    return rings


def _without_loops(ring: Ring) -> Ring:
    """A ring without the holes that touch it at a corner, which it walks around on its way."""
    kept: Ring = []
    seen: dict[tuple[int, int], int] = {}
    for place in ring:
        if place in seen:
            for gone in kept[seen[place] + 1 :]:
                del seen[gone]
            del kept[seen[place] + 1 :]
        else:
            seen[place] = len(kept)
            kept.append(place)
    return kept


def _corners(bitmap: NDArray[np.bool_]) -> tuple[NDArray[Any], ...]:
    """Where corners are, row by row; which other each is joined to across and down; and what is right below it.

    Two pixels that meet at a corner have one each there: that of the edges to the left, then that to the right.
    """
    whole = np.pad(bitmap, 1)
    around = whole[:-1, :-1], whole[:-1, 1:], whole[1:, :-1], whole[1:, 1:]
    crossed = (around[0] == around[3]) & (around[1] == around[2]) & (around[0] != around[1])
    y, x = np.nonzero((around[0] ^ around[1] ^ around[2] ^ around[3]) | crossed)
    twice = crossed[y, x]
    times = 1 + twice
    rising = np.repeat(twice & around[1][y, x], times)  # the right one's edge goes up, where else the left one's does
    second = np.zeros(len(rising), dtype=bool)
    second[(np.cumsum(times) - 1)[twice]] = True
    x, y, filled = np.repeat(x, times), np.repeat(y, times), np.repeat(around[3][y, x], times)
    return x, y, _joined(np.arange(len(x))), _joined(np.lexsort((second ^ rising, y, x))), filled


def _joined(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each one's partner, where these are partners two by two."""
    pairs = order.reshape(-1, 2)
    found = np.empty(len(order), dtype=np.int64)
    found[pairs[:, 0]], found[pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    return found
