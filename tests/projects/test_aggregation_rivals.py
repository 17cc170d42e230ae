"""Crowds that tell two stories: the estimate says that it can't tell, and a few known answers tell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.truth import grid
from projects.inference.classification import estimate
from projects.inference.incremental import AccuracyModel, accuracy_model_of, parameters_of, posterior
from projects.inference.vetting import vet
from tests.support.rounds import rounds

TASKS, PEOPLE, VOTES = 300, 40, 7


def two_camps(seed: int, against: float, *, kind: str = "contrary", classes: int = 2):
    """People who are right nine times in ten, and a share who say the opposite (of more classes, the next one) or all
    the same, whatever is true; (task, worker, label, truth, sizes)."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, TASKS)
    worker = np.argpartition(random.random((TASKS, PEOPLE)), VOTES, axis=1)[:, :VOTES].ravel()
    task = np.repeat(np.arange(TASKS), VOTES)
    story = (truth + 1) % classes if kind == "contrary" else random.integers(0, classes, TASKS)
    followed = np.where(worker < against * PEOPLE, story[task], truth[task])
    slip = (followed + random.integers(1, classes, task.size)) % classes
    label = np.where(random.random(task.size) < 0.9, followed, slip)
    return task, worker, label, truth, (TASKS, PEOPLE, classes)


@pytest.mark.parametrize("kind", ["contrary", "colluding"])
@pytest.mark.parametrize("classes", [2, 4])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=rounds(8), deadline=None)
def test_a_crowd_of_two_halves_cannot_tell(kind, classes, seed) -> None:
    task, worker, label, _truth, sizes = two_camps(seed, 0.5, kind=kind, classes=classes)
    found = estimate(task, worker, label, sizes)
    assert not found.identified and found.needed
    assert found.confidence.mean() < 0.8
    assert "against" not in {one.finding for one in vet(found)}


@pytest.mark.parametrize("against", [0.5, 0.6])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=rounds(8), deadline=None)
def test_the_known_answers_asked_for_tell(against, seed) -> None:
    task, worker, label, truth, sizes = two_camps(seed, against)
    asked = estimate(task, worker, label, sizes).needed
    known = np.full(TASKS, -1)
    shown = np.random.default_rng(seed).permutation(TASKS)[: asked + 2]
    known[shown] = truth[shown]
    found = estimate(task, worker, label, sizes, known)
    assert found.identified and not found.needed
    assert (found.answer == truth).mean() > 0.9


@given(seed=st.integers(0, 10_000), crowd=st.sampled_from(("able", "spammers", "grades", "hard tasks", "favourites")))
@settings(max_examples=rounds(25), deadline=None)
def test_an_ordinary_crowd_is_believed(seed, crowd) -> None:
    task, worker, label, _truth, sizes = grid.make(grid.Cell(crowd, 4, 0.0, 5, 30), seed)
    found = estimate(task, worker, label, sizes)
    assert found.identified and not found.needed


@given(seed=st.integers(0, 10_000))
@settings(max_examples=rounds(8), deadline=None)
def test_numbering_people_tasks_and_classes_anew_tells_no_more(seed) -> None:
    task, worker, label, _truth, sizes = two_camps(seed, 0.4, classes=3)
    random = np.random.default_rng(seed)
    tasks, people, classes = (random.permutation(size) for size in sizes)
    mixed = random.permutation(task.size)
    found = estimate(task, worker, label, sizes)
    again = estimate(tasks[task][mixed], people[worker][mixed], classes[label][mixed], sizes)
    assert again.sure == pytest.approx(found.sure) and again.needed == found.needed


def test_a_single_task_is_held_no_surer_than_the_crowd() -> None:
    task, worker, label, _truth, sizes = two_camps(1, 0.5)
    found = estimate(task, worker, label, sizes)
    stored = AccuracyModel.from_json(accuracy_model_of(found).to_json())
    assert (stored.sure, stored.needed, stored.identified) == (found.sure, found.needed, False)
    people = [parameters_of(found, who) for who in worker[task == 0]]
    alone = posterior(stored, people, label[task == 0].tolist())
    assert alone == pytest.approx(found.posterior[0], abs=0.02) and alone.max() < 0.9
