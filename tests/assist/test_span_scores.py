"""Spans of many texts together: strict as the field counts them, relaxed by what is covered."""

import numpy as np
import pytest

from assist.learning import figures
from assist.learning.span_scores import FIGURES, Compared, Place, compared

SHIP, PORT = (0, 10, "ship"), (20, 26, "port")


def told(*texts: Compared, counts: list[float] | None = None) -> dict[str, float]:
    weights = np.array(counts or [1.0] * len(texts))
    return {kind.key: kind.of(texts)(weights) for kind in FIGURES}


@pytest.mark.parametrize(
    ("offered", "strict", "relaxed"),
    [
        ({SHIP, PORT}, 1, 1),
        ({SHIP}, 2 / 3, 2 / 3),
        ({(0, 5, "ship"), PORT}, 1 / 2, 6 / 7),  # half of the ship: all of it is right, 1.5 of 2 are found
        ({(0, 10, "port"), PORT}, 1 / 2, 1 / 2),  # the right place under another label is none
        ({SHIP, PORT, (30, 40, "ship")}, 4 / 5, 4 / 5),
        (set(), 0, 0),
    ],
)
def test_a_span_is_right_by_place_and_label_or_by_what_is_covered(
    offered: set[Place], strict: float, relaxed: float
) -> None:
    assert told(compared(offered, {SHIP, PORT})) == pytest.approx({"spans-strict": strict, "spans-relaxed": relaxed})


def test_spans_count_and_texts_do_not() -> None:
    many = [(at, at + 5, "ship") for at in range(0, 100, 10)]
    full, empty = compared(many[:9], many), compared([], [])
    assert told(full, empty)["spans-strict"] == pytest.approx(18 / 19), "nothing for nothing adds nothing"
    wrong = compared([SHIP], [])
    assert told(full, wrong)["spans-strict"] == pytest.approx(18 / 20), "one found where nothing is counts as one"
    assert told(full, wrong, counts=[1, 2])["spans-strict"] == pytest.approx(18 / 21)
    assert np.isnan(told(empty)["spans-strict"])


def test_two_models_are_told_apart_by_the_spans_of_all_texts() -> None:
    good, bad = compared([SHIP, PORT], [SHIP, PORT]), compared([(0, 5, "ship")], [SHIP, PORT])
    rows = [figures.Told(f"text {n}", frozenset(), good, good if n % 3 else bad) for n in range(60)]
    strict, relaxed = figures.beside(FIGURES, rows, [], np.random.default_rng(1))
    assert (strict.figure, strict.candidate) == ("spans-strict", 1.0)
    assert strict.low is not None and 0 < strict.low < strict.difference == pytest.approx(1 - 160 / 220)
    assert relaxed.champion > strict.champion, "half a ship is some of it"
