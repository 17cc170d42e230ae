"""Confusion matrices person by person, kinds of tasks, majority as a member, and what each member counts."""

import json

import numpy as np
import pytest
from scipy.special import digamma as exact

from projects.inference.classification import ALIKE, BIAS, CLIQUES, KINDS, PERSONAL, estimate
from projects.inference.colours import colours
from projects.inference.confusion import Confusion, fit_confusion
from projects.inference.dawid_skene import fit, votes
from projects.inference.digamma import digamma
from projects.inference.distinct import distinct
from projects.inference.incremental import (
    AccuracyModel,
    AnnotatorParameters,
    accuracy_model_of,
    learn,
    newcomer,
    parameters_of,
    posterior,
)
from projects.inference.matrices import inverses
from projects.inference.median import middle
from tests.support.projects.crowds import crowd


def patterned(seed=0, tasks=300, people=6, classes=4):
    """People of whom each mistakes one class for the next more often than not, and is right otherwise."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, tasks)
    task, worker = np.repeat(np.arange(tasks), people), np.tile(np.arange(people), tasks)
    wrong = (truth[task] == worker % classes) & (random.random(task.size) < 0.8)
    noise = random.random(task.size) < 0.1
    label = np.where(wrong, (truth[task] + 1) % classes, truth[task])
    return task, worker, np.where(noise, random.integers(0, classes, task.size), label), truth


def test_who_mistakes_one_class_for_another_is_seen_through():
    task, worker, label, truth = patterned()
    counts = np.zeros((300, 4))
    np.add.at(counts, (task, label), 1)
    found = estimate(task, worker, label, (300, 6, 4))
    assert (found.answer == truth).mean() > max((counts.argmax(1) == truth).mean(), 0.97)
    own = np.exp(found.fits[3].table[1, :, 0])
    assert own[1, 2] > 0.6 > 0.2 > own[2, 3]


def test_people_without_labels_are_the_crowd_and_few_labels_move_little():
    task, worker, label, _ = crowd(3)
    fit = fit_confusion(votes(task, worker, label, (120, 6, 3)), (120, 6, 3), PERSONAL)
    crowds = fit.prior / fit.prior.sum(2, keepdims=True)
    assert np.exp(fit.table[5]) == pytest.approx(crowds)
    assert fit.joint.sum((1, 2)) == pytest.approx(np.ones(120))


def test_known_answers_are_held_by_kinds_too():
    task, worker, label, truth = crowd(4, 100, classes=3)
    known = np.where(np.arange(100) < 30, (truth + 1) % 3, -1)
    fit = fit_confusion(votes(task, worker, label, (100, 5, 3)), (100, 5, 3), KINDS, known)
    assert (fit.posterior[:30].argmax(1) == known[:30]).all()


def test_one_that_has_gone_astray_counts_little():
    random = np.random.default_rng(0)
    sound = [random.dirichlet(np.ones(3) + 9 * np.eye(3)[1], 200) for _ in range(4)]
    astray = random.dirichlet(np.ones(3) + 9 * np.eye(3)[2], 200)
    weights = middle([*sound, astray])
    assert weights.sum() == pytest.approx(1)
    assert weights[4] < weights[:4].min() / 2
    assert middle([sound[0]] * 3) == pytest.approx([1 / 3] * 3)
    assert middle([np.zeros((0, 3))] * 2) == pytest.approx([0.5, 0.5])


def test_colours_and_what_rests_on_them_know_no_numbering():
    task, worker, label, _ = crowd(8, 80)
    plain = colours(task, worker, label, (80, 5, 3))
    assert len(set(plain.task.tolist())) == 80
    random = np.random.default_rng(1)
    new_task, new_worker, order = random.permutation(80), random.permutation(5), random.permutation(label.size)
    moved_labels = (new_task[task][order], new_worker[worker][order], label[order])
    assert sorted(colours(*moved_labels, (80, 5, 3)).worker) == sorted(plain.worker)
    before = fit_confusion(votes(task, worker, label, (80, 5, 3)), (80, 5, 3), CLIQUES).posterior
    after = fit_confusion(votes(*moved_labels, (80, 5, 3)), (80, 5, 3), CLIQUES).posterior
    assert after[new_task] == pytest.approx(before, abs=1e-3)


def test_those_who_are_alike_vote():
    task, worker, label, _ = crowd(4, 100, classes=3)
    counts = np.zeros((100, 3))
    np.add.at(counts, (task, label), 1)
    found = fit(votes(task, worker, label, (100, 5, 3)), (100, 5, 3), ALIKE).posterior
    best = np.round(found, 9) == np.round(found, 9).max(1, keepdims=True)
    assert (best == (counts == counts.max(1, keepdims=True))).all()


def test_a_model_stored_before_there_were_matrices_still_decides():
    task, worker, label, _ = crowd(6)
    batch = estimate(task, worker, label, (120, 5, 3), pool=(ALIKE, BIAS))
    stored = {key: value for key, value in accuracy_model_of(batch).to_json().items() if key not in ("rows", "weights")}
    model = AccuracyModel.from_json(json.loads(json.dumps(stored)))
    person = {"mean": parameters_of(batch, 0).mean.tolist(), "spread": parameters_of(batch, 0).spread.tolist()}
    chances = posterior(model, [AnnotatorParameters.from_json(person)], [1])
    assert chances.sum() == pytest.approx(1) and chances.argmax() == 1


def test_another_answer_is_one_more_count():
    task, worker, label, _ = crowd(6)
    model = accuracy_model_of(estimate(task, worker, label, (120, 5, 3)))
    taught = learn(model, newcomer(model), 2, np.array([0.0, 1.0, 0.0]))
    assert taught.counts[1, :, 2].sum() == pytest.approx(3), "once for each member"
    assert taught.counts.sum() == pytest.approx(3)


@pytest.mark.parametrize("kinds", [1, 3])
def test_nothing_and_one_class_are_no_crash(kinds):
    none = np.zeros(0, dtype=np.int64)
    assert fit_confusion(votes(none, none, none, (0, 0, 2)), (0, 0, 2), Confusion(kinds)).posterior.shape == (0, 2)
    one = np.zeros(1, dtype=np.int64)
    found = fit_confusion(votes(one, one, one, (2, 1, 1)), (2, 1, 1), Confusion(kinds))
    assert found.posterior == pytest.approx(np.ones((2, 1)))


@pytest.mark.parametrize("member", [PERSONAL, KINDS, BIAS])
def test_what_was_learnt_of_people_tells_other_tasks_at_once(member):
    """Half of the tasks teach who mistakes what; of the other half one turn is enough, and known answers stay."""
    task, worker, label, truth = patterned()
    half, sizes = task < 150, (150, 6, 4)
    learn_from = votes(task[half], worker[half], label[half], sizes)
    others = votes(task[~half] - 150, worker[~half], label[~half], sizes)
    fitted = fit_confusion if isinstance(member, Confusion) else fit
    learnt = fitted(learn_from, sizes, member)
    known = np.where(np.arange(150) < 5, (truth[150:] + 1) % 4, -1)
    right = [
        (fitted(others, sizes, member, known, 1, begin=begin).posterior.argmax(1) == truth[150:])[5:].mean()
        for begin in (None, learnt)
    ]
    assert right[1] > max(right[0], 0.95)
    told = fitted(others, sizes, member, known, 1, begin=learnt).posterior[:5]
    assert told == pytest.approx(np.eye(4)[known[:5]])


def test_what_is_quicker_for_many_numbers_is_the_same():
    random = np.random.default_rng(4)
    numbers = np.exp(random.uniform(-9, 9, 5_000))
    assert digamma(numbers) == pytest.approx(exact(numbers), rel=1e-9, abs=1e-9)
    roots = random.normal(size=(90, 3, 3))
    tables = roots @ roots.transpose(0, 2, 1) + np.eye(3)
    found = inverses(tables.transpose(1, 2, 0).copy()).transpose(2, 0, 1)
    assert found @ tables == pytest.approx(np.tile(np.eye(3), (90, 1, 1)), abs=1e-9)
    few, size = random.integers(0, 50, 20), 51
    for values, most in ((few, size), (few, 1_000), (few[:0], size)):
        for said, told in zip(distinct(values, most), np.unique(values, return_inverse=True), strict=True):
            assert said.tolist() == told.tolist()
