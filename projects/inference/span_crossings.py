"""Merged spans that cross though nobody drew any that do: bounds chosen one span at a time know nothing of each other.

Spans may nest, and may cross where somebody's own do (the task may be so). Else of two that cross, the better
supported one keeps its bounds, and the other those that somebody drew for it and that don't cross, or what is left of
it outside, as long as that is more than white space.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from projects.inference import deadline
from projects.inference.span_rivals import SAME

Bounds = tuple[int, int]


def crosses(one: Bounds, other: Bounds) -> bool:
    """Whether two stretches [start, end) have something in common, and each something of its own on one side."""
    (a, b), (c, d) = sorted((one, other))
    return a < c < b < d


def any_cross(spans: Sequence[Bounds]) -> bool:
    """Whether any two of them cross."""
    return bool(_crossing(sorted(set(spans))))


def uncrossed(
    found: Sequence[Bounds],
    support: Sequence[float],
    answers: Sequence[Sequence[Mapping[str, Any]]],
    text: str = "",
) -> list[Bounds | None]:
    """The same spans of one text, in the same order, of which no two cross; as they are where somebody's own do.

    `support[i]` says how well span i is founded; `answers` are the spans of each. None for a span of which nothing is
    left but white space; where the `text` isn't given, for one of which less than half is left.
    """
    suspects = _crossing(sorted(set(found)))
    drawn = [[(span["start"], span["end"]) for span in some] for some in answers]
    if not suspects or any(any_cross(some) for some in drawn):
        return list(found)
    votes = Counter(one for some in drawn for one in some)
    fixed: list[Bounds | None] = list(found)
    order = sorted(range(len(found)), key=lambda i: (found[i] in suspects, -support[i], found[i]))
    settled: list[Bounds] = [found[i] for i in order if found[i] not in suspects]
    for i in order[len(settled) :]:
        deadline.check()
        own = sorted((one for one in votes if _alike(one, found[i])), key=lambda one: (-votes[one], one))
        stands = next((one for one in (found[i], *own) if _stands(one, settled)), None)
        fixed[i] = kept = stands or _left(found[i], settled, text)
        if kept:
            settled.append(kept)
    return fixed


def _alike(one: Bounds, other: Bounds) -> bool:
    """Whether two stretches are about one thing, as far as places tell."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    return common >= SAME * (max(one[1], other[1]) - min(one[0], other[0]))


def _stands(one: Bounds, settled: Sequence[Bounds]) -> bool:
    return not any(crosses(one, other) for other in settled)


def _left(whole: Bounds, settled: Sequence[Bounds], text: str) -> Bounds | None:
    """What is left of a span outside all that it crosses: each cut makes it shorter. None where that says nothing."""
    one = whole
    while True:
        while other := next((other for other in settled if crosses(one, other)), None):
            one = (one[0], other[0]) if one[0] < other[0] else (other[1], one[1])
        if not text:  # without it nobody can tell what a small piece holds
            return one if _alike(one, whole) else None
        piece = text[one[0] : one[1]]
        start = one[0] + len(piece) - len(piece.lstrip())
        trimmed = (start, start + len(piece.strip()))
        if trimmed == one or not piece.strip():
            return one if piece.strip() else None
        one = trimmed  # which may cross what ends in the white space


def _crossing(spans: Sequence[Bounds]) -> set[Bounds]:
    """Those, of sorted ones, that cross any other."""
    bounds = np.array(spans, dtype=np.int64).reshape(-1, 2)
    found: set[Bounds] = set()
    for place, (start, end) in enumerate(spans):
        # Those that begin inside and end behind.
        last = int(np.searchsorted(bounds[:, 0], end, side="left"))
        inside = bounds[place + 1 : last]
        over = inside[(inside[:, 0] > start) & (inside[:, 1] > end)]
        if len(over):
            found.add((start, end))
            found.update((int(a), int(b)) for a, b in over)
    return found
