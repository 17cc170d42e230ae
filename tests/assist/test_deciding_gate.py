"""What is asked of a model before it decides alone: all of it has to be shown, and what isn't so is refused by name."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.learning import deciding_gate, gate
from assist.learning.costs import LEAST_TIMED, Cost, Meter, cost_of, within
from assist.learning.deciding_gate import Floors, Rule, Ruling
from assist.learning.gate import Outcome, Pair
from assist.suggestions import prototypes
from tests.support.rounds import rounds

GAMES = 100
FALSE_PASSES = 11  # of 100: more would be surer than 99 % to be more than one in twenty
MISSING = (Rule.CALIBRATION, Rule.LATENCY)
GOOD = Cost(500, 500, 0.02, 0.02, 0.01, 500, 0.02, 0.05, 300)


def pairs(count: int, won: int, lost: int = 0, both: float = 1.0) -> list[Pair]:
    """Tasks; of some the candidate alone is right, of others the champion alone, of the rest both as much as `both`."""
    kinds = [(1.0, 0.0)] * won + [(0.0, 1.0)] * lost + [(both, both)] * (count - won - lost)
    return [Pair(str(n), str(n), *scores) for n, scores in enumerate(kinds)]


USUAL = Floors()


def asked(rows: list[Pair], cost: Cost = GOOD, floors: Floors = USUAL, slices=(), **terms) -> dict[Rule, Ruling]:
    judgement = gate.judge(rows, slices=slices)
    return {one.rule: one for one in deciding_gate.decide(rows, judgement, {gate.EVERYTHING: cost}, floors, **terms)}


def outcome(rows: list[Pair], *more: object, **terms) -> Outcome:
    return deciding_gate.answer(asked(rows, *more, **terms).values())


def broken(found: dict[Rule, Ruling]) -> set[Rule]:
    return {rule for rule, one in found.items() if one.outcome == Outcome.REFUSED}


def test_one_that_is_better_everywhere_and_keeps_to_the_floors_may_decide() -> None:
    assert outcome(pairs(400, won=60)) == Outcome.PASSED


def test_one_that_is_as_good_may_not_unless_a_refresh_was_declared() -> None:
    few, many = pairs(50, won=0), pairs(2_000, won=20, lost=20)
    lacking = asked(few)[Rule.SUPERIOR]
    assert lacking.outcome == Outcome.CANNOT_TELL and lacking.missing > 0
    assert outcome(few) == Outcome.CANNOT_TELL
    assert broken(asked(many)) == {Rule.SUPERIOR}, "a lead of a margin is out of the question by now"
    assert outcome(many, refresh=True) == Outcome.PASSED
    assert Rule.SUPERIOR not in asked(many, refresh=True)


def test_a_loss_in_one_slice_is_refused_however_much_better_the_rest_is_and_with_a_refresh_too() -> None:
    night = [Pair(f"n{n}", f"n{n}", float(n % 3 > 0), 1.0, frozenset({"night"})) for n in range(90)]
    for refresh in (False, True):
        found = asked(pairs(600, won=200) + night, slices=["night"], refresh=refresh)
        assert broken(found) == {Rule.NOTHING_LOST}


@pytest.mark.parametrize(
    ("cost", "floors", "rule"),
    [
        (replace(GOOD, p95=3.5), Floors(), Rule.LATENCY),
        (replace(GOOD, memory=9_000), Floors(), Rule.MEMORY),
        (replace(GOOD, miscalibration=0.3), Floors(), Rule.CALIBRATION),
        (GOOD, Floors(least_score=0.99), Rule.SCORE),
    ],
)
def test_what_is_slow_too_large_uncalibrated_or_too_often_wrong_is_refused_by_that_name(cost, floors, rule) -> None:
    rows = pairs(600, won=60, both=0.9)
    assert broken(asked(rows, cost, floors)) == {rule} and outcome(rows, cost, floors) == Outcome.REFUSED


@pytest.mark.parametrize(
    ("cost", "rule"),
    [
        (replace(GOOD, miscalibration=None, by_chance=None, spread=None), Rule.CALIBRATION),
        (replace(GOOD, p95=None, timed=0), Rule.LATENCY),
        (replace(GOOD, timed=LEAST_TIMED - 9), Rule.LATENCY),
        (replace(GOOD, memory=None), Rule.MEMORY),
    ],
)
def test_what_nobody_knows_is_never_taken_for_good(cost: Cost, rule: Rule) -> None:
    found = asked(pairs(400, won=60), cost)
    assert {key for key, one in found.items() if one.outcome != Outcome.PASSED} == {rule}
    assert deciding_gate.answer(found.values()) == Outcome.CANNOT_TELL


def test_without_any_task_nothing_is_told_and_nothing_asked_is_no_pass() -> None:
    assert outcome([]) == outcome([], refresh=True) == deciding_gate.answer([]) == Outcome.CANNOT_TELL


@settings(max_examples=rounds(40))
@given(
    won=st.integers(0, 60),
    lost=st.integers(0, 60),
    both=st.floats(0, 1),
    error=st.floats(0, 1),
    looks=st.integers(0, 20),
)
def test_asking_more_never_lets_one_pass_that_was_held_back(won, lost, both, error, looks) -> None:
    rows, cost = pairs(150, won, lost, both), replace(GOOD, miscalibration=error)
    lenient = Floors(least_score=0.3, most_miscalibration=0.5)
    strict = [
        outcome(rows, cost, replace(lenient, **harder))
        for harder in ({"least_score": 0.7}, {"most_miscalibration": 0.1}, {"most_seconds": 0.01}, {"most_memory": 1})
    ]
    strict.append(outcome(rows, cost, lenient, looks=looks))
    if outcome(rows, cost, lenient) != Outcome.PASSED:
        assert Outcome.PASSED not in strict
    passed = asked(rows, cost, lenient)[Rule.SUPERIOR].outcome == Outcome.PASSED
    assert not passed or won > lost


def told(rng: np.random.Generator, count: int, off: float) -> Cost:
    """A model that is right less often than it says, by so much."""
    scores = rng.uniform(0.5, 1, count)
    right = rng.random(count) < scores - off
    said = {n: [(float(score), bool(hit))] for n, (score, hit) in enumerate(zip(scores, right, strict=True))}
    return cost_of(Meter([0.01] * count, 200, said), {n: str(n) for n in range(count)})


def calibrated(off: float, count: int) -> list[Outcome]:
    rng, rows = np.random.default_rng(count), pairs(10, won=1)
    costs = [told(rng, count, off) for _ in range(GAMES)]
    return [asked(rows, one)[Rule.CALIBRATION].outcome for one in costs]


def test_whether_its_word_holds_is_told_from_enough_answers_and_not_by_chance() -> None:
    assert calibrated(0.0, 600).count(Outcome.PASSED) >= 90
    assert calibrated(0.1, 600).count(Outcome.PASSED) <= FALSE_PASSES, "wrong by the very limit"
    assert calibrated(0.0, 60).count(Outcome.REFUSED) <= FALSE_PASSES, "few answers make any look badly calibrated"
    assert calibrated(0.3, 600).count(Outcome.REFUSED) >= 90


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (replace(GOOD, miscalibration=0.3), {Rule.CALIBRATION: Outcome.REFUSED, Rule.LATENCY: Outcome.PASSED}),
        (replace(GOOD, p95=3.5), {Rule.CALIBRATION: Outcome.PASSED, Rule.LATENCY: Outcome.REFUSED}),
        (replace(GOOD, miscalibration=0.08, spread=0.015), {Rule.CALIBRATION: Outcome.CANNOT_TELL}),
        (Cost(12, 12, 0.2, 0.15, 0.1, 12, 0.1, 4.0, 300), {}),  # little, and nothing that speaks against it
        (Cost(12, 12, 0.4, 0.15, 0.1, 12, 3.0, 4.0, 300), dict.fromkeys(MISSING, Outcome.CANNOT_TELL)),
        (Cost(0, 0, None, None, None, 0, None, None, 300), {}),
    ],
)
def test_how_sure_and_how_quick_it_is_is_asked_of_each_slice_that_has_the_evidence(there, said) -> None:
    rows = pairs(600, won=60)
    found = deciding_gate.decide(rows, gate.judge(rows), {gate.EVERYTHING: GOOD, "night": there}, USUAL)
    own = {one.rule: one.outcome for one in found if one.slice == "night"}
    assert own | said == own, "what is said of it"
    assert {one.slice for one in found} <= {gate.EVERYTHING, "night"}
    worst = Outcome.REFUSED if Outcome.REFUSED in said.values() else Outcome.CANNOT_TELL
    expected = worst if set(said.values()) - {Outcome.PASSED} else Outcome.PASSED
    assert deciding_gate.answer(found) == expected
    assert all(one.missing for one in found if one.outcome == Outcome.CANNOT_TELL)


def test_seconds_are_those_of_the_tasks_that_were_asked_about() -> None:
    meter = Meter(about=[1, 2, 3])
    meter.note(0.1, 3)
    meter.note(0.5, 2)  # of which two nobody knows
    meter.about = [3]
    meter.note(0.9, 2)  # two questions about one
    assert (cost_of(meter, {}).timed, within(meter, {1: "a", 2: "b"}).p95) == (7, pytest.approx(0.1))
    assert within(meter, {3: "c"}).timed == 3 and within(meter, {3: "c"}).p50 == pytest.approx(0.9)


def test_a_score_at_the_very_floor_is_passed_once_in_twenty_times_at_most() -> None:
    rng, passed = np.random.default_rng(4), 0
    for _ in range(GAMES):
        right = rng.random(300) < 0.8
        rows = [Pair(str(n), str(n), float(hit), 0.0) for n, hit in enumerate(right)]
        passed += asked(rows)[Rule.SCORE].outcome == Outcome.PASSED
    assert passed <= FALSE_PASSES


def test_an_equal_model_is_hardly_ever_found_better() -> None:
    rng, passed = np.random.default_rng(9), 0
    for _ in range(GAMES):
        draws = rng.random(400)
        rows = [Pair(str(n), str(n), float(d > 0.1), float(not 0.1 < d < 0.2)) for n, d in enumerate(draws)]
        passed += asked(rows)[Rule.SUPERIOR].outcome == Outcome.PASSED
    assert passed <= FALSE_PASSES


def test_shares_of_what_was_left_out_are_told_by_the_others_verdicts_and_not_by_few() -> None:
    rng = np.random.default_rng(2)
    own = rng.integers(0, 3, 240)
    cosines = rng.normal(0, 0.1, (240, 3)) + 0.3 * np.eye(3)[own]
    shares = prototypes.shares_of_left_out(cosines, own)
    assert shares is not None and np.allclose(shares.sum(1), 1)
    right, sure = (shares.argmax(1) == own).mean(), shares.max(1).mean()
    assert abs(right - sure) < 0.08
    another = prototypes.shares_of_left_out(cosines, np.where(np.arange(240) % 2, own, 2 - own))
    assert another is not None and np.allclose(another[0::2], shares[0::2]), "their own verdicts say nothing of them"
    assert prototypes.shares_of_left_out(cosines[:99], own[:99]) is None


def test_copies_of_one_text_are_no_further_evidence() -> None:
    one, many = ({n: [(0.9, n % 2 > 0)] for n in range(count)} for count in (4, 400))
    few = cost_of(Meter(said=one), {n: str(n) for n in one})
    copied = cost_of(Meter(said=many), {n: str(n % 4) for n in many})
    assert few.miscalibration == pytest.approx(0.4) == pytest.approx(copied.miscalibration)
    assert copied.spread > 0.2, "four texts, said a hundred times each"


def test_that_nothing_is_lost_may_not_rest_on_bets_where_one_is_to_decide() -> None:
    rows = [Pair(str(n), str(n), 1.0, float(n % 2)) for n in range(60)]
    assert gate.judge(rows).outcome == Outcome.PASSED
    found = asked(rows)[Rule.NOTHING_LOST]
    assert (found.outcome, found.missing) == (Outcome.CANNOT_TELL, 11)
