"""Objects that are told by their key points alone, where a format asks for a box as well."""

from collections.abc import Sequence

TIGHT = 0.05  # pixels: shares of a side are written with six decimals


def only_points(box: Sequence[float], points: Sequence[Sequence[float]]) -> bool:
    """Whether a box (x, y, width, height) is just what its points reach: nobody drew it."""
    if not points:
        return False
    x, y, width, height = box
    xs, ys = [one[0] for one in points], [one[1] for one in points]
    sides = ((x, min(xs)), (y, min(ys)), (x + width, max(xs)), (y + height, max(ys)))
    return all(abs(a - b) < TIGHT for a, b in sides)
