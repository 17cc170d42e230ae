"""standing_v1: a trusted tasker weighs more than strangers, and confidence is a probability."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.inference import WEIGHTED
from projects.inference.agreement import regions_agreement
from projects.inference.masks import merge_regions
from projects.inference.standing import standing_v1
from tests.support.projects.answers import choice, first, region, regions, same


def decide(said: list[tuple[str, float]]):
    return standing_v1([choice(v) for v, _ in said], same, first, 1.0, [p for _, p in said])


def test_one_expert_outweighs_two_who_are_mostly_wrong():
    outcome = decide([("cat", 0.97), ("dog", 0.3), ("dog", 0.3)])
    assert outcome.answer == choice("cat")
    assert outcome.supports == [0]
    assert outcome.agreements == [None, None, None]  # a verdict that rests on one annotation grades no one


def test_two_good_taskers_outweigh_one_good_tasker():
    outcome = decide([("cat", 0.8), ("dog", 0.8), ("dog", 0.8)])
    assert outcome.answer == choice("dog")
    assert outcome.agreements == [0.0, 1.0, 1.0]
    assert outcome.confidence > 0.9


def test_lone_answer_is_as_sure_as_its_tasker():
    assert decide([("cat", 0.8)]).confidence == pytest.approx(0.8)
    assert decide([("cat", 0.8)]).agreements == [None]
    assert not decide([("cat", 0.4)]).decided


@pytest.mark.parametrize("said", [[], [("cat", 0.8), ("dog", 0.8)], [("cat", 0.3), ("dog", 0.3), ("owl", 0.3)]])
def test_nothing_and_ties_and_weak_taskers_decide_nothing(said):
    outcome = decide(said)
    assert not outcome.decided
    assert outcome.agreements == [None] * len(said)


answers = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.05, 0.99)), min_size=1, max_size=7)


@given(answers, st.randoms(use_true_random=False))
def test_order_is_nothing(said, random):
    plain, mixed = decide(said), decide(random.sample(said, len(said)))
    assert mixed.answer == plain.answer
    assert mixed.confidence == pytest.approx(plain.confidence)


@given(answers, st.floats(0.15, 0.99))
def test_one_more_who_agrees_never_lowers_confidence(said, standing):
    before = decide(said)
    if before.decided:
        after = decide([*said, (before.answer["choice"], standing)])
        assert after.answer == before.answer
        assert after.confidence >= before.confidence - 1e-9


def merged(some, trust=None):
    return merge_regions(some)


def test_masks_are_weighed_like_anything_else():
    given_answers = [regions(region(5, 5, 20)), regions(region(6, 5, 20)), regions(region(40, 40, 9))]
    outcome = standing_v1(given_answers, lambda a, b: regions_agreement(a, b, 0.7), merged, 0.8, [0.7] * 3)
    assert outcome.supports == [0, 1]


def test_standings_must_fit_the_answers():
    with pytest.raises(ValueError, match="standings: there must be 1"):
        standing_v1([choice("a")], same, first, 1.0, [])
    assert set(WEIGHTED) == {"standing_v1"}
