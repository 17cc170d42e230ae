"""A model decides alone only where it has earned it, and loses that when audits say so."""

import numpy as np
import pytest

from projects.aggregation.acceptance import may_decide, still_deserves, to_audit
from projects.aggregation.calibration import Calibration, calibrate


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


def test_audits_switch_it_off_and_say_so():
    assert still_deserves(0, 0, 0.97).accept
    assert still_deserves(200, 5, 0.97).accept
    ruling = still_deserves(100, 12, 0.97)
    assert not ruling.accept
    assert ruling.why.startswith("Switched off: 12 of 100")
    with pytest.raises(ValueError, match="more wrong"):
        still_deserves(1, 2, 0.9)


def test_some_are_always_audited():
    random = np.random.default_rng(0)
    assert 60 < sum(to_audit(0.1, random) for _ in range(1000)) < 140
    with pytest.raises(ValueError, match="above 0"):
        to_audit(0.0, random)
