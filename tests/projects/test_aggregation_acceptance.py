"""A model decides alone only where it has earned it, and loses that when audits say so."""

import numpy as np
import pytest

from projects.inference.acceptance import error_rate, may_decide
from projects.inference.calibration import Calibration, calibrate
from projects.inference.sequential_test import SequentialTest, noticed_within, watched

pytestmark = pytest.mark.slow


def test_unknown_model_decides_nothing_however_sure():
    ruling = may_decide(0.9999, Calibration(), 0.9)
    assert not ruling.accept and "0 blind answers" in ruling.why


def test_proven_model_decides_where_sure_and_not_where_unsure():
    known = calibrate([0.98] * 400 + [0.6] * 100, [True] * 397 + [False] * 3 + [True] * 55 + [False] * 45)
    assert may_decide(0.98, known, 0.95).accept
    assert not may_decide(0.6, known, 0.95).accept
    assert not may_decide(0.98, known, 0.9999).accept


def test_boastful_model_is_seen_through():
    known = calibrate([0.99] * 200, [True, True, False, True] * 50)
    assert not may_decide(0.99, known, 0.9).accept


def test_more_assurance_asks_for_more():
    known = calibrate([0.9] * 60, [True] * 57 + [False] * 3)
    rulings = [may_decide(0.9, known, 0.88, assurance).accept for assurance in (0.5, 0.8, 0.999)]
    assert rulings == sorted(rulings, reverse=True)
    assert rulings[0] and not rulings[-1]


def test_the_error_rate_narrows_with_audits():
    few, many = error_rate(10, 1), error_rate(1000, 100)
    assert few[1] < 0.1 < few[2] and many[1] < 0.1 < many[2]
    assert many[2] - many[1] < (few[2] - few[1]) / 4
    assert error_rate(0, 0)[0] == 0.5
    with pytest.raises(ValueError, match="more wrong"):
        error_rate(1, 2)


def life(random, audits, error):
    """The audits of a model that errs at this rate, or at each audit's own."""
    return random.random(audits) < error


def test_sound_models_are_hardly_ever_switched_off_in_a_whole_life():
    """Three hundred lives of two thousand audits each, at the very edge of what is allowed."""
    random, alpha, lives = np.random.default_rng(1), 0.05, 300
    fired = 0
    for _ in range(lives):
        test = SequentialTest()
        for wrong in life(random, 2000, 0.05):
            test = test.after(bool(wrong), 0.05)
            if test.fires(alpha):
                fired += 1
                break
    assert fired <= lives * alpha + 3 * np.sqrt(lives * alpha * (1 - alpha))  # what alpha allows, and its chance
    # Looked at in the same way, a posterior would have switched off many more.
    assert fired > 0


@pytest.mark.parametrize(("error", "before"), [(0.5, 0), (0.3, 200), (0.2, 50)])
def test_a_model_that_gets_worse_is_noticed_within_a_bounded_number_of_audits(error, before):
    random, bound = np.random.default_rng(2), noticed_within(0.05, error, 0.05, before)
    delays = []
    for _ in range(200):
        test = watched(life(random, before, 0.02), 0.05)
        delay = 0
        while not test.fires(0.05) and delay < 5000:
            test, delay = test.after(bool(random.random() < error), 0.05), delay + 1
        delays.append(delay)
    assert np.mean(delays) <= 1.25 * bound  # the last step may reach far beyond
    assert max(delays) <= 4 * bound


def test_a_long_good_life_buys_no_licence():
    """What was won in good times can't be spent: a veteran is noticed nearly as soon as a newcomer."""
    assert noticed_within(0.05, 0.3, 0.05, 10_000) < 3 * noticed_within(0.05, 0.3, 0.05, 10)
    assert noticed_within(0.05, 0.05, 0.05) == float("inf")


def test_a_vigil_only_watches_what_can_be_watched():
    with pytest.raises(ValueError, match="below half"):
        SequentialTest().after(True, 0.5)
    assert SequentialTest().capital == 1.0
    assert watched([False] * 3, 0.1).capital < 1.0
