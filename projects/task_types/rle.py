"""COCO's compressed run lengths, checked and made canonical before anything native sees them.

pycocotools trusts its input and reads out of bounds on bad strings; and it takes several strings for
one mask, where equal answers must be equal strings.
"""

import numpy as np

from projects.errors import Refused
from projects.inference.geometry import BadShape, rle_runs


def check_mask(counts: str, height: int, width: int, place: str) -> str:
    """The one string that stands for this mask; Refused if it isn't a mask of this size.

    Two strings for the same pixels (runs of length zero, overlong numbers) give the same result.
    """
    try:
        runs = rle_runs(counts if counts.isascii() else "")
    except BadShape as problem:
        raise Refused("Not a mask: %(problem)s.", code="malformed-mask", place=place, problem=str(problem)) from None
    if int(runs.min()) < 0:
        raise Refused("The mask holds a negative run length.", code="malformed-mask", place=place)
    # One length beyond the image is wrong by itself, and refusing it keeps the sum within 64 bits.
    total = int(runs.max()) if int(runs.max()) > height * width else int(runs.sum())
    if total != height * width:
        raise Refused(
            "The mask covers %(total)s pixels; an image of %(width)s × %(height)s has %(pixels)s.",
            code="malformed-mask",
            place=place,
            total=total,
            width=width,
            height=height,
            pixels=height * width,
        )
    if not runs[1::2].any():
        raise Refused("The mask marks no pixel.", code="empty-mask", place=place)
    return write(_joined(runs))


def _joined(runs: np.ndarray) -> np.ndarray:
    """The same pixels without runs of length zero, except a first one that says "starts with a mark"."""
    if runs[1:].all():
        return runs
    colours = np.arange(len(runs)) % 2
    keep = runs > 0
    runs, colours = runs[keep], colours[keep]
    starts = np.flatnonzero(np.concatenate(([True], colours[1:] != colours[:-1])))
    merged = np.add.reduceat(runs, starts)
    return np.concatenate(([0], merged)) if colours[0] == 1 else merged


def write(runs: np.ndarray) -> str:
    """Run lengths as COCO's compressed string, byte for byte what pycocotools writes."""
    deltas = runs.astype(np.int64).copy()
    deltas[3:] -= runs[1:-2]
    out: list[str] = []
    for value in deltas.tolist():
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != -1 if bits & 0x10 else value != 0
            out.append(chr(48 + (bits | 0x20 if more else bits)))
    return "".join(out)
