"""From vectors to guesses, and whether their scores are honest: made-up vectors whose truth is known."""

import numpy as np
import pytest

from assist.suggestions.prototypes import ENOUGH, Choices, Learnt, fit, guess, mean_of, sums
from assist.suggestions.vector_encoding import packed, unpacked

WIDTH = 16
CHOICES = Choices("mood", "choice", {"glad": ("joy",), "sad": ("grief",), "cross": ("rage",)})


def units(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def world(number: int, noise: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Words that say little, texts around true centres, and which centre each belongs to."""
    dice = np.random.default_rng(seed)
    centres = units(dice.normal(size=(3, WIDTH)))
    chosen = dice.integers(0, 3, number)
    texts = units(centres[chosen] + noise * dice.normal(size=(number, WIDTH)))
    return units(centres + 0.15 * dice.normal(size=(3, WIDTH))), texts, chosen


def test_words_alone_give_a_label_without_a_score() -> None:
    words, texts, chosen = world(200, 0.1)
    found = [guess(CHOICES, Learnt(), words, text) for text in texts]
    right = [list(CHOICES.phrases)[place] == one.label for one, place in zip(found, chosen, strict=True)]
    assert np.mean(right) > 0.8 and {one.score for one in found} == {None}


def test_verdicts_move_a_label_to_where_its_texts_lie() -> None:
    words, texts, chosen = world(300, 0.3)
    swapped = words[[1, 2, 0]]  # the words say the wrong thing
    learnt = Learnt(tuple(CHOICES.phrases), sums(3, texts[:200], chosen[:200]), 0.1)
    found = [guess(CHOICES, learnt, swapped, text).label for text in texts[200:]]
    right = [list(CHOICES.phrases)[place] == label for label, place in zip(found, chosen[200:], strict=True)]
    assert np.mean(right) > 0.8


def test_scores_are_right_as_often_as_they_say() -> None:
    words, texts, chosen = world(2000, 0.35)
    some = slice(0, 400)
    blind = np.ones(400, bool)
    fitted = fit(words, texts[some], chosen[some], blind)
    learnt = Learnt(tuple(CHOICES.phrases), sums(3, texts[some], chosen[some]), fitted.temperature)
    found = [guess(CHOICES, learnt, words, text) for text in texts[400:]]
    right = np.array([list(CHOICES.phrases)[p] == one.label for one, p in zip(found, chosen[400:], strict=True)])
    scores = np.array([one.score for one in found], float)
    assert abs(scores.mean() - right.mean()) < 0.03
    for low, high in ((0.4, 0.7), (0.7, 0.9), (0.9, 1.0)):
        inside = (scores >= low) & (scores < high)
        assert inside.sum() > 50 and abs(scores[inside].mean() - right[inside].mean()) < 0.08
    assert fitted.right == pytest.approx(right.mean(), abs=0.06)


def test_labels_that_say_nothing_of_the_texts_are_told_apart_from_chance_by_nobody() -> None:
    dice = np.random.default_rng(5)
    words, texts = units(dice.normal(size=(3, WIDTH))), units(dice.normal(size=(300, WIDTH)))
    fitted = fit(words, texts, dice.integers(0, 3, 300), np.ones(300, bool))
    assert fitted.right == pytest.approx(1 / 3, abs=0.08), "no verdict is guessed from itself"
    learnt = Learnt(tuple(CHOICES.phrases), np.zeros((3, WIDTH), np.float32), fitted.temperature)
    score = guess(CHOICES, learnt, words, texts[0]).score
    assert score is not None and score < 0.6, "and it knows that it doesn't know"


@pytest.mark.parametrize("blind", [0, ENOUGH - 1, ENOUGH])
def test_score_is_told_from_enough_blind_verdicts_on(blind: int) -> None:
    words, texts, chosen = world(200, 0.2)
    found = fit(words, texts, chosen, np.arange(200) < blind)
    assert (found.blind, found.temperature is not None, found.right is None) == (blind, blind >= ENOUGH, blind == 0)


def test_one_label_for_all_proves_nothing() -> None:
    words, texts, _ = world(100, 0.2)
    assert fit(words, texts, np.zeros(100, int), np.ones(100, bool)).temperature is None


def test_label_that_came_since_is_guessed_by_its_words_and_one_that_went_is_not() -> None:
    words, _, _ = world(1, 0.1)
    learnt = Learnt(("glad", "gone"), np.stack([words[0] * 9, words[1] * 9]), 0.1)
    assert [guess(CHOICES, learnt, words, row).label for row in words] == list(CHOICES.phrases)


def test_vector_survives_the_database_nearly_whole() -> None:
    vector = units(np.random.default_rng(1).normal(size=384))
    back = unpacked(packed(vector))
    assert back.dtype == np.float32 and float(back @ vector) == pytest.approx(1, abs=1e-3)


def test_phrases_of_one_label_are_one_vector() -> None:
    a, b = np.eye(WIDTH, dtype=np.float32)[:2]
    assert mean_of([a, b]) == pytest.approx(units(a + b))
