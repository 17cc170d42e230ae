"""What a method can't work with is refused by name, before it becomes somebody's answer."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import projects.inference
from projects.inference import (  # fmt: skip
    acceptance,
    arguments,
    boxes,
    calibration,
    copying,
    curves,
    fields,
    instance_level,
    masks,
    matching,
    numbers,
    overlap,
    regions,
    standing,
    vector_shapes,
)
from projects.inference.arguments import BadArgument
from projects.inference.majority import majority_v1
from projects.inference.preference import Votes, infer_preferences
from projects.inference.reliability import first_accuracy_model
from tests.support.projects.answers import choice, first, region, same

BOXES = [[0.0, 0.0, 9.0, 9.0], [1.0, 0.0, 9.0, 9.0], [0.0, 1.0, 9.0, 8.0]]
MASKS = [region(x, 5, 20)["shape"] for x in (5, 6, 7)]
RINGS = [[[x, 0.0], [x + 9.0, 0.0], [x + 9.0, 9.0], [x, 9.0]] for x in (0.0, 1.0, 2.0)]
POLYGONS = [{"type": "polygon", "points": ring} for ring in RINGS]
LAYERS = np.ones((3, 4, 4), dtype=bool)
ANSWERS = [{"fields": [{"field": "n", "kind": "number", "value": n}]} for n in (1, 2, 4)]

# Everything public that takes one weight for each of three answers.
WEIGHED: dict[tuple[str, str], Callable] = {
    ("boxes", "fuse_boxes"): lambda some: boxes.fuse_boxes(BOXES, some),
    ("boxes", "closeness_weights"): lambda some: boxes.closeness_weights(np.eye(3), some),
    ("boxes", "weighted_quantile"): lambda some: boxes.weighted_quantile(np.arange(3.0), some, 0.5),
    ("boxes", "fuse_points"): lambda some: boxes.fuse_points(np.eye(3)[:, :2], some),
    ("curves", "fuse_polygons"): lambda some: curves.fuse_polygons(RINGS, np.ones((3, 3)), some),
    ("curves", "fuse_lines"): lambda some: curves.fuse_lines(RINGS, 0, some),
    ("fields", "merge_fields"): lambda some: fields.merge_fields(ANSWERS, None, some),
    ("fields", "merge_values"): lambda some: fields.merge_values("choice", ["a", "b", "b"], some),
    ("masks", "fuse_masks"): lambda some: masks.fuse_masks(MASKS, some),
    ("masks", "fused_mask"): lambda some: masks.fused_mask(MASKS, some),
    ("masks", "edge_doubt"): lambda some: masks.edge_doubt(MASKS, some),
    ("masks", "smoothed_vote"): lambda some: masks.smoothed_vote(LAYERS, np.ones((3, 3)), some),
    ("numbers", "merge_numbers"): lambda some: numbers.merge_numbers([1, 2, 4], some),
    ("numbers", "merge_texts"): lambda some: numbers.merge_texts(["a", "b", "a c"], some),
    ("regions", "fuse_shapes"): lambda some: regions.fuse_shapes(MASKS, some),
    ("regions", "edge_of"): lambda some: regions.edge_of(MASKS, some),
    ("vector_shapes", "most_central"): lambda some: vector_shapes.most_central(POLYGONS, some),
}
# Passes them on: to a merge that checks them.
PASSED_ON = {("majority", "left_out")}


def test_nothing_public_takes_weights_that_this_page_does_not_ask() -> None:
    found = set()
    for module in pkgutil.iter_modules(projects.inference.__path__):
        loaded = importlib.import_module(f"projects.inference.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            public = not name.startswith("_") and function.__module__ == loaded.__name__
            if (
                public
                and module.name != "arguments"
                and {"trust", "weights"} & set(inspect.signature(function).parameters)
            ):
                found.add((module.name, name))
    assert found - PASSED_ON == set(WEIGHED)


@pytest.mark.parametrize("method", WEIGHED.values(), ids=[".".join(one) for one in WEIGHED])
@pytest.mark.parametrize(
    "bad", [[1, np.nan, 1], [1, np.inf, 1], [1, -1, 1], [0, 0, 0], [1, 1], [1, 1, 1, 1], [[1, 1, 1]]], ids=str
)
def test_weights_that_are_none_are_refused_by_name(method: Callable, bad: list) -> None:
    with pytest.raises(BadArgument) as refused:
        method(np.array(bad, dtype=float))
    assert refused.value.name in ("trust", "weights")


@pytest.mark.parametrize("method", WEIGHED.values(), ids=[".".join(one) for one in WEIGHED])
def test_somebody_who_weighs_nothing_and_weights_of_any_size_are_taken(method: Callable) -> None:
    method(np.array([1.0, 0.0, 0.0]))
    method(np.array([1e-9, 2e-9, 1e-9]))


@given(st.lists(st.floats(0.01, 100), min_size=3, max_size=3), st.floats(0.001, 1000))
def test_weights_say_how_much_beside_the_others_and_no_more(some: list[float], factor: float) -> None:
    plain, scaled = np.array(some), np.array(some) * factor
    assert boxes.fuse_boxes(BOXES, scaled.tolist()).box == pytest.approx(boxes.fuse_boxes(BOXES, plain.tolist()).box)
    ours, theirs = (numbers.merge_numbers([1, 2, 4], one.tolist()).value for one in (plain, scaled))
    assert ours == pytest.approx(theirs)


def votes(*columns: list) -> Votes:
    return Votes(*map(np.array, columns))


def asked(said: np.ndarray, known: list[int]) -> Callable:
    return lambda: instance_level.as_labels(
        [instance_level.Asked(["ann", "ben"], said, np.array(known))], ["ann", "ben"]
    )


HALF = calibration.Calibration()
TWO = np.ones((2, 2), dtype=bool)
REFUSED: dict[str, tuple[str, Callable]] = {
    "a number that is none": ("values", lambda: numbers.merge_numbers([1, np.nan])),
    "a distance to none": ("numbers", lambda: numbers.numbers_agreement(1, np.nan, 1)),
    "no text": ("texts", lambda: numbers.merge_texts([])),
    "no box": ("boxes", lambda: boxes.fuse_boxes([])),
    "boxes of three numbers": ("boxes", lambda: boxes.fuse_boxes(np.ones((4, 3)))),
    "a box of less than nothing": ("boxes", lambda: boxes.fuse_boxes([[0, 0, -1, 2]])),
    "a box nowhere": ("boxes", lambda: boxes.fuse_boxes([[np.nan, 0, 1, 2]])),
    "a point at infinity": ("points", lambda: boxes.fuse_points([[0, 0], [np.inf, 1]])),
    "a share above all": ("share", lambda: boxes.weighted_quantile(np.ones(2), np.ones(2), 1.5)),
    "no mask": ("masks", lambda: masks.fuse_masks([])),
    "masks of two images": ("masks", lambda: masks.fused_mask([MASKS[0], region(1, 1, 2, size=9)["shape"]])),
    "the majority of two images": ("masks", lambda: masks.majority_mask([MASKS[0], region(1, 1, 2, size=9)["shape"]])),
    "no shape": ("shapes", lambda: regions.fuse_shapes([], [])),
    "a mask and a box": ("shapes", lambda: masks.merge_shapes([MASKS[0], vector_shapes.box([0, 0, 1, 1])])),
    "a shape of no kind": ("shapes", lambda: regions.fuse_shapes([{"type": "cloud"}], [1])),
    "a ring nowhere": ("polygons", lambda: curves.fuse_polygons([[[0, np.nan], [1, 0], [1, 1]]], np.ones((1, 1)), [1])),
    "a line that isn't there": ("central", lambda: curves.fuse_lines(RINGS, 3, np.ones(3))),
    "a table for fewer": ("owner", lambda: matching.cluster(np.ones((2, 2)), [0, 1, 2], 0.5)),
    "a standing above one": ("standings", lambda: standing.standing_v1([choice("a")], same, first, 1.0, [1.2])),
    "a standing that is none": ("standings", lambda: standing.standing_v1([choice("a")], same, first, 1.0, [np.nan])),
    "a standing too few": ("standings", lambda: standing.standing_v1([choice("a")] * 2, same, first, 1.0, [0.5])),
    "a threshold above one": ("threshold", lambda: majority_v1([choice("a")], same, first, 1.5)),
    "a prior that is none": ("prior", lambda: majority_v1([choice("a")], same, first, 1.0, float("nan"))),
    "an item that isn't there": ("right", lambda: infer_preferences(votes([0], [2], [0], [0]), 2, 1)),
    "a vote by nobody": ("worker", lambda: infer_preferences(votes([0], [1], [1], [0]), 2, 1)),
    "half an outcome": ("outcome", lambda: infer_preferences(votes([0], [1], [0], [0.5]), 2, 1)),
    "an outcome too few": ("outcome", lambda: infer_preferences(votes([0, 0], [1, 1], [0, 0], [0]), 2, 1)),
    "a group too few": ("group", lambda: infer_preferences(votes([0], [1], [0], [0]), 2, 1, np.array([0]))),
    "a group below none": ("group", lambda: infer_preferences(votes([0], [1], [0], [0]), 2, 1, np.array([0, -1]))),
    "a confidence above one": ("confidence", lambda: calibration.calibrate([1.1], [True])),
    "a confidence that is none": ("confidence", lambda: calibration.calibrate([np.nan], [True])),
    "an answer too few": ("right", lambda: calibration.calibrate([0.5, 0.6], [True])),
    "neither right nor wrong": ("right", lambda: calibration.calibrate([0.5], np.array([np.nan]))),
    "a target above one": ("target", lambda: acceptance.may_decide(0.9, HALF, 97)),
    "more errors than audits": ("wrong", lambda: acceptance.error_rate(3, 4)),
    "a label by nobody": ("worker", lambda: copying.find_copies(*np.array([[0], [1], [0]]), (1, 1, 2))),
    "a known answer of no class": ("known", asked(TWO, [0, 2])),
    "a known answer below unknown": ("known", asked(TWO, [0, -2])),
    "a known answer too few": ("known", asked(TWO, [0])),
    "a known answer in halves": ("known", asked(TWO, [0.5, 1])),
    "a column too many": ("said", asked(np.ones((2, 3), dtype=bool), [0, 1])),
    "a chance above one": ("right", lambda: instance_level.chance_of_agreement(np.array([1.2]), np.zeros(0), 0.5)),
    "a confidence nobody has": ("confidence", lambda: overlap.least_sure(np.array([np.nan]), np.array([1]), 3, 1)),
    "judges too few": ("standings", lambda: instance_level.decide(
        projects.inference.BY_PART["spans_v1"], [{"spans": []}] * 2,
        instance_level.Judges(first_accuracy_model(2), [], [0.5]), same, 0.5, {})),
}  # fmt: skip


@pytest.mark.parametrize(("name", "method"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_meant_is_refused_by_name(name: str, method: Callable) -> None:
    with pytest.raises(BadArgument) as refused:
        method()
    assert refused.value.name == name
    assert str(refused.value).startswith(f"{name}: ")


def test_what_rounding_carried_past_the_end_is_the_end() -> None:
    assert arguments.chances("confidence", [1 + 2e-16, -1e-17, 0.5]).tolist() == [1, 0, 0.5]
    assert arguments.chance("confidence", 1 + 2e-16) == 1
    with pytest.raises(arguments.BadArgument):
        arguments.chance("confidence", 1.001)
