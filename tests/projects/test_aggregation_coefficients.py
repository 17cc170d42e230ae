"""Agreement beyond chance equals the published examples and admits when it can't be computed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.inference.coefficients import (
    cohen,
    fleiss,
    krippendorff,
)

# Four observers, twelve units, five values: the worked example of Krippendorff (2011), table C.
OBSERVERS = np.array(
    [
        [1, 1, 0, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
        [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [0, 5, 5, 5], [0, 0, 1, 1], [0, 0, 3, 0],
    ]
) - 1  # fmt: skip


def test_alpha_equals_the_published_example_on_three_scales():
    assert krippendorff(OBSERVERS, "nominal") == pytest.approx(0.743, abs=0.0006)
    assert krippendorff(OBSERVERS, "ordinal") == pytest.approx(0.815, abs=0.0006)
    values = np.where(OBSERVERS < 0, np.nan, OBSERVERS + 1.0)
    assert krippendorff(values, "interval") == pytest.approx(0.849, abs=0.0006)


def test_fleiss_equals_the_published_example():
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    table = np.array([np.repeat(np.arange(5), row) for row in counts])
    assert fleiss(table) == pytest.approx(0.210, abs=0.0006)


def test_cohen_equals_a_sum_by_hand():
    first = np.repeat([0, 0, 1, 1], [20, 5, 10, 15])
    second = np.repeat([0, 1, 0, 1], [20, 5, 10, 15])
    assert cohen(first, second) == pytest.approx(0.4)


def test_nothing_to_compare_is_none_and_not_a_number():
    lonely = np.array([[0, -1], [-1, 1]])
    assert cohen(lonely[:, 0], lonely[:, 1]) is None
    assert fleiss(lonely) is None
    assert krippendorff(lonely) is None
    assert krippendorff(np.full((2, 2), np.nan), "interval") is None
    always = np.zeros((5, 3), dtype=np.int64)
    assert cohen(always[:, 0], always[:, 1]) is fleiss(always) is krippendorff(always) is None


tables = st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=2, max_size=10).map(np.array)


@given(tables, st.randoms(use_true_random=False))
def test_order_of_units_and_taskers_is_nothing(table, random):
    rows, columns = random.sample(range(len(table)), len(table)), random.sample(range(3), 3)
    mixed = table[rows][:, columns]
    for measure in (fleiss, krippendorff, lambda t: krippendorff(t, "ordinal")):
        first, second = measure(table), measure(mixed)
        assert (first is None) == (second is None)
        assert first is None or first == pytest.approx(second)


@given(tables)
def test_full_agreement_is_one_and_no_coefficient_is_above(table):
    same = np.repeat(table[:, :1], 3, axis=1)
    assert krippendorff(same) in (None, pytest.approx(1))
    for value in (fleiss(table), krippendorff(table), krippendorff(table, "ordinal")):
        assert value is None or value <= 1 + 1e-9
