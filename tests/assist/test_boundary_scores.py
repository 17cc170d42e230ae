"""How well a mask follows an edge: a little off is still right, holes and frayed edges aren't."""

import numpy as np
import pytest

from assist.learning.boundary_scores import boundary_f

YS, XS = np.mgrid[:200, :300]


def disc(radius: float, x: float = 150, y: float = 100) -> np.ndarray:
    return np.hypot(XS - x, YS - y) <= radius


NOTHING = np.zeros((200, 300), bool)


@pytest.mark.parametrize(
    ("drawn", "least", "most"),
    [
        (disc(60), 1, 1),
        (disc(62), 1, 1),  # within .8 % of the diagonal, 3 pixels
        (disc(60, x=152), 1, 1),
        (disc(70), 0, 0),
        (disc(60) & ~disc(30), 0.75, 0.85),  # a hole: its edge of half the length is nowhere near
        (disc(60) & (XS < 150), 0.5, 0.6),  # half of it, and a straight cut
        (NOTHING, 0, 0),
    ],
)
def test_an_edge_is_right_where_the_other_has_one_nearby(drawn: np.ndarray, least: float, most: float) -> None:
    found = boundary_f(disc(60), drawn)
    assert least <= found <= most, found
    assert boundary_f(drawn, disc(60)) == pytest.approx(found)


def test_the_edge_of_the_image_is_an_edge_and_nothing_for_nothing_is_right() -> None:
    assert boundary_f(NOTHING, NOTHING) == boundary_f(~NOTHING, ~NOTHING) == 1
    assert boundary_f(~NOTHING, disc(60)) == 0
