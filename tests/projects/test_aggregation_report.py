"""The agreement report: every figure by hand where it can be had by hand, and none where there is nothing to tell."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from projects.inference import agreement
from projects.inference.coefficients import (
    coefficient,
    cohen,
    cohen_of,
    fleiss,
    fleiss_of,
    interval_of,
    krippendorff,
    nominal_of,
    resampled,
    unit_cohen,
    unit_coincidences,
    unit_fleiss,
    unit_matches,
    unit_spreads,
)
from projects.inference.report import report
from projects.inference.report_tables import Answered, Asked, Field
from tests.support.projects.answers import region, regions, spans

SPANS = Asked(["person", "place"], agreement.spans_agreement, agreement.span_measures, "spans")
REGIONS = Asked(
    ["cat", "dog"],
    agreement.regions_agreement,
    agreement.region_measures,
    "regions",
    outlines=agreement.mask_outlines,
)
TODAY = date(2026, 5, 4).toordinal()

tables = st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=2, max_size=12).map(np.array)


@given(tables)
@settings(deadline=None)
def test_sums_over_units_give_the_same_coefficients(table):
    assert fleiss_of(unit_fleiss(table).sum(0)) == pytest.approx(fleiss(table))
    sums = unit_coincidences(table).sum(0)
    for scale in ("nominal", "ordinal"):
        assert coefficient(sums, scale) == pytest.approx(krippendorff(table, scale))
    values = np.where(table < 0, np.nan, table.astype(float))
    assert coefficient(sums, "interval") == pytest.approx(krippendorff(values, "interval"))


def test_interval_holds_the_value_and_narrows_with_more_tasks():
    random = np.random.default_rng(1)
    wide = []
    for tasks in (30, 600):
        truth = random.integers(0, 2, tasks)
        table = np.where(random.random((tasks, 3)) < 0.8, truth[:, None], 1 - truth[:, None])
        found = resampled(unit_coincidences(table), coefficient, np.random.default_rng(0))
        assert found.low < found.value < found.high and found.units == tasks
        wide.append(found.high - found.low)
    assert wide[1] < wide[0] / 2


def people(*answers: dict, period: int = TODAY) -> Answered:
    return Answered(period, dict(zip(("ann", "ben", "cho"), answers, strict=False)))


def test_spans_per_label_pair_and_day():
    both, one = spans((0, 3, "person"), (5, 9, "place")), spans((0, 3, "person"))
    told = report([people(both, both, one), people(one, one, both, period=TODAY + 1), people(both)], SPANS)
    assert (told["tasks"], told["answers"], told["taskers"]) == (2, 6, 3)
    assert told["measures"]["agreement"]["value"] == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)
    assert told["measures"]["f1_strict"]["value"] == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)
    assert told["labels"]["person"]["agreement"]["value"] == 1.0
    assert told["labels"]["place"]["agreement"]["value"] == pytest.approx((1 + 0 + 0 + 0 + 0) / 5)
    assert told["labels"]["person"]["alpha"]["value"] is None, "everybody always says the same: no coefficient"
    assert told["labels"]["place"]["used"] == 3
    assert [pair["people"] for pair in told["pairs"]] == [["ann", "ben"], ["ann", "cho"], ["ben", "cho"]]
    assert told["pairs"][0]["agreement"] == 1.0 and told["pairs"][0]["kappa"] == 1.0
    assert [one["period"] for one in told["periods"]] == [TODAY, TODAY + 1]


def test_masks_are_compared_by_area_and_outline():
    near = report([people(regions(region(5, 5, 20)), regions(region(6, 5, 20)))], REGIONS)["measures"]
    assert near["iou_mask"]["value"] == pytest.approx(19 / 21)
    assert near["boundary_f"]["value"] == 1.0
    far = report([people(regions(region(5, 5, 20)), regions(region(11, 5, 20)))], REGIONS)["measures"]
    assert far["boundary_f"]["value"] < 0.8


def test_overlap_is_told_of_all_masks_and_outlines_of_the_first_few(monkeypatch):
    monkeypatch.setattr("projects.inference.report.MOST_OUTLINES", 1)
    asked = []

    def outlines(first, second):
        asked.append(first)
        return agreement.mask_outlines(first, second)

    counted = replace(REGIONS, outlines=outlines)
    near = [people(regions(region(5, 5, 20)), regions(region(6, 5, 20)))] * 3
    far = [people(regions(region(5, 5, 20)), regions(region(9, 5, 20)))] * 3
    told = report([*near, *far], counted)["measures"]
    assert told["iou_mask"]["value"] == pytest.approx((19 / 21 + 16 / 24) / 2) and len(asked) == 1


def test_choices_are_classes():
    field = Field("", "nominal", lambda a: a["choice"])
    asked = Asked(
        ["no", "yes"], lambda a, b: float(a == b), lambda a, b: {}, "", fields=[field], used=lambda a: {a["choice"]}
    )
    yes, no = {"choice": "yes"}, {"choice": "no"}
    told = report([people(yes, yes), people(no, no), people(yes, no)], asked)
    table = np.array([[1, 1], [0, 0], [1, 0]])
    assert told["coefficients"]["alpha_nominal"]["value"] == pytest.approx(krippendorff(table))
    assert told["coefficients"]["fleiss"]["value"] == pytest.approx(fleiss(table))
    assert told["labels"]["yes"]["used"] == 3


@given(tables)
@example(np.array([[0, 1, 1], [1, 1, 1], [1, 1, 1]]))  # years that differ by months
@settings(deadline=None)
def test_small_sums_give_the_same_as_whole_tables(table):
    assert nominal_of(unit_matches(table).sum(0)) == pytest.approx(krippendorff(table))
    assert cohen_of(unit_cohen(table[:, 0], table[:, 1]).sum(0)) == pytest.approx(cohen(table[:, 0], table[:, 1]))
    values = np.where(table < 0, np.nan, 2000 + table / 3)
    assert interval_of(unit_spreads(values).sum(0)) == pytest.approx(krippendorff(values, "interval"), abs=1e-6)


def filled_in(key: str):
    return lambda answer: answer.get(key)


FIELDS = Asked(
    ["cow", "horse", "dry", "wet"],
    lambda a, b: sum(a.get(key) == b.get(key) for key in {*a, *b}) / len({*a, *b}),
    lambda a, b: {},
    "",
    fields=[
        Field("kind", "nominal", filled_in("kind")),
        Field("seen", "nominal", filled_in("seen")),
        Field("legs", "interval", filled_in("legs")),
    ],
    used=lambda a: {a["kind"], *a.get("seen", ())},
)


def test_each_field_has_its_own_scale_and_the_whole_is_their_mean():
    tasks = [
        people({"kind": "cow", "seen": ("dry",), "legs": 4}, {"kind": "cow", "seen": ("dry", "wet"), "legs": 3.5}),
        people({"kind": "horse", "legs": 4}, {"kind": "horse", "seen": ("wet",), "legs": 4}),
        people({"kind": "horse", "seen": ("dry",), "legs": 1}, {"kind": "cow", "seen": ("dry",), "legs": 2}),
        people({"kind": "gone", "seen": ("wet",)}, {"kind": "cow", "seen": ("wet",)}),
    ]
    told = report(tasks, FIELDS)
    kind = krippendorff(np.array([[0, 0], [1, 1], [1, 0], [-1, 0]]))
    seen = krippendorff(np.array([[0, 1], [-1, 2], [0, 0], [2, 2]]))
    legs = krippendorff(np.array([[4, 3.5], [4, 4], [1, 2], [np.nan, np.nan]]), "interval")
    alphas = {key: one["alpha"]["value"] for key, one in told["fields"].items()}
    assert alphas == pytest.approx({"kind": kind, "seen": seen, "legs": legs})
    assert told["coefficients"]["alpha_nominal"]["value"] == pytest.approx((kind + seen) / 2)
    assert told["coefficients"]["alpha_interval"]["value"] == pytest.approx(legs)
    assert told["coefficients"]["alpha_ordinal"]["value"] is not None, "labels have an order, sets of them don't"
    assert told["labels"]["wet"]["used"] == 4 and told["labels"]["wet"]["alpha"]["value"] is not None
    (pair,) = told["pairs"]
    kappas = [cohen(np.array([0, 1, 1, -1]), np.array([0, 1, 0, 0])), cohen(np.array([0, 0, 2]), np.array([1, 0, 2]))]
    assert pair["kappa"] == pytest.approx(np.mean(kappas))


def test_pairs_and_periods_say_how_sure_they_are_and_a_single_task_doesnt():
    random = np.random.default_rng(4)
    tasks = []
    for number in range(60):
        truth = random.integers(2)
        said = [spans((0, 3, "person")) if (random.random() < 0.8) == truth else spans() for _ in range(2)]
        tasks.append(people(*said, period=TODAY + number // 40))
    told = report([*tasks, people(spans((0, 3, "person")), spans(), period=TODAY + 9)], SPANS)
    (pair,), (long, short, single) = told["pairs"], told["periods"]
    for one, name in ((pair, "kappa"), (pair, "agreement"), (long, "alpha"), (long, "agreement"), (short, "alpha")):
        low, high = one["bounds"][name]
        assert low < one[name] < high
    assert np.ptp(long["bounds"]["agreement"]) < np.ptp(short["bounds"]["agreement"])
    assert single["agreement"] == 0 and single["bounds"] == {"alpha": None, "agreement": None}


@pytest.mark.parametrize("tasks", [[], [people(spans())], [people(spans(), spans())]])
def test_nothing_to_tell_is_none_and_never_a_number(tasks):
    told = report(tasks, SPANS)
    assert {one["value"] for one in told["coefficients"].values()} == {None}


def test_a_retired_label_in_an_answer_is_no_value():
    told = report([people(spans((0, 3, "gone")), spans((0, 3, "gone")))], SPANS)
    assert set(told["labels"]) == {"person", "place"}


def test_order_of_people_and_seed():
    tasks = [people(spans((0, 3, "person")), spans(), spans((0, 3, "place"))), people(spans(), spans(), spans())]
    turned = [Answered(one.period, dict(list(one.answers.items())[::-1])) for one in tasks]
    assert report(tasks, SPANS) == report(turned, SPANS)
