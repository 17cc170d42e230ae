"""What speaks for a model that took part in nothing, and people who have one voice between them."""

import numpy as np
import pytest

from projects.inference import held_out
from projects.inference.calibration import calibration_error
from projects.inference.classification import ABILITY, ALIKE, POPULAR, STRICT, estimate
from projects.inference.cliques import find_cliques, one_voice
from projects.inference.colours import colours
from projects.inference.dawid_skene import Member, votes
from projects.inference.dawid_skene import fit as fit_tables
from projects.inference.held_out import MANY, MOST, favours, withheld
from projects.inference.one_coin import fit_one_coin
from tests.support.projects.crowds import crowd

HONEST, RING = 12, 6


def with_a_ring(seed: int, tasks: int = 600, honest: float = 0.8, right: float = 0.6):
    """Three people a task of eighteen, of whom six say what their leader says, who is right in so many cases."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 4, tasks)
    worker = np.argsort(random.random((tasks, HONEST + RING)), axis=1)[:, :3].ravel()
    task = np.repeat(np.arange(tasks), 3)
    other = (truth[task] + random.integers(1, 4, task.size)) % 4
    said = np.where(random.random(tasks) < right, truth, random.integers(0, 4, tasks))
    label = np.where(random.random(task.size) < honest, truth[task], other)
    return task, worker, np.where(worker >= HONEST, said[task], label), truth, (tasks, HONEST + RING, 4)


def test_a_ring_that_says_the_same_whatever_is_true_has_one_voice():
    *triples, truth, sizes = with_a_ring(0, right=0.4)
    assert [group.tolist() for group in find_cliques(*triples, sizes)] == [list(range(HONEST, HONEST + RING))]
    task, worker, label = triples
    ring = worker >= HONEST
    weights = one_voice(task, worker, find_cliques(*triples, sizes), sizes[1])
    assert np.bincount(task[ring], weights[ring], sizes[0]).max() == pytest.approx(1)
    assert (weights[~ring] == 1).all()
    told = estimate(*triples, sizes)
    counts = np.zeros((sizes[0], 4))
    np.add.at(counts, (task, label), 1)
    assert (told.answer == truth).mean() > (counts.argmax(1) == truth).mean() + 0.03


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_a_ring_for_being_good_or_alike_by_chance(seed: int):
    *triples, _, sizes = with_a_ring(seed, honest=0.8, right=0.6)
    apart = triples[1] < HONEST
    honest = [column[apart] for column in triples]
    assert find_cliques(*honest, sizes) == []
    task, worker, label, truth = crowd(seed, 200)
    experts = (worker >= 2) & (np.random.default_rng(seed).random(task.size) < 0.99)
    assert find_cliques(task, worker, np.where(experts, truth[task], label), (200, 5, 3)) == []


def test_two_camps_that_contradict_each_other_are_no_rings_but_two_stories():
    task, worker = np.repeat(np.arange(20), 6), np.tile(np.arange(6), 20)
    assert find_cliques(task, worker, (task + (worker < 3)) % 2, (20, 6, 2)) == []


def test_a_model_that_foretells_counts_more_but_no_more_than_ten_labels_say():
    logs = np.log([[0.8] * 500, [0.4] * 500, [1e-12] * 500])
    counts = favours(logs, np.ones(500))
    assert counts[0] == 1 > counts[1] > counts[2] > 0
    assert counts[1] == pytest.approx(0.5 ** (10 * 500 / 600))
    assert favours(logs[:, :5], np.ones(5))[1] > 0.6, "five labels tell little"
    assert favours(np.zeros((3, 0)), np.zeros(0)) == pytest.approx([1, 1, 1])


def test_what_is_left_out_knows_no_numbering_and_is_never_told():
    task, worker, label, _, sizes = with_a_ring(3, tasks=60)
    random = np.random.default_rng(2)
    new_task, new_worker = random.permutation(sizes[0]), random.permutation(sizes[1])
    order = random.permutation(label.size)
    moved = (new_task[task][order], new_worker[worker][order], label[order])
    turns = list(withheld(task, worker, colours(task, worker, label, sizes)))
    assert len(turns) == 3
    anew = withheld(*moved[:2], colours(*moved, sizes))
    for (told, asked), (_, again) in zip(turns, anew, strict=True):
        assert not (told & asked).any() and 0.1 < asked.mean() < 0.3
        left = set(zip(moved[0][again].tolist(), moved[1][again].tolist(), strict=True))
        assert left == set(zip(new_task[task[asked]].tolist(), new_worker[worker[asked]].tolist(), strict=True))


def test_of_many_labels_some_tasks_are_enough():
    size = 2 * MOST
    task, worker = np.repeat(np.arange(size // 2), 2), np.tile([0, 1], size // 2)
    ((told, asked),) = withheld(task, worker, colours(task, worker, task % 2, (size // 2, 2, 2)))
    assert MANY < (told | asked).sum() < 1.1 * MOST


def test_spammers_who_lead_models_astray_are_outweighed():
    """Four in ten always say one and the same; who knows likings sees through them and counts more for it."""
    random = np.random.default_rng(5)
    truth = random.integers(0, 4, 400)
    task, worker = np.repeat(np.arange(400), 3), random.integers(0, 60, 1200)
    right = random.random(1200) < 0.8
    label = np.where(right, truth[task], random.integers(0, 4, 1200))
    label = np.where(worker < 24, worker % 4, label)
    told = estimate(task, worker, label, (400, 60, 4))
    assert told.weights[told.members.index(STRICT)] == told.weights.max()


@pytest.mark.parametrize("member", [ABILITY, ALIKE])
@pytest.mark.parametrize("classes", [1, 2, 5, 40])
def test_ability_by_labels_seen_is_ability_by_tables(member: Member, classes: int):
    random = np.random.default_rng(classes)
    task, worker = np.repeat(np.arange(80), 4), random.integers(0, 9, 320)
    truth, weight = random.integers(0, classes, 80), random.random(320)
    label = np.where(random.random(320) < 0.7, truth[task], random.integers(0, classes, 320))
    sizes, known = (80, 10, classes), np.where(np.arange(80) < 8, truth, -1)
    given = votes(task, worker, label, sizes, weight)
    by_labels, by_tables = (fit(given, sizes, member, known) for fit in (fit_one_coin, fit_tables))
    assert by_labels.posterior == pytest.approx(by_tables.posterior, abs=1e-9)
    if classes > 1:
        assert by_labels.table == pytest.approx(by_tables.table, abs=1e-9)
        assert by_labels.spread == pytest.approx(by_tables.spread, abs=1e-9)


def test_with_very_many_classes_mistakes_that_most_make_are_known_and_rare_ones_not_learnt_by_heart():
    """A fifth always say one and the same of sixty classes; and nobody is held surer than they are right."""
    random = np.random.default_rng(3)
    truth, task = random.integers(0, 60, 1000), np.repeat(np.arange(1000), 3)
    worker = np.argsort(random.random((1000, 50)), axis=1)[:, :3].ravel()
    label = np.where(random.random(3000) < 0.75, truth[task], random.integers(0, 60, 3000))
    label = np.where(worker < 10, worker, label)
    alone, pooled = (
        estimate(task, worker, label, (1000, 50, 60), pool=pool) for pool in ((ABILITY,), (ABILITY, POPULAR, ALIKE))
    )
    errors = [calibration_error(one.confidence, one.answer == truth) for one in (alone, pooled)]
    assert (pooled.answer == truth).mean() >= (alone.answer == truth).mean()
    assert errors[1] < errors[0] / 2 and errors[1] < 0.06


def test_very_many_labels_are_learnt_by_some_tasks_and_told_by_all(monkeypatch):
    monkeypatch.setattr(held_out, "MANY", 500)
    random = np.random.default_rng(6)
    truth, skill = random.integers(0, 3, 800), random.uniform(0.5, 0.9, 30)
    task, worker = np.repeat(np.arange(800), 5), np.tile(np.arange(30), 4000)[:4000]
    label = np.where(random.random(4000) < skill[worker], truth[task], random.integers(0, 3, 4000))
    sizes = (800, 30, 3)
    all_of_them = estimate(task, worker, label, sizes)
    monkeypatch.setattr(held_out, "MOST", 2_000)
    some = estimate(task, worker, label, sizes)
    assert 0 < np.abs(some.posterior - all_of_them.posterior).mean() < 0.02
    assert (some.answer == truth).mean() > (all_of_them.answer == truth).mean() - 0.01
    moved, order = random.permutation(800), random.permutation(4000)
    again = estimate(moved[task][order], worker[order], label[order], sizes)
    assert again.posterior[moved] == pytest.approx(some.posterior, abs=1e-7)
