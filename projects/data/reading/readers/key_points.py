"""Objects that are told by their key points alone, where a format asks for a box as well."""

from collections.abc import Sequence

TIGHT = 0.05  # pixels: shares of a side are written with six decimals


def only_points(label: str, box: Sequence[float], points: Sequence[tuple[str, float, float]]) -> bool:
    """Whether a thing with a box (x, y, width, height) and points (name, x, y) is how Tandem writes points around which
    there is nothing: it is called like one of them, and the box is just what they reach.

    What is called otherwise is an object of its own, which many tools give just that box.
    """
    if label not in {name for name, _, _ in points}:
        return False
    x, y, width, height = box
    xs, ys = [one[1] for one in points], [one[2] for one in points]
    sides = ((x, min(xs)), (y, min(ys)), (x + width, max(xs)), (y + height, max(ys)))
    return all(abs(a - b) < TIGHT for a, b in sides)
