"""Priya's masks come without the stray pixels that a model leaves beside an object and in it."""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from assist.adapters.specks import without_specks

SIDE = 256


def logits(*rules: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """Masks of the pixels that each rule takes, as sure of all of them."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.stack([np.where(rule(x, y), 3.0, -3.0) for rule in rules]).astype(np.float32)


def disc(x: np.ndarray, y: np.ndarray, at: tuple[int, int] = (100, 100), radius: float = 40) -> np.ndarray:
    return np.hypot(x - at[0], y - at[1]) < radius


def speckled(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A disc with a pinhole, a real hole, a speck beside it and a part of size."""
    marked = disc(x, y) & ~disc(x, y, (90, 90), 2) & ~disc(x, y, (110, 110), 8)
    return marked | disc(x, y, (200, 30), 2) | disc(x, y, (200, 100), 9)


def parts(mask: np.ndarray) -> tuple[int, int]:
    """How many parts there are, and how many grounds: one around them, and one for each hole."""
    return ndimage.label(mask)[1], ndimage.label(~mask)[1]


def test_specks_and_pinholes_go_and_parts_and_holes_of_size_stay() -> None:
    raw = logits(speckled, disc)
    assert parts(raw[0] > 0) == (3, 3)
    cleaned = without_specks(raw, (SIDE, SIDE))
    assert parts(cleaned[0] > 0) == (2, 2)
    assert cleaned[0, 90, 90] > 0 > cleaned[0, 30, 200]
    assert cleaned[0, 110, 110] < 0 < cleaned[0, 100, 200]
    assert (cleaned[1] == raw[1]).all(), "a clean mask stays as it is"
    assert parts(raw[0] > 0) == (3, 3), "and what was given isn't changed"


def test_what_somebody_clicked_on_stays_however_small() -> None:
    raw = logits(speckled)
    (added,) = without_specks(raw, (SIDE, SIDE), [(200.4, 30.2, True)])
    assert added[30, 200] > 0 and added[90, 90] > 0
    (left_out,) = without_specks(raw, (SIDE, SIDE), [(90.0, 90.0, False)])
    assert left_out[90, 90] < 0 and left_out[30, 200] < 0


def test_an_empty_mask_a_full_one_and_what_lies_beyond_the_image_are_left_alone() -> None:
    raw = logits(lambda x, y: x < 0, lambda x, y: x >= 0, lambda x, y: disc(x, y) | disc(x, y, (250, 250), 2))
    cleaned = without_specks(raw, (200, SIDE))
    assert (cleaned == raw).all()


def test_a_small_objects_own_mask_is_no_speck() -> None:
    (cleaned,) = without_specks(logits(lambda x, y: disc(x, y, radius=3)), (SIDE, SIDE))
    assert parts(cleaned > 0) == (1, 1)
