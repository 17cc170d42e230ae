"""The forecast of when work is done: what it says of simple pasts, and how often its interval holds."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.office import __main__ as office
from benchmarks.office import coverage
from benchmarks.queue.measure import Row
from projects.inference import forecast

DICE = np.random.default_rng


def test_a_steady_pace_goes_on_for_about_as_long_as_it_takes() -> None:
    found = forecast.outlook([100.0] * 20, 500, 0, DICE(1))
    assert found is not None and found.days is not None
    assert 4 < found.days < 6.5
    assert found.low < found.days < found.high


def test_weekends_that_were_quiet_are_quiet_again() -> None:
    week = [100.0] * 5 + [0.0] * 2
    within_the_week = forecast.outlook(week * 3, 300, 0, DICE(1))
    over_a_weekend = forecast.outlook(week * 3, 300, 4, DICE(1))
    assert over_a_weekend.days - within_the_week.days == pytest.approx(2, abs=0.7)


def test_what_is_done_is_done_and_what_has_no_past_cannot_be_told() -> None:
    assert forecast.outlook([5.0] * 5, 0, 0, DICE(1)).days == 0
    assert forecast.outlook([5.0, 5.0], 10, 0, DICE(1)) is None
    assert forecast.outlook([0.0] * 9, 10, 0, DICE(1)) is None


def test_what_would_take_years_has_no_end() -> None:
    found = forecast.outlook([1.0] * 9, 100_000, 0, DICE(1))
    assert found.days is None and found.high is None
    assert found.chance_within(30) == 0


def test_four_intervals_of_five_hold() -> None:
    found = coverage.measured(projects=120, seed=7)
    assert 0.70 <= found.covered <= 0.90, found
    assert abs(found.sooner - found.later) < 0.15, "it errs to both sides alike"


@pytest.mark.parametrize(("ends", "code"), [((0, 0, 0), 0), ((-9, 0, 0), 1), ((0, 1, 0), 1)])
def test_its_benchmark_fails_where_a_part_was_killed_or_failed(ends, code: int, monkeypatch) -> None:
    left = list(ends)
    monkeypatch.setattr(sys, "argv", ["office"])
    monkeypatch.setattr(office.subprocess, "run", lambda *_a, **_k: SimpleNamespace(returncode=left.pop(0)))
    assert office.main() == code and not left, "each part runs, whatever became of others"


@pytest.mark.parametrize("reached", [True, False])
def test_its_benchmark_fails_where_what_is_asked_is_missed(reached: bool, monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["office", "forecast"])
    monkeypatch.setattr(office, "forecast", lambda _tasks: [Row("Held", "70%", 0.7, "0.75 to 0.85", reached)])
    assert office.main() == int(not reached)
