"""A model that never saw a verdict says which are likely wrong, and more verdicts are worth so much."""

import numpy as np
import pytest

from assist.learning import doubts


def flipped(seed: int, share: float = 0.05) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pictures of digits as rows, what is said of them, which of that is wrong, and what they are."""
    from sklearn.datasets import load_digits

    digits, rng = load_digits(), np.random.default_rng(seed)
    wrong = np.zeros(len(digits.target), bool)
    wrong[rng.choice(len(wrong), round(share * len(wrong)), replace=False)] = True
    given = np.where(wrong, (digits.target + rng.integers(1, 10, len(wrong))) % 10, digits.target)
    return (digits.data / 16).astype(np.float32), given, wrong, digits.target


@pytest.mark.parametrize("seed", [3, pytest.param(14, marks=pytest.mark.torture)])
def test_most_of_the_flips_are_among_the_first(seed: int) -> None:
    vectors, given, wrong, right = flipped(seed)
    folds = doubts.folds_of([str(at) for at in range(len(given))])
    told = doubts.shares(vectors, given, folds, 10)
    found = doubts.doubt(told, given, np.full(len(given), 0.9))
    first = np.argsort(found.right)[: round(0.08 * len(given))]
    assert wrong[first].sum() >= 0.7 * wrong.sum()
    assert (found.instead[first][wrong[first]] == right[first][wrong[first]]).mean() > 0.8, "it says what is right"


def test_no_row_is_judged_by_a_head_that_learnt_from_it() -> None:
    """Labels without any rhyme are told no better than by chance, copies of a text among them."""
    rng = np.random.default_rng(1)
    vectors = np.repeat(rng.normal(size=(200, 20)), 2, axis=0)
    given = np.repeat(rng.integers(0, 2, 200), 2)
    groups = [str(at // 2) for at in range(400)]
    folds = doubts.folds_of(groups)
    assert all(folds[at] == folds[at + 1] for at in range(0, 400, 2))
    told = doubts.shares(vectors, given, folds, 2)
    assert (told.argmax(1) == given).mean() < 0.62


def test_those_of_better_standing_are_doubted_less() -> None:
    told = np.array([[0.2, 0.8], [0.2, 0.8], [0.9, 0.1], [0.1, 0.9]])
    found = doubts.doubt(told, np.array([0, 0, 0, 1]), np.array([0.6, 0.95, 0.9, 0.9]))
    assert found.right[0] < found.right[1] < found.right[2] and found.instead[0] == 1


def test_a_class_that_nobody_gave_and_rows_of_one_class_are_no_fault() -> None:
    told = doubts.shares(np.ones((6, 2)), np.zeros(6, int), np.arange(6) % 2, 3)
    assert np.isfinite(doubts.doubt(told, np.zeros(6, int), np.ones(6)).right).all()
    assert doubts.curve(np.ones((6, 2)), np.zeros(6, int), np.arange(6) % 2) == []


def test_a_curve_that_falls_promises_more_and_a_flat_one_nothing() -> None:
    assert doubts.gain([(100, 0.8), (200, 0.9), (400, 0.95)]) == pytest.approx(0.025, abs=0.001)
    assert doubts.gain([(100, 0.9), (200, 0.9), (400, 0.9)]) == pytest.approx(0.0, abs=0.001)
    assert doubts.gain([(100, 1.0)]) is None
