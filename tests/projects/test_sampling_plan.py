"""Acceptance sampling: known plans, the risk kept on lots that are just too bad, and strata that can't be told."""

import numpy as np
import pytest

from projects.inference.arguments import BadArgument
from projects.inference.sampling_plan import Stratum, error_over, plan


def test_a_known_plan_for_a_large_lot() -> None:
    """None wrong among 59 says with 95 % that at most 5 % are: 0.95 ** 59 < 0.05 < 0.95 ** 58."""
    found = plan(1_000_000, 0.05)
    assert (found.sample, found.most_wrong) == (59, 0)
    assert found.risk <= 0.05


@pytest.mark.parametrize(("size", "tolerated", "usual"), [(400, 0.05, 0.01), (3000, 0.1, 0.04), (50, 0.02, 0.0)])
def test_a_lot_that_is_too_bad_passes_as_seldom_as_said(size: int, tolerated: float, usual: float) -> None:
    found, rng = plan(size, tolerated, 0.1, usual), np.random.default_rng(7)
    bad = int(tolerated * size) + 1
    passed = np.mean(rng.hypergeometric(bad, size - bad, found.sample, 20_000) <= found.most_wrong)
    assert passed <= 0.1 + 0.01
    good = int(usual * size)
    passed = np.mean(rng.hypergeometric(good, size - good, found.sample, 20_000) <= found.most_wrong)
    assert passed >= 0.9 - 0.01 or found.sample == size


def test_a_lot_that_no_sample_can_tell_of_is_looked_at_whole() -> None:
    assert plan(10, 0.0).sample >= 9
    assert plan(1, 0.5) == plan(1, 0.5, 0.05)
    with pytest.raises(BadArgument):
        plan(0, 0.1)
    with pytest.raises(BadArgument):
        plan(10, 1.5)


def test_strata_weigh_by_their_size_and_one_that_nobody_looked_at_tells_nothing() -> None:
    rng = np.random.default_rng(1)
    few_bad = error_over([Stratum(9000, 100, 0), Stratum(1000, 100, 50)], rng)
    assert few_bad and 0.03 < few_bad[0] < 0.08 and few_bad[1] < few_bad[0] < few_bad[2]
    assert error_over([Stratum(9000, 100, 0), Stratum(1000, 0, 0)], rng) is None
    assert error_over([], rng) is None
