"""What is believed of taskers before any estimate, and of those whose answers have no classes."""

import random

import pytest

from projects.inference.incremental import newcomer, posterior
from projects.inference.reliability import estimate_chances, first_accuracy_model, gain


@pytest.mark.parametrize("classes", [1, 2, 5, 50])
def test_before_any_estimate_classes_are_alike_and_answers_tell(classes: int) -> None:
    accuracy_model = first_accuracy_model(classes)
    stranger = newcomer(accuracy_model)
    assert posterior(accuracy_model, [], []) == pytest.approx([1 / classes] * classes)
    one, two = (posterior(accuracy_model, [stranger] * n, [0] * n)[0] for n in (1, 2))
    assert one <= two and (classes == 1 or 1 / classes < one < two < 1)


def test_no_class_is_no_crowd() -> None:
    with pytest.raises(ValueError, match="at least one class"):
        first_accuracy_model(0)


def test_another_answer_tells_most_where_nothing_is_sure() -> None:
    assert gain(0.0) == gain(1.0) == 0.0
    assert gain(0.5) > gain(0.9) > gain(0.99) > 0
    assert gain(0.5, 0.95) > gain(0.5, 0.75)


def test_known_answers_tell_honest_people_from_those_who_agree_on_nonsense() -> None:
    ballots = [[["sly", "slim"], ["ann", "bo"]]] * 20
    known = {"sly": (0.0, 4.0), "slim": (0.0, 4.0), "ann": (4.0, 0.0), "bo": (4.0, 0.0)}
    chance = estimate_chances(ballots, known)
    assert max(chance["sly"], chance["slim"]) < 0.3 < 0.8 < min(chance["ann"], chance["bo"])


def test_nobody_is_told_by_their_own_vote_and_order_is_nothing() -> None:
    assert estimate_chances([[["ann"]]] * 50, {}) == {"ann": 0.75}
    ballots = [[["ann", "bo"], ["cy"]], [["cy", "bo"]], [["ann"], ["bo"], ["cy"]]] * 3
    first = estimate_chances(ballots, {})
    shuffled = [[list(reversed(group)) for group in ballot] for ballot in ballots]
    random.Random(1).shuffle(shuffled)
    again = estimate_chances(shuffled, {})
    assert {key: again[key] for key in first} == pytest.approx(first, abs=1e-12)
