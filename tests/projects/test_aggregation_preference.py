"""preference_v1 ranks items, sees through habits of taskers, and learns about groups."""

import numpy as np
import pytest

from projects.inference.preference import (
    LEFT,
    RIGHT,
    TIE,
    Votes,
    as_the_crowd_sees,
    infer_preferences,
    numbered_groups,
)


def election(seed=0, items=8, count=1500, workers=20, side=0.0, ties=-1.0, liars=0):
    """Votes on items whose strength falls with their number; the first `liars` taskers vote upside down."""
    random = np.random.default_rng(seed)
    strength = np.linspace(2, -2, items)
    left = random.integers(0, items, count)
    right = (left + random.integers(1, items, count)) % items
    worker = random.integers(0, workers, count)
    push = np.where(worker < liars, -1, 1) * (strength[left] - strength[right]) + side
    chance = np.exp(np.column_stack([push / 2, -push / 2, np.full(count, ties)]))
    chance /= chance.sum(1, keepdims=True)
    outcome = (random.random(count)[:, None] > chance.cumsum(1)).sum(1)
    return Votes(left, right, worker, outcome)


def test_strongest_first():
    result = infer_preferences(election(), 8, 20)
    assert result.order().tolist() == list(range(8))
    assert result.better(0, 7) > 0.99 > 0.5 > result.better(7, 0)
    assert result.chances(np.array([0]), np.array([7]))[0].argmax() == LEFT


def test_position_bias_and_ties_are_told_apart_from_strength():
    result = infer_preferences(election(side=1.0, ties=1.0), 8, 20)
    assert result.order().tolist() == list(range(8))
    assert result.side == pytest.approx(1.0, abs=0.25)
    assert result.tie == pytest.approx(1.0, abs=0.3)


def test_those_who_vote_upside_down_are_found_and_used():
    result = infer_preferences(election(liars=6, count=3000), 8, 20)
    assert result.reliability[:6].max() < 0 < result.reliability[6:].min()
    assert result.order().tolist() == list(range(8))


def test_order_of_votes_and_swapped_sides_change_nothing():
    votes = election(count=400)
    mixed = np.random.default_rng(1).permutation(400)
    plain = infer_preferences(votes, 8, 20)
    shuffled = infer_preferences(Votes(*(column[mixed] for column in votes)), 8, 20)
    assert shuffled.strength == pytest.approx(plain.strength, abs=1e-9)
    flip = np.array([RIGHT, LEFT, TIE])
    turned = infer_preferences(Votes(votes.right, votes.left, votes.worker, flip[votes.outcome]), 8, 20)
    assert turned.strength == pytest.approx(plain.strength, abs=0.01)
    assert turned.side == pytest.approx(-plain.side, abs=0.01)


def test_unseen_item_borrows_from_its_group():
    votes = election(items=6, count=800)
    group = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    result = infer_preferences(votes, 8, 20, group)
    assert result.strength[6] > result.strength[7]
    assert result.deviation[6] > result.deviation[0]


def test_who_comes_from_one_place_is_held_alike_and_who_comes_from_nowhere_stands_alone():
    assert numbered_groups(["b", None, "a", "b", None]).tolist() == [1, 2, 0, 1, 3]
    assert numbered_groups([None, None]) is numbered_groups(["a", "b"]) is numbered_groups([]) is None
    nothing = Votes(*(np.zeros(0, dtype=np.int64) for _ in range(4)))
    found = infer_preferences(nothing, 4, 1, np.array([0, 0, 1, 2]))
    _, spread = as_the_crowd_sees(nothing, found)
    own, group = found.variances["item"], found.variances["group"]
    joint = own * np.eye(4) + group * np.equal.outer([0, 0, 1, 2], [0, 0, 1, 2])
    centred = np.eye(4) - 1 / 4
    assert spread == pytest.approx(np.sqrt(np.diag(centred @ joint @ centred))), "before any vote, by the priors"


def test_nothing_said_means_all_equal():
    nothing = Votes(*(np.zeros(0, dtype=np.int64) for _ in range(4)))
    result = infer_preferences(nothing, 3, 2)
    assert result.strength == pytest.approx([0, 0, 0])
    assert result.better(0, 1) == 0.5
    lone = infer_preferences(Votes(*(np.array([n]) for n in (0, 1, 0, TIE))), 2, 1)
    assert lone.strength[0] == pytest.approx(lone.strength[1])


def test_bad_votes_are_named():
    with pytest.raises(ValueError, match="itself"):
        infer_preferences(Votes(*(np.array([n]) for n in (1, 1, 0, 0))), 2, 1)
    with pytest.raises(ValueError, match="outcome"):
        infer_preferences(Votes(*(np.array([n]) for n in (0, 1, 0, 3))), 2, 1)
