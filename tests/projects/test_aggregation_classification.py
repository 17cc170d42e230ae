"""categorical_v1 finds the truth and the taskers, whatever the order and whoever joins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.inference.calibration import Calibration, calibrate, calibrated_posterior, calibration_error
from projects.inference.classification import ABILITY, BIAS, STRICT, estimate
from tests.support.projects.crowds import crowd
from tests.support.rounds import rounds


def accuracy(result, truth) -> float:
    return float((result.answer == truth).mean())


def majority(task, label, tasks, classes) -> np.ndarray:
    votes = np.zeros((tasks, classes))
    np.add.at(votes, (task, label), 1)
    return votes.argmax(1)


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
@settings(max_examples=rounds(15), deadline=None)
def test_permuting_triples_tasks_and_taskers_changes_nothing(seed, random):
    task, worker, label, truth = crowd(seed, tasks=25)
    plain = estimate(task, worker, label, (25, 5, 3))
    order = np.array(random.sample(range(task.size), task.size))
    new_task, new_worker = np.array(random.sample(range(25), 25)), np.array(random.sample(range(5), 5))
    mixed = estimate(new_task[task][order], new_worker[worker][order], label[order], (25, 5, 3))
    assert mixed.posterior[new_task] == pytest.approx(plain.posterior, abs=1e-6)
    assert mixed.fits[1].parameters[new_worker] == pytest.approx(plain.fits[1].parameters, abs=1e-5)


def test_same_input_gives_the_same_bits():
    task, worker, label, _ = crowd(3)
    first, second = (estimate(task, worker, label, (120, 5, 3)).posterior for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_better_than_majority_where_taskers_differ():
    scores = []
    for seed in range(5):
        task, worker, label, truth = crowd(seed, 300, skill=(0.95, 0.9, 0.6, 0.55, 0.5), classes=2)
        ours = accuracy(estimate(task, worker, label, (300, 5, 2)), truth)
        scores.append(ours - (majority(task, label, 300, 2) == truth).mean())
    assert np.mean(scores) > 0.05


def test_adversary_is_turned_round_and_spammer_ignored():
    task, worker, label, truth = crowd(1, 400, skill=(0.85, 0.85, 0.85, 0.1, 0.5), classes=2)
    result = estimate(task, worker, label, (400, 5, 2))
    ability = result.fits[1].ability + result.fits[1].parameters[:, 0]
    assert ability[3] < -0.5 and abs(ability[4]) < 0.4 < ability[:3].min()
    assert accuracy(result, truth) > 0.95


def test_copy_of_a_spammer_changes_little():
    task, worker, label, truth = crowd(5, 300, skill=(0.85, 0.8, 0.8, 0.34))
    spam = worker == 3
    twice = [np.concatenate([values, values[spam]]) for values in (task, worker, label)]
    twice[1][-spam.sum() :] = 4
    plain = estimate(task, worker, label, (300, 4, 3))
    doubled = estimate(*twice, (300, 5, 3))
    assert (plain.answer == doubled.answer).mean() > 0.97


@given(st.integers(1, 6), st.integers(0, 4))
@settings(max_examples=rounds(15), deadline=None)
def test_one_more_vote_for_the_leader_never_lowers_its_confidence(behind, against):
    if against >= behind:
        return
    task, worker, label, _ = crowd(7, 60, skill=(0.8,) * 12)
    others = [task, worker, label]

    def confidence(votes: list[int]) -> float:
        extra = len(votes)
        triples = [np.full(extra, 60), np.arange(extra), np.array(votes)]
        joined = [np.concatenate([a, b]) for a, b in zip(others, triples, strict=True)]
        return estimate(*joined, (61, 12, 3), pool=(ABILITY,)).posterior[60, 0]

    votes = [0] * behind + [1] * against
    assert confidence([*votes, 0]) >= confidence(votes) - 1e-3


def test_skewed_classes_are_not_explained_away():
    task, worker, label, truth = crowd(2, 800, skill=(0.8,) * 5, classes=2, shares=(0.95, 0.05))
    result = estimate(task, worker, label, (800, 5, 2))
    assert accuracy(result, truth) >= (majority(task, label, 800, 2) == truth).mean() - 0.005
    assert np.exp(result.fits[0].classes[1]) == pytest.approx(0.05, abs=0.03)


def test_known_answers_are_held_and_teach_about_taskers():
    task, worker, label, truth = crowd(4, 200, skill=(0.9, 0.4, 0.4, 0.4), classes=2)
    known = np.where(np.arange(200) < 60, truth, -1)
    held = estimate(task, worker, label, (200, 4, 2), known=known)
    assert (held.answer[:60] == truth[:60]).all()
    assert held.posterior[:60].max(1) == pytest.approx(1.0)
    free = estimate(task, worker, label, (200, 4, 2))
    rest = slice(60, None)
    assert (held.answer[rest] == truth[rest]).mean() > (free.answer[rest] == truth[rest]).mean() + 0.1


@pytest.mark.parametrize(
    ("triples", "sizes"),
    [
        ([], (0, 0, 2)),
        ([], (3, 0, 2)),
        ([(0, 0, 1)], (1, 1, 2)),
        ([(0, 0, 0)], (1, 1, 1)),
        ([(0, 0, 0), (0, 1, 1)], (1, 2, 2)),
        ([(0, 0, 4)], (2, 1, 50)),
        ([(t, 0, t % 2) for t in range(30)], (30, 1, 2)),
        ([(0, w, w % 3) for w in range(50)], (1, 50, 3)),
    ],
)
def test_thin_data_gives_probabilities_and_never_a_crash(triples, sizes):
    columns = np.array(triples, dtype=np.int64).reshape(-1, 3).T
    posterior = estimate(*columns, sizes).posterior
    assert posterior.shape == (sizes[0], sizes[2])
    assert np.isfinite(posterior).all()
    assert posterior.sum(1) == pytest.approx(np.ones(sizes[0]))


def test_a_tie_between_strangers_is_a_tie():
    result = estimate(np.array([0, 0]), np.array([0, 1]), np.array([0, 1]), (1, 2, 2))
    assert result.posterior[0] == pytest.approx([0.5, 0.5])
    assert result.answer[0] == 0


def test_index_out_of_range_is_named():
    with pytest.raises(ValueError, match="label"):
        estimate(np.array([0]), np.array([0]), np.array([2]), (1, 1, 2))


def test_very_many_classes_fall_back_to_the_ability_member():
    task, worker, label, truth = crowd(9, 60, classes=4)
    shrunk = estimate(task, worker, label, (60, 600, 60), pool=(BIAS, ABILITY))
    assert shrunk.members == (ABILITY,)
    assert accuracy(shrunk, truth) > 0.9


def test_calibration_learns_that_a_method_is_too_sure():
    random = np.random.default_rng(0)
    confidence = random.uniform(0.5, 0.999, 4000)
    right = random.random(4000) < 0.5 + (confidence - 0.5) * 0.5
    before = calibration_error(Calibration()(confidence), right)
    after = calibrate(confidence[:200], right[:200])
    assert calibration_error(after(confidence[200:]), right[200:]) < min(before, 0.06)
    assert after.known == 200


def test_calibration_is_monotone_and_knows_its_own_doubt():
    grid = np.linspace(0, 1, 50)
    few, many = calibrate([0.9] * 5, [True] * 5), calibrate([0.9, 0.6] * 500, [True, False, True, True] * 250)
    for calibration in (Calibration(), few, many):
        assert (np.diff(calibration(grid)) >= -1e-9).all()
        low, high = calibration.bounds(grid)
        assert (low <= high).all()
        assert (calibration.at_least(grid) <= high).all()
    width_few, width_many = (np.subtract(*c.bounds([0.9])[::-1])[0] for c in (few, many))
    assert width_many < width_few / 3
    assert calibrate([], []) == Calibration()


def test_calibration_refuses_what_is_not_a_confidence():
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibrate([1.2], [True])
    with pytest.raises(ValueError, match="right: there must be 2"):
        calibrate([0.2, 0.3], [True])


def test_calibrated_posterior_keeps_the_order_of_the_rest():
    posterior = np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0]])
    out = calibrated_posterior(posterior, Calibration())
    assert out.sum(1) == pytest.approx([1, 1])
    assert out[0, 1] / out[0, 2] == pytest.approx(2)
    assert out[1, 1] == out[1, 2] > 0


def test_who_is_strict_with_one_grade_is_so_with_all():
    """Five grades, a dozen labels a person; half of the people give one too low where they err, the others too high."""
    random = np.random.default_rng(2)
    truth, task = random.integers(0, 5, 600), np.repeat(np.arange(600), 4)
    worker = np.argsort(random.random((600, 200)), axis=1)[:, :4].ravel()
    step = np.where(worker % 2, 1, -1) * (random.random(2400) < 0.45)
    label = np.clip(truth[task] + step, 0, 4)
    apart, together = (
        accuracy(estimate(task, worker, label, (600, 200, 5), pool=(member,)), truth) for member in (BIAS, STRICT)
    )
    assert together > apart + 0.05
