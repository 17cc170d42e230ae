"""Classes of many tasks together: the rare ones count as much as the common ones."""

import numpy as np
import pytest

from assist.learning.class_scores import FIGURES, Guess, macro_f1


def of(*guesses: Guess) -> float:
    return macro_f1([[one] for one in guesses])(np.ones(len(guesses)))


def test_who_never_guesses_the_rare_class_loses_all_of_it() -> None:
    common, rare = ("kind", "common", "common"), ("kind", "rare", "common")
    assert of(*[common] * 9, ("kind", "rare", "rare")) == 1
    assert of(*[common] * 9, rare) == pytest.approx((18 / 19 + 0) / 2), "nine of ten are right"
    assert of(*[common] * 9, ("kind", "rare", None)) == pytest.approx((1 + 0) / 2), "no answer takes no other's place"
    assert of(*[common] * 9, ("kind", "common", "rare")) == pytest.approx(18 / 19), "one that nobody decided has no F1"


def test_fields_are_told_apart_and_a_task_counts_as_often_as_it_is_drawn() -> None:
    tasks: list[list[Guess]] = [[("a", "yes", "yes"), ("b", "yes", "no")], [("a", "yes", "yes")], []]
    assert macro_f1(tasks)(np.ones(3)) == pytest.approx((1 + 0) / 2)
    assert macro_f1(tasks)(np.array([0.0, 3, 1])) == 1
    assert np.isnan(macro_f1(tasks)(np.array([0.0, 0, 1]))) and np.isnan(macro_f1([[]])(np.ones(1)))


def test_it_is_what_others_call_macro_f1() -> None:
    from sklearn.metrics import f1_score  # takes seconds

    rng = np.random.default_rng(6)
    decided, guessed = (rng.choice(list("abcdef"), 400, p=(0.5, 0.2, 0.1, 0.1, 0.07, 0.03)) for _ in range(2))
    same = rng.random(400) < 0.6
    guessed = np.where(same, decided, guessed)
    told = FIGURES[0].of([[("kind", str(one), str(other))] for one, other in zip(decided, guessed, strict=True)])
    assert told(np.ones(400)) == pytest.approx(f1_score(decided, guessed, average="macro"))
    drawn = rng.integers(0, 400, 400)
    counts = np.bincount(drawn, minlength=400).astype(float)
    assert told(counts) == pytest.approx(f1_score(decided[drawn], guessed[drawn], average="macro"))
