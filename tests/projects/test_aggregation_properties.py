"""What holds for every method: who comes first is nothing, a spammer's double changes little, and one more voice for
the leader never makes it less likely."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from projects.inference import AGGREGATIONS, WEIGHTED
from projects.inference.classification import Estimate, estimate
from projects.inference.incremental import accuracy_model_of, newcomer, parameters_of, posterior
from projects.inference.numbers import merge_numbers
from projects.inference.preference import Votes, infer_preferences
from tests.support.projects.crowds import crowd, images
from tests.support.projects.parts import images_merged, labels_of, spans_of, texts_decided, texts_merged
from tests.support.rounds import rounds

pytestmark = pytest.mark.slow

METHODS = [*AGGREGATIONS, *WEIGHTED]


def equal(a: dict, b: dict) -> float:
    return float(a == b)


def decide(method: str, answers: list[str], standings: list[float]):
    given_answers = [{"choice": answer} for answer in answers]
    if method in AGGREGATIONS:
        return AGGREGATIONS[method](given_answers, equal, lambda some: some[0], 0.5)
    return WEIGHTED[method](given_answers, equal, lambda some, trust=None: some[0], 0.5, standings)


votes = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.4, 0.6, 0.75, 0.9])), min_size=1, max_size=7)


@pytest.mark.parametrize("method", METHODS)
@given(votes, st.randoms(use_true_random=False))
def test_one_task_methods_are_blind_to_order(method, given_votes, random):
    mixed = random.sample(given_votes, len(given_votes))
    first, second = (decide(method, *map(list, zip(*some, strict=True))) for some in (given_votes, mixed))
    assert (first.decided, first.answer) == (second.decided, second.answer)
    assert first.confidence == pytest.approx(second.confidence)


@pytest.mark.parametrize("method", METHODS)
@given(votes, st.sampled_from([0.6, 0.75, 0.9]))
def test_one_task_methods_one_more_voice_for_the_leader_never_lowers_it(method, given_votes, standing):
    answers, standings = map(list, zip(*given_votes, strict=True))
    before = decide(method, answers, standings)
    assume(before.decided)
    after = decide(method, [*answers, before.answer["choice"]], [*standings, standing])
    assert after.decided and after.answer == before.answer
    assert after.confidence >= before.confidence - 1e-9


@given(votes)
def test_standing_of_a_blind_tasker_and_their_double_move_the_rest_little(given_votes):
    answers, standings = map(list, zip(*given_votes, strict=True))
    before = decide("standing_v1", answers, standings)
    assume(before.decided and before.confidence > 0.8)
    for double in (["b"], ["b", "c"]):
        after = decide("standing_v1", [*answers, *double], [*standings, *[0.1] * len(double)])
        assert after.answer == before.answer


@given(st.integers(0, 500))
@settings(max_examples=rounds(10), deadline=None)
def test_categorical_one_more_voice_of_a_stranger_for_the_leader(seed):
    task, worker, label, _ = crowd(seed, 60)
    result = estimate(task, worker, label, (60, 5, 3))
    shared, parameters = accuracy_model_of(result), [parameters_of(result, who) for who in range(5)]
    said = label[task == 0].tolist()
    before = posterior(shared, parameters, said)
    after = posterior(shared, [*parameters, newcomer(shared)], [*said, int(before.argmax())])
    assert after.max() >= before.max() - 1e-9


def with_a_copied_spammer(seed: int) -> tuple[Estimate, Estimate]:
    """150 tasks of five who know and one who votes at random, and the same with the random one twice."""
    task, worker, label, _ = crowd(seed, 150, skill=(0.85, 0.8, 0.8, 0.75, 0.7, 0.34))
    copied = worker == 5
    joined = [
        np.append(task, task[copied]),
        np.append(worker, np.full(copied.sum(), 6)),
        np.append(label, label[copied]),
    ]
    return estimate(task, worker, label, (150, 6, 3)), estimate(*joined, (150, 7, 3))


# What a project does with copies: people are told of them, and each keeps their say.
@given(st.integers(0, 500))
@settings(max_examples=rounds(10), deadline=None)
def test_categorical_a_copy_of_a_spammer_turns_no_answer_that_was_sure(seed):
    before, after = with_a_copied_spammer(seed)
    turned = before.answer != after.answer
    assert before.posterior.max(axis=1)[turned].max(initial=0) < 0.9
    assert turned.mean() <= 0.06


def test_categorical_a_copy_of_a_spammer_changes_little():
    pairs = [with_a_copied_spammer(seed) for seed in range(10)]
    assert np.mean([before.answer != after.answer for before, after in pairs]) < 0.02
    assert np.mean([np.abs(before.posterior - after.posterior).mean() for before, after in pairs]) < 0.02


@given(st.integers(0, 200))
@settings(max_examples=rounds(4), deadline=None)
def test_regions_a_double_of_the_one_who_draws_ghosts_makes_no_ghost_real(seed):
    found = images(seed, 12)
    doubled = [answers | {"double": answers["ghostly"]} for answers in found]
    for before, after in zip(images_merged(found), images_merged(doubled), strict=True):
        assert labels_of(after) == labels_of(before)


@given(st.integers(0, 200))
@settings(max_examples=rounds(4), deadline=None)
def test_regions_one_more_who_sees_a_thing_makes_it_more_likely(seed):
    found = images(seed, 12)
    more = [answers | {"dan": answers["ann"]} for answers in found]
    for before, after in zip(images_merged(found), images_merged(more), strict=True):
        assert after.right.min() >= before.right.min() - 0.01


def spanned(*bounds: tuple[int, int]) -> dict:
    return {"spans": [{"start": a, "end": b, "label": "person"} for a, b in bounds]}


def documents(seed: int) -> tuple[list[str], list[dict]]:
    """Texts with one name each: three who mark it, and one who marks what comes."""
    random = np.random.default_rng(seed)
    texts, answers = [], []
    for _ in range(12):
        at = int(random.integers(0, 20))
        texts.append("x" * at + " Maria " + "y" * (40 - at))
        name = spanned((at + 1, at + 6))
        spam = int(random.integers(25, 38))
        answers.append({"ann": name, "ben": name, "cho": name, "spam": spanned((spam, spam + 5))})
    return texts, answers


@given(st.integers(0, 200), st.randoms(use_true_random=False))
@settings(max_examples=rounds(5), deadline=None)
def test_spans_order_and_doubles_of_a_spammer_are_nothing(seed, random):
    texts, answers = documents(seed)
    before = texts_decided(texts, answers)
    turned = [dict(random.sample(list(given_answers.items()), 4)) for given_answers in answers]
    assert texts_decided(texts, turned) == before
    doubled = [given_answers | {"double": given_answers["spam"]} for given_answers in answers]
    assert texts_decided(texts, doubled) == before


@given(st.integers(0, 200))
@settings(max_examples=rounds(5), deadline=None)
def test_spans_one_more_who_marks_the_name_makes_it_surer(seed):
    texts, answers = documents(seed)
    more = [given_answers | {"dan": given_answers["ann"]} for given_answers in answers]
    for before, after in zip(texts_merged(texts, answers), texts_merged(texts, more), strict=True):
        sure = dict(zip(spans_of(after), after.right, strict=True))
        assert all(sure[span] >= right - 0.01 for span, right in zip(spans_of(before), before.right, strict=True))


def compared(seed: int, blind: int) -> Votes:
    """Five items of rising strength, compared by three who see it and some who vote blindly, all alike."""
    random = np.random.default_rng(seed)
    left, right = (random.integers(0, 5, 400) for _ in range(2))
    right = np.where(left == right, (right + 1) % 5, right)
    worker = random.integers(0, 3, 400)
    outcome = (left < right).astype(np.int64)
    lied = np.arange(100)
    rows = [(left, right, worker, np.where(random.random(400) < 0.1, 1 - outcome, outcome))]
    rows += [(left[lied], right[lied], np.full(100, 3 + n), lied % 2) for n in range(blind)]
    return Votes(*(np.concatenate(column) for column in zip(*rows, strict=True)))


@given(st.integers(0, 100), st.randoms(use_true_random=False))
@settings(max_examples=rounds(5), deadline=None)
def test_preferences_order_of_votes_and_doubles_of_the_blind_are_nothing(seed, random):
    plain = compared(seed, 1)
    found = infer_preferences(plain, 5, 4)
    order = np.array(random.sample(range(plain.left.size), plain.left.size))
    mixed = infer_preferences(Votes(*(column[order] for column in plain)), 5, 4)
    assert mixed.strength == pytest.approx(found.strength, abs=1e-6)
    doubled = infer_preferences(compared(seed, 2), 5, 5)
    assert doubled.order().tolist() == found.order().tolist()


@given(st.integers(0, 100))
@settings(max_examples=rounds(5), deadline=None)
def test_preferences_one_more_vote_for_the_stronger_never_weakens_it(seed):
    plain = compared(seed, 1)
    before = infer_preferences(plain, 5, 4)
    first, last = before.order()[0], before.order()[-1]
    more = [np.append(column, value) for column, value in zip(plain, (first, last, 0, 0), strict=True)]
    after = infer_preferences(Votes(*more), 5, 4)
    gap = [float(found.strength[first] - found.strength[last]) for found in (before, after)]
    assert gap[1] >= gap[0] - 1e-3


def test_preferences_know_ties_and_the_side_that_is_liked():
    random = np.random.default_rng(0)
    left, right = np.zeros(600, dtype=np.int64), np.ones(600, dtype=np.int64)
    swap = random.random(600) < 0.5
    left, right = np.where(swap, right, left), np.where(swap, left, right)
    outcome = np.where(random.random(600) < 0.3, 2, np.where(random.random(600) < 0.8, 0, 1))
    found = infer_preferences(Votes(left, right, np.zeros(600, dtype=np.int64), outcome), 2, 1)
    assert found.side + found.worker_side[0] > 1, "the left one wins whatever it is"
    assert abs(found.strength[0] - found.strength[1]) < 0.3
    assert found.chances(np.array([0]), np.array([1]))[0, 2] == pytest.approx(0.3, abs=0.08)


@given(st.lists(st.integers(-1000, 1000), min_size=3, max_size=8), st.randoms(use_true_random=False))
def test_numbers_are_blind_to_order(values, random):
    assert merge_numbers(random.sample(values, len(values))).value == pytest.approx(
        merge_numbers(values).value, abs=1e-6
    )


def test_numbers_a_double_of_the_one_who_slipped_a_digit_changes_little():
    honest = [10.1, 9.9, 10.0, 10.2, 9.8]
    assert merge_numbers([*honest, 100.0, 100.0]).value == pytest.approx(merge_numbers([*honest, 100.0]).value, abs=0.2)


@given(st.lists(st.integers(-100, 100), min_size=3, max_size=8))
def test_numbers_said_by_twice_as_many_are_no_vaguer(values):
    before, after = merge_numbers(values), merge_numbers(values * 2)
    assert after.value == pytest.approx(before.value, abs=1e-3)
    assert before.deviation is not None and after.deviation <= before.deviation + 1e-6
