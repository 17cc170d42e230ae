"""Slices that nobody declared: a planted one is found and named, noise proposes nothing, and none gates unnamed."""

import numpy as np
import pytest

from assist.alike import index
from assist.learning import discovered, likeness_traits, traits
from assist.learning.discovered import Proposed
from tests.support import make
from tests.support.cast import Cast

FEATURES = 8


def rows(chance: np.random.Generator, number: int, values: int) -> list[frozenset]:
    """Tasks with eight attributes by chance."""
    drawn = chance.integers(0, values, (number, FEATURES))
    return [frozenset((f"meta{at}", str(value)) for at, value in enumerate(row)) for row in drawn]


def scores(chance: np.random.Generator, found: list[frozenset], *bad: tuple[str, str]) -> list[float]:
    """Right four times out of five; where all of `bad` hold 15 points less often."""
    share = np.array([0.65 if bad and set(bad) <= one else 0.8 for one in found])
    return list((chance.random(len(found)) < share).astype(float))


def proposed(seed: int, *bad: tuple[str, str], number: int = 1_000, values: int = 2) -> list[Proposed]:
    chance = np.random.default_rng(seed)
    found = rows(chance, number, values)
    own = {"candidate": scores(chance, found, *bad), "champion": scores(chance, found)}
    return discovered.propose(found, [str(at) for at in range(len(found))], own, chance)


PLANTED = (("meta2", "1"), ("meta5", "0"))


def found_first(seeds: range, **terms: int) -> int:
    firsts = [proposed(seed, *PLANTED, **terms)[:1] for seed in seeds]
    return sum(bool(one) and (one[0].traits, one[0].side) == (PLANTED, "candidate") for one in firsts)


def test_a_planted_pair_comes_first_by_its_name() -> None:
    assert found_first(range(5)) >= 4


def test_of_noise_nothing_is_proposed() -> None:
    assert sum(bool(proposed(seed)) for seed in range(100, 110)) <= 1


def test_what_is_bad_as_a_whole_is_named_once_and_not_by_its_parts() -> None:
    (found,) = proposed(7, ("meta2", "1"))
    assert found.traits == (("meta2", "1"),) and found.elsewhere - found.score >= discovered.WORSE


def test_copies_of_one_text_are_no_evidence() -> None:
    """Four hundred tasks, but eight texts: too few groups to look at anything."""
    traits = [frozenset({("meta", f"site: {at % 2}")}) for at in range(400)]
    own = {"candidate": [float(at % 2) for at in range(400)]}
    few, many = ([str(at % groups) for at in range(400)] for groups in (8, 400))
    assert not discovered.propose(traits, few, own, np.random.default_rng(1))
    assert discovered.propose(traits, many, own, np.random.default_rng(1))


def test_many_kinds_are_paired_by_the_largest_and_none_is_held_for_what_few_have() -> None:
    """Each task has a name of its own and half of three hundred traits: only the largest of them are paired."""
    dice = np.random.default_rng(5)
    held = dice.random((400, 300)) < np.linspace(0.3, 0.6, 300)
    traits = [
        frozenset({("meta", f"name: {at}")} | {("meta", f"{one}") for one in np.flatnonzero(row)})
        for at, row in enumerate(held)
    ]
    looked = discovered._looked_at(traits, np.arange(400), 400)
    assert len(looked.traits) == len(looked.member) == discovered.LOOKED_AT
    sizes = looked.member.sum(1)
    assert all(sizes[:-1] >= sizes[1:]) and len({one for own in looked.traits for one in own}) <= discovered.PAIRED
    for own, row in list(zip(looked.traits, looked.member, strict=True))[::97]:
        assert row.tolist() == [set(own) <= some for some in traits]


@pytest.mark.django_db
def test_what_lies_near_each_other_is_a_kind_of_task_as_well(cast: Cast, settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path
    project = make.project(cast.riverside)
    tasks = make.tasks(make.batch(project), 60)
    chance = np.random.default_rng(3)
    heaps = np.eye(2, index.WIDTHS[index.TEXTS])[[int(at >= 35) for at in range(60)]]
    placed = heaps + 0.02 * chance.standard_normal(heaps.shape)
    placed /= np.linalg.norm(placed, axis=1, keepdims=True)
    index.vectors_of(project, index.TEXTS).add([one.pk for one in tasks], placed)
    like = likeness_traits.among(project, tasks)
    own = {"candidate": [float(at < 35) for at in range(60)]}
    (found,) = discovered.propose([like(one) for one in tasks], [str(one.pk) for one in tasks], own, chance)
    assert found.tasks >= 20 and found.score == 0
    ((name, value),) = found.traits
    again = likeness_traits.of(project, [value])
    assert sum(bool(again(one)) for one in tasks) == found.tasks, "it is the same one later"
    assert not any(again(one) for one in tasks[:35]) and traits.name_of(found.traits).startswith("like task ")


@pytest.mark.torture
def test_a_planted_pair_is_found_in_18_of_20_seeds_and_of_noise_nothing_in_95_of_100() -> None:
    assert found_first(range(20), number=2_000) >= 18
    for values in (2, 3, 5):
        assert sum(bool(proposed(seed, number=2_000, values=values)) for seed in range(100)) <= 5
