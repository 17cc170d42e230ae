"""How near the spans that were found are to the true ones, and the plain vote beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.truth import data
from projects.inference.agreement import relaxed_shares


def span_f1(said: Sequence[data.Spans], truth: Sequence[data.Spans]) -> tuple[float, float]:
    """Relaxed and strict."""
    shares = np.array([relaxed_shares(a, b) for a, b in zip(said, truth, strict=True)]).sum(0)
    sizes = sum(map(len, said)), sum(map(len, truth))
    common = sum(len(set(a) & set(b)) for a, b in zip(said, truth, strict=True))
    relaxed, strict = (
        [part / max(size, 1) for part, size in zip(parts, sizes, strict=True)] for parts in (shares, (common, common))
    )
    return _harmonic(*relaxed), _harmonic(*strict)


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0


def majority(one: data.Document) -> data.Spans:
    """Runs of tokens that more than half marked, label by label."""
    found: data.Spans = []
    for label in sorted({span["label"] for answer in one.answers.values() for span in answer["spans"]}):
        inside = np.zeros(len(one.starts) + 2)
        for answer in one.answers.values():
            marked = np.zeros(inside.size, dtype=bool)
            for span in answer["spans"]:
                first, last = one.tokens_of(span["start"], span["end"])
                marked[first + 1 : last + 1] |= span["label"] == label
            inside += marked
        edges = np.flatnonzero(np.diff((2 * inside > len(one.answers)).astype(int)))
        found += [(int(a), int(b), label) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return sorted(found)
