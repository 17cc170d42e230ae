"""Who copies is found and speaks once; who is merely able, or misled like everybody, isn't called a copier."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from projects.inference.classification import estimate
from projects.inference.copying import find_copies, voices
from tests.support.projects.crowds import crowd
from tests.support.rounds import rounds

SIZES = (200, 6, 3)
SKILLS = (0.85, 0.8, 0.8, 0.75, 0.7, 0.34)


def copies_in(task, worker, label, sizes=SIZES):
    return find_copies(task, worker, label, sizes)


def with_copies(triples, of: int, copies: int, share: float = 1.0, seed: int = 0):
    """The crowd, joined by people who hand in what tasker `of` did on a share of the tasks, and else guess."""
    task, worker, label = triples
    random = np.random.default_rng(seed)
    mine = worker == of
    out = [triples]
    for n in range(copies):
        said = np.where(random.random(mine.sum()) < share, label[mine], random.integers(0, 3, mine.sum()))
        out.append((task[mine], np.full(mine.sum(), worker.max() + 1 + n), said))
    return tuple(np.concatenate(column) for column in zip(*out, strict=True))


@pytest.mark.parametrize("seed", range(6))
def test_independent_people_copy_nobody_however_able(seed):
    task, worker, label, _ = crowd(seed, 200, skill=(0.97, 0.96, 0.95, 0.9, 0.6, 0.34))
    assert copies_in(task, worker, label) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_task_that_misleads_everybody_makes_nobody_a_copier(seed):
    task, worker, label, truth = crowd(seed, 200, skill=SKILLS)
    misled = (task < 60) & (np.random.default_rng(seed).random(task.size) < 0.85)
    assert copies_in(task, worker, np.where(misled, (truth[task] + 1) % 3, label)) == []


@pytest.mark.parametrize("of", [0, 4, 5])
@pytest.mark.parametrize("share", [1.0, 0.97])
def test_copiers_are_found_whomever_they_copy(of, share):
    triples = with_copies(crowd(2, 200, skill=SKILLS)[:3], of, 1, share)
    (found,) = copies_in(*triples, sizes=(200, 7, 3))
    assert {found.who, found.of} == {of, 6}
    weights = voices(*triples[:2], [found])
    assert weights[np.isin(triples[1], [of, 6])].tolist() == [0.5] * 400
    assert (weights[~np.isin(triples[1], [of, 6])] == 1).all()


@given(st.integers(0, 1000), st.integers(1, 6))
@settings(max_examples=rounds(10), deadline=None)
def test_however_many_copies_of_a_spammer_join_little_changes(seed, copies):
    plain = crowd(seed, 150, skill=SKILLS)[:3]
    joined = with_copies(plain, 5, copies)
    sizes = (150, 6 + copies, 3)
    weight = voices(*joined[:2], copies_in(*joined, sizes=sizes))
    before = estimate(*plain, (150, 6, 3))
    after = estimate(*joined, sizes, weight=weight)
    assume(before.identified == after.identified)  # of six people, some tell two stories by chance
    assert (before.answer == after.answer).mean() >= 0.95
    assert np.abs(before.posterior - after.posterior).mean() < 0.02


def test_two_with_few_tasks_in_common_are_not_judged_and_nothing_is_nothing():
    task, worker, label = (column[:9] for column in with_copies(crowd(1, 9, skill=(0.5,))[:3], 0, 0))
    joined = with_copies((task, worker, label), 0, 1)
    assert copies_in(*joined, sizes=(9, 2, 3)) == []
    nothing = np.zeros(0, dtype=np.int64)
    assert copies_in(nothing, nothing, nothing, sizes=(3, 2, 2)) == []
    assert voices(nothing, nothing, []).size == 0


def test_order_of_labels_is_nothing():
    task, worker, label = with_copies(crowd(3, 200, skill=SKILLS)[:3], 1, 2)
    order = np.random.default_rng(0).permutation(task.size)
    plain = copies_in(task, worker, label, sizes=(200, 8, 3))
    assert copies_in(task[order], worker[order], label[order], sizes=(200, 8, 3)) == plain
    weight = voices(task, worker, plain)
    assert (voices(task[order], worker[order], plain) == weight[order]).all()
    assert weight.sum() == pytest.approx(6 * 200)
