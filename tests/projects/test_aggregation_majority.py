"""majority_v1: the largest group that agrees, if more than half; nobody grades themselves."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.sparse import coo_array

from projects.inference import AGGREGATIONS, geometry
from projects.inference.agreement import regions_agreement, spans_agreement
from projects.inference.majority import largest_group, majority_v1
from projects.inference.masks import majority_mask, merge_regions
from projects.inference.matching import cluster
from projects.inference.span_crossings import any_cross
from projects.inference.spans import merge_spans
from tests.support.projects.answers import choice, first, region, regions, same, spans


def decide(*values: str, prior: float = 0.7):
    return majority_v1([choice(v) for v in values], same, first, 1.0, prior)


def test_no_answer_decides_nothing():
    outcome = decide()
    assert (outcome.decided, outcome.answer, outcome.confidence, outcome.supports) == (False, None, 0.0, [])


def test_lone_answer_decides_with_the_prior_and_grades_nobody():
    outcome = decide("cat", prior=0.8)
    assert outcome.decided and outcome.answer == choice("cat")
    assert outcome.confidence == 0.8
    assert outcome.agreements == [None]


def test_two_of_three_decide_and_the_third_is_graded_by_them():
    outcome = decide("cat", "dog", "cat")
    assert outcome.decided and outcome.answer == choice("cat")
    assert outcome.supports == [0, 2]
    assert outcome.agreements == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("values", [("cat", "dog"), ("cat", "cat", "dog", "dog"), ("cat", "dog", "owl")])
def test_a_tie_decides_nothing_and_grades_nobody(values):
    outcome = decide(*values)
    assert not outcome.decided
    assert outcome.answer is None
    assert outcome.agreements == [None] * len(values)
    assert "more than half" in outcome.why


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=20), st.randoms())
def test_order_is_nothing(values, random):
    order = random.sample(range(len(values)), len(values))
    plain, mixed = decide(*values), decide(*[values[i] for i in order])
    assert plain.answer == mixed.answer
    assert plain.confidence == mixed.confidence
    assert [plain.agreements[i] for i in order] == mixed.agreements


@given(st.integers(0, 6), st.integers(1, 12), st.floats(0.01, 0.99))
def test_one_more_that_agrees_never_lowers_confidence(against, behind, prior):
    before = decide(*["b"] * against, *["a"] * behind, prior=prior)
    after = decide(*["b"] * against, *["a"] * (behind + 1), prior=prior)
    assume(before.decided and before.answer == choice("a"))
    assert after.decided and after.confidence >= before.confidence


def test_friend_of_a_friend_is_not_enough():
    chain = np.array([[1, 0.9, 0.2], [0.9, 1, 0.8], [0.2, 0.8, 1]])
    assert largest_group(chain, 0.8) == [0, 1]
    assert largest_group(chain, 0.95) == [0]


def test_forty_answers_are_grouped_fast():
    outcome = decide(*["a"] * 25, *["b"] * 15)
    assert outcome.decided and len(outcome.supports) == 25


def test_two_careful_taskers_outvote_a_wrong_one_on_masks():
    answers = [regions(region(5, 5, 20)), regions(region(6, 5, 20)), regions(region(40, 40, 9))]
    outcome = majority_v1(answers, lambda a, b: regions_agreement(a, b, 0.7), merge_regions, 0.8)
    assert outcome.supports == [0, 1]
    assert outcome.agreements == [1.0, 1.0, 0.0]
    [merged] = outcome.answer["regions"]
    assert merged["label"] == "cat" and merged["id"] == "r1"
    assert 380 <= geometry.mask_area(merged["shape"]) <= 400


def test_masks_touching_stay_two_and_empty_masks_are_nothing():
    left, right, empty = region(0, 0, 10), region(10, 0, 10), region(0, 0, 0)
    merged = merge_regions([regions(left, right, empty), regions(right, left, empty)])
    assert [geometry.mask_area(r["shape"]) for r in merged["regions"]] == [100, 100]


def test_pixel_majority_of_three_and_half_way_of_two():
    shapes = [region(x, 5, 20)["shape"] for x in (5, 7, 9)]
    assert geometry.mask_box(majority_mask(shapes)) == [7, 5, 20, 20]
    x, _, width, _ = geometry.mask_box(majority_mask([shapes[0], shapes[2]]))
    assert (x, x + width) == (7, 27)
    empty = region(0, 0, 0)["shape"]
    assert geometry.mask_area(majority_mask([empty, empty])) == 0


def test_boxes_merge_by_the_middle():
    boxes = [
        {"id": "b", "label": "a", "shape": {"type": "box", "x": x, "y": 0, "width": 10, "height": 10}}
        for x in (0, 1, 5)
    ]
    [merged] = merge_regions([regions(box) for box in boxes], 0.3)["regions"]
    assert merged["shape"] == {"type": "box", "x": 1, "y": 0, "width": 10, "height": 10}


def test_spans_merge_by_majority_bounds_and_label():
    answers = [spans((0, 9, "person"), (20, 25, "org")), spans((0, 9, "person"), (20, 25, "place")),
               spans((2, 9, "person"), (20, 25, "place"), (40, 44, "org"))]  # fmt: skip
    merged = [(s["id"], s["start"], s["end"], s["label"]) for s in merge_spans(answers)["spans"]]
    assert merged == [("s1", 0, 9, "person"), ("s2", 20, 25, "place")]
    middle = merge_spans([spans((0, 8, "a")), spans((1, 9, "a")), spans((2, 10, "a"))])["spans"]
    assert [(s["start"], s["end"]) for s in middle] == [(1, 9)]
    assert merge_spans([spans(), spans()]) == {"spans": []}


@given(st.lists(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6), st.sampled_from("ab")), max_size=4),
                min_size=1, max_size=5), st.randoms())  # fmt: skip
def test_merging_spans_is_blind_to_order(raw, random):
    answers = [spans(*[(s, s + n, label) for s, n, label in one]) for one in raw]
    mixed = random.sample(answers, len(answers))
    shuffled = [{"spans": random.sample(a["spans"], len(a["spans"]))} for a in mixed]
    merged = merge_spans(answers)
    assert merge_spans(shuffled) == merged
    assert all(s["start"] < s["end"] for s in merged["spans"])


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6), st.sampled_from("ab")), max_size=4))
def test_one_answer_alone_is_merged_into_itself(raw):
    answer = spans(*[(s, s + n, label) for s, n, label in raw])
    assert spans_agreement(merge_spans([answer]), answer) == 1.0


def test_three_names_for_one_place_are_one_span():
    answers = [spans((0, 9, "person")), spans((0, 9, "org")), spans((0, 9, "place"))]
    assert [(s["start"], s["end"], s["label"]) for s in merge_spans(answers)["spans"]] == [(0, 9, "org")]


def crossing(answer) -> bool:
    return any_cross([(s["start"], s["end"]) for s in answer["spans"]])


def test_merged_spans_do_not_cross_where_nobody_lets_them():
    one, two, three = spans((0, 10, "a")), spans((0, 10, "a"), (10, 20, "b")), spans((0, 10, "a"), (6, 20, "b"))
    assert crossing(three) and not crossing(two)
    wide = spans((6, 20, "b"))
    merged = merge_spans([one, one, two, wide, wide, wide, one])
    assert not crossing(merged) and [s["label"] for s in merged["spans"]] == ["a", "b"]
    assert [(s["start"], s["end"]) for s in merged["spans"]] == [(0, 10), (10, 20)], "as somebody drew it"
    assert crossing(merge_spans([three, three, two])), "somebody's own cross"


@given(st.lists(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), st.sampled_from("abc")), max_size=4),
                min_size=1, max_size=6))  # fmt: skip
def test_whatever_is_merged_crosses_only_where_people_let_it(raw):
    answers = [spans(*[(s, s + n, label) for s, n, label in one]) for one in raw]
    merged = merge_spans(answers)
    assert not crossing(merged) or any(crossing(one) for one in answers)


def test_provenance_and_attributes_follow_the_members():
    drawn = {**region(5, 5, 20), "attributes": {"pose": "sits"},
             "provenance": {"source": "human", "suggestion": None, "model": None}}  # fmt: skip
    taken = {**drawn, "provenance": {"source": "suggestion", "suggestion": "u", "model": "m@1"}}
    [alike] = merge_regions([regions(drawn), regions(drawn)])["regions"]
    [mixed] = merge_regions([regions(drawn), regions(taken)])["regions"]
    assert alike["provenance"] == drawn["provenance"] and alike["attributes"] == {"pose": "sits"}
    assert mixed["provenance"] == {"source": "edited", "suggestion": None, "model": None}


def test_cluster_never_joins_two_instances_of_one_answer():
    table = np.full((4, 4), 0.9)
    assert cluster(table, [0, 0, 1, 1], 0.5) == [[0, 2], [1, 3]]
    assert cluster(table, [0, 1, 2, 3], 0.95) == [[0], [1], [2], [3]]
    assert cluster(np.zeros((0, 0)), [], 0.5) == []


def test_registry_names_carry_their_version():
    assert all(name.rpartition("_v")[2].isdigit() for name in AGGREGATIONS)


def test_ten_thousand_spans_that_hang_together_are_compared_and_merged():
    chain = spans(*[(5 * n, 5 * n + 7, "person") for n in range(10_000)])
    greedy = spans((0, 60_000, "person"))
    merged = merge_spans([chain, chain, greedy])
    assert len(merged["spans"]) == 10_000
    assert spans_agreement(chain, merged, "overlap") == 1.0


def test_many_instances_in_a_chain_cluster_like_few():
    few = np.eye(6) + 0.9 * np.eye(6, k=3) + 0.9 * np.eye(6, k=-3) + 0.3 * np.eye(6, k=1) + 0.3 * np.eye(6, k=-1)
    assert cluster(few, [0, 0, 0, 1, 1, 1], 0.5) == [[0, 3], [1, 4], [2, 5]]
    size = 1500
    near = coo_array((np.full(size, 0.9), (np.arange(size), np.arange(size) + size)), shape=(2 * size, 2 * size))
    step = coo_array((np.full(size - 1, 0.6), (np.arange(size - 1), np.arange(size - 1) + size + 1)),
                     shape=near.shape)  # fmt: skip
    chain = near + step
    found = cluster(coo_array(chain + chain.T), [0] * size + [1] * size, 0.5)
    assert found == [[n, n + size] for n in range(size)]
