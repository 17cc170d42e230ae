"""Between two batches: one task's posterior and one tasker's standing, at once."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.inference.classification import ABILITY, MANY, MOST_LIKED, estimate
from projects.inference.incremental import (
    AccuracyModel,
    AnnotatorParameters,
    accuracy_model_of,
    chances_of_next,
    learn,
    newcomer,
    parameters_of,
    posterior,
    posteriors_after,
)
from projects.inference.overlap import gain_of_next, least_sure, wanted_after
from projects.inference.reliability import first_accuracy_model
from projects.inference.vetting import vet
from tests.support.projects.crowds import crowd as made_up

TASK, WORKER, LABEL, TRUTH = made_up(11, 300, skill=(0.9, 0.85, 0.8, 0.6, 0.34))
BATCH = estimate(TASK, WORKER, LABEL, (300, 5, 3))
MODEL = accuracy_model_of(BATCH)
PARAMETERS = [parameters_of(BATCH, w) for w in range(5)]


def test_increment_says_what_the_batch_said():
    for task in range(0, 300, 10):
        here = task == TASK
        now = posterior(MODEL, [PARAMETERS[w] for w in WORKER[here]], LABEL[here].tolist())
        assert now == pytest.approx(BATCH.posterior[task], abs=0.01)


def test_order_of_labels_is_nothing_and_no_label_gives_the_shares():
    forward = posterior(MODEL, PARAMETERS[:3], [0, 1, 1])
    assert posterior(MODEL, [PARAMETERS[i] for i in (2, 0, 1)], [1, 0, 1]) == pytest.approx(forward)
    assert posterior(MODEL, [], []).sum() == pytest.approx(1)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=6))
def test_one_more_vote_for_the_leader_never_lowers_it(labels):
    strangers = [newcomer(MODEL)] * len(labels)
    before = posterior(MODEL, strangers, labels)
    leader = int(before.argmax())
    after = posterior(MODEL, [*strangers, newcomer(MODEL)], [*labels, leader])
    assert after[leader] >= before[leader] - 1e-9


def test_both_survive_json():
    stored = json.loads(json.dumps(MODEL.to_json()))
    parameters = AnnotatorParameters.from_json(json.loads(json.dumps(PARAMETERS[0].to_json())))
    assert posterior(AccuracyModel.from_json(stored), [parameters], [1]) == pytest.approx(
        posterior(MODEL, PARAMETERS[:1], [1])
    )


def test_newcomer_who_keeps_being_right_gains_and_one_who_is_blind_falls():
    random = np.random.default_rng(0)
    able, blind = newcomer(MODEL), newcomer(MODEL)
    for _ in range(60):
        truth = int(random.integers(3))
        others = np.full(3, 0.02)
        others[truth] = 0.96
        able = learn(MODEL, able, truth, others)
        blind = learn(MODEL, blind, int(random.integers(3)), others)
    assert able.mean[1, 0] > 0.5 > -0.5 > blind.mean[1, 0]
    assert (np.linalg.eigvalsh(able.spread[1]) > -1e-9).all()
    assert able.spread[1][0, 0] < newcomer(MODEL).spread[1][0, 0]


def test_undecided_others_teach_nothing_about_ability():
    fresh = newcomer(MODEL)
    taught = learn(MODEL, fresh, 0, np.full(3, 1 / 3))
    sure = learn(MODEL, fresh, 0, np.array([0.98, 0.01, 0.01]))
    assert abs(taught.mean[0, 0]) < 0.3 * abs(sure.mean[0, 0])


def test_wanted_rises_only_while_unsure_and_allowed():
    assert wanted_after(0.8, submitted=2, wanted=2, target=0.9, most=5) == 3
    assert wanted_after(0.95, submitted=2, wanted=2, target=0.9, most=5) == 2
    assert wanted_after(0.5, submitted=1, wanted=2, target=0.9, most=5) == 2
    assert wanted_after(0.5, submitted=5, wanted=5, target=0.9, most=5) == 5
    assert wanted_after(0.5, submitted=7, wanted=7, target=0.9, most=5) == 7


def test_a_budget_goes_to_the_least_sure_that_may_have_more():
    confidence, wanted = np.array([0.9, 0.5, 0.5, 0.4]), np.array([2, 3, 2, 5])
    assert least_sure(confidence, wanted, 5, 2).tolist() == [2, 1]
    assert least_sure(confidence, wanted, 5, 9).tolist() == [2, 1, 0]
    assert least_sure(confidence, wanted, 5, 0).tolist() == []


def test_next_judgement_helps_most_where_opinions_part_and_the_asked_one_is_able():
    settled = gain_of_next(MODEL, PARAMETERS[:3], [0, 0, 0])
    parted = gain_of_next(MODEL, PARAMETERS[:2], [0, 1])
    assert parted > 5 * settled >= 0
    blind = gain_of_next(MODEL, PARAMETERS[:2], [0, 1], candidate=PARAMETERS[4])
    assert blind < 0.2 * gain_of_next(MODEL, PARAMETERS[:2], [0, 1], candidate=PARAMETERS[0])


def test_blind_and_contrary_taskers_are_found_and_newcomers_left_alone():
    task, worker, label, _ = made_up(2, 400, skill=(0.9, 0.85, 0.8, 0.7, 0.5, 0.1), classes=2)
    constant = np.column_stack([np.arange(400), np.full(400, 6), np.zeros(400, dtype=np.int64)])
    once = np.array([[0, 7, 1 - label[0]]])
    joined = [np.concatenate([a, b, c]) for a, b, c in zip((task, worker, label), constant.T, once.T, strict=True)]
    findings = [worth.finding for worth in vet(estimate(*joined, (400, 8, 2)))]
    assert findings[:4] == ["fine"] * 4
    assert findings[4] == findings[6] == "blind"
    assert findings[5] == "against"
    assert findings[7] in ("fine", "unsure")


def learnt_plainly(accuracy_model, parameters, label, others):
    """`learn` by the formula as it is written down: the design of every answer to every question, and its moments."""
    classes, size = accuracy_model.classes, accuracy_model.variances.shape[1]
    means, spreads = parameters.mean.copy(), parameters.spread.copy()
    for m in range(len(means)):
        groups = np.flatnonzero(accuracy_model.member == m)
        shares = others[:, None] * np.exp(accuracy_model.offset[:, groups])
        weight, chance = np.zeros(shares.shape), np.zeros((classes, len(groups), classes))
        design = np.zeros((classes, len(groups), classes, size))
        for k in range(classes):
            for g, ease in enumerate(accuracy_model.ease[groups]):
                design[k, g, k, 0] = ease
                design[k, g, :, 1:] = np.eye(classes)
                logits = accuracy_model.confusions[m, k] + (np.arange(classes) == k) * ease * accuracy_model.ability[m]
                logits = logits + design[k, g] @ means[m]
                chance[k, g] = np.exp(logits) / np.exp(logits).sum()
                weight[k, g] = shares[k, g] * chance[k, g, label]
        weight /= weight.sum()
        slope, curve = np.zeros(size), np.zeros((size, size))
        for k in range(classes):
            for g in range(len(groups)):
                mean = chance[k, g] @ design[k, g]
                slope += weight[k, g] * (design[k, g, label] - mean)
                second = design[k, g].T @ np.diag(chance[k, g]) @ design[k, g]
                curve += weight[k, g] * (second - np.outer(mean, mean))
        spreads[m] = spreads[m] - spreads[m] @ curve @ np.linalg.solve(np.eye(size) + spreads[m] @ curve, spreads[m])
        means[m] = means[m] + spreads[m] @ slope
    return AnnotatorParameters(means, spreads)


@pytest.mark.parametrize(
    "accuracy_model", [MODEL, first_accuracy_model(2), first_accuracy_model(7)], ids=["estimated", "two", "seven"]
)
def test_learning_is_what_the_formula_says(accuracy_model):
    random = np.random.default_rng(3)
    plainly = shortly = newcomer(accuracy_model)
    for _ in range(5):
        others, label = (
            random.dirichlet(np.full(accuracy_model.classes, 0.5)),
            int(random.integers(accuracy_model.classes)),
        )
        plainly, shortly = (
            learnt_plainly(accuracy_model, plainly, label, others),
            learn(accuracy_model, shortly, label, others),
        )
        assert shortly.mean == pytest.approx(plainly.mean, abs=1e-8)
        assert shortly.spread == pytest.approx(plainly.spread, abs=1e-8)


@pytest.mark.parametrize("accuracy_model", [MODEL, first_accuracy_model(7)], ids=["estimated", "seven"])
def test_the_posteriors_to_come_are_those_of_one_more_label(accuracy_model):
    parameters = [
        newcomer(accuracy_model),
        learn(accuracy_model, newcomer(accuracy_model), 1, np.eye(accuracy_model.classes)[1]),
    ]
    told = posteriors_after(accuracy_model, parameters, [0, 1], parameters[1])
    for label, row in enumerate(told):
        assert row == pytest.approx(posterior(accuracy_model, [*parameters, parameters[1]], [0, 1, label]), abs=1e-12)


@pytest.mark.parametrize("asked", [0, 4])
def test_a_single_member_knows_the_chances_that_the_posteriors_to_come_imply(asked):
    batch = estimate(TASK, WORKER, LABEL, (300, 5, 3), pool=(ABILITY,))
    accuracy_model, parameters = accuracy_model_of(batch), [parameters_of(batch, w) for w in range(5)]
    chance = chances_of_next(accuracy_model, parameters[:2], [0, 1], parameters[asked])[0]
    after = posteriors_after(accuracy_model, parameters[:2], [0, 1], parameters[asked])
    assert chance.sum() == pytest.approx(1)
    assert chance @ after == pytest.approx(posterior(accuracy_model, parameters[:2], [0, 1]), abs=1e-8)


def wide(classes):
    """The first crowd as it was kept before likings were left out where there are very many classes."""
    few = first_accuracy_model(2)
    confusions = np.full((classes, classes), -np.log(classes - 1))
    np.fill_diagonal(confusions, 0.0)
    variances = np.hstack([few.variances[:, :1], np.repeat(few.variances[:, 1:2], classes, axis=1)])
    offset = np.repeat(few.offset[:1] + np.log(2 / classes), classes, axis=0)
    return AccuracyModel(
        few.ease, few.member, few.ability, np.repeat(confusions[None], len(few.ability), axis=0), offset, variances
    )


@pytest.mark.parametrize(
    ("made", "most"), [(first_accuracy_model, 16), (wide, 96)], ids=["as it is now", "as it was kept"]
)
def test_two_hundred_classes_fit_into_little_room(made, most):
    """The label form allows so many. Written out, the design alone would hold 320 million numbers."""
    accuracy_model, labels = made(200), [7, 7, 150]
    parameters = [newcomer(accuracy_model)] * 3
    tracemalloc.start()
    taught = learn(accuracy_model, parameters[0], 7, posterior(accuracy_model, parameters[1:], labels[1:]))
    told = gain_of_next(accuracy_model, parameters, labels)
    megabytes = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert taught.mean[0, 0] > 0 and told > 0
    assert megabytes < most


def test_what_is_kept_of_a_tasker_stays_small_with_many_classes():
    accuracy_model = first_accuracy_model(MOST_LIKED + 1)
    assert newcomer(accuracy_model).mean.shape == (1, 1) and newcomer(first_accuracy_model(MOST_LIKED)).mean.shape == (
        2,
        1 + MOST_LIKED,
    )
    taught = learn(accuracy_model, newcomer(accuracy_model), 0, np.eye(MOST_LIKED + 1)[0])
    assert taught.mean.shape == (1, 1) and 0 < taught.spread[0, 0, 0] < 1
    task, worker, label, truth = made_up(5, 60, skill=(0.9, 0.8, 0.8, 0.5), classes=2)
    many = estimate(task, worker, label * MOST_LIKED, (60, 4, MOST_LIKED + 1))
    assert many.members == MANY and parameters_of(many, 0).mean.shape == (3, 1)
    one = task == 0
    parameters = [parameters_of(many, w) for w in worker[one]]
    now = posterior(accuracy_model_of(many), parameters, (label[one] * MOST_LIKED).tolist())
    assert now == pytest.approx(many.posterior[0], abs=0.01)
