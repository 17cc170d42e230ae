"""How much an answer is worth beside the known one, and what is said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from projects.inference import geometry
from projects.inference.gold_check import WRONG_LABEL, check_regions, check_spans
from projects.quality.gold import difference_words
from tests.support import make


def box(x: int, y: int, width: int, height: int, label: str = "person") -> dict:
    """A mask of a rectangle in an image of 100 × 80."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return {"id": "r", "label": label, "shape": geometry.mask_from_polygon(corners, 80, 100)}


KNOWN = make.spans((0, 11), (40, 44, "place"))


@pytest.mark.parametrize(
    ("answer", "score", "wrong"),
    [
        (KNOWN, 1.0, []),
        (make.spans(), 0.0, [("missed", "person", [0, 11]), ("missed", "place", [40, 44])]),
        (make.spans((0, 11)), 2 / 3, [("missed", "place", [40, 44])]),
        (make.spans((0, 11), (40, 44, "person")), 0.6, [("wrong-label", "place", [40, 44])]),
        (make.spans((0, 11), (40, 44, "place"), (50, 52)), 0.8, [("extra", "person", [50, 52])]),
        (make.spans((0, 5), (40, 44, "place")), (5 / 11 + 1) / 2, [("bounds", "person", [0, 11])]),
    ],
)
def test_what_a_span_answer_is_worth(answer, score, wrong) -> None:
    found = check_spans(answer, KNOWN)
    assert found.score == pytest.approx(score)
    assert [(one["code"], one["label"], one["at"]) for one in found.differences] == wrong


def test_what_each_label_is_worth_is_told_apart() -> None:
    assert check_spans(KNOWN, KNOWN).labels == {"person": 1.0, "place": 1.0}
    assert check_spans(make.spans((0, 11)), KNOWN).labels == {"person": 1.0, "place": 0.0}
    mistaken = check_spans(make.spans((0, 11), (40, 44, "person")), KNOWN)
    assert mistaken.labels == {"person": pytest.approx((1 + 1 + WRONG_LABEL) / 3), "place": WRONG_LABEL}
    assert check_spans(make.spans(), make.spans()).labels == {}
    known = {"regions": [box(10, 10, 40, 40), box(70, 10, 20, 20, "place")]}
    assert check_regions({"regions": known["regions"][:1]}, known).labels == {"person": 1.0, "place": 0.0}


def test_where_overlap_is_enough_bounds_cost_nothing() -> None:
    assert check_spans(make.spans((3, 9), (40, 41, "place")), KNOWN, "overlap").score == 1.0


def test_bounds_that_are_off_say_by_how_much_and_where() -> None:
    [difference] = check_spans(make.spans((0, 5), (40, 44, "place")), KNOWN).differences
    assert (difference["side"], difference["off"]) == ("end", 6)


def test_two_spans_of_one_place_are_told_apart_by_their_labels() -> None:
    known = make.spans((0, 11, "person"), (0, 11, "place"))
    assert check_spans(known, known).score == 1.0
    assert [one["code"] for one in check_spans(make.spans((0, 11, "place")), known).differences] == ["missed"]


def test_regions_earn_by_overlap_label_and_presence() -> None:
    known = {"regions": [box(10, 10, 40, 40), box(70, 10, 20, 20, "place")]}
    exact = check_regions(known, known)
    assert (exact.score, exact.differences) == (1.0, [])
    loose = check_regions({"regions": [box(10, 10, 10, 40), known["regions"][1]]}, known)
    assert loose.score == pytest.approx((0.25 / 0.5 + 1) / 2, abs=0.02)
    [off] = loose.differences
    assert (off["code"], off["side"], off["at"]) == ("bounds", "right", [10, 10, 40, 40])
    assert off["off"] == pytest.approx(30, abs=1) and off["overlap"] == pytest.approx(0.25, abs=0.02)
    assert exact.close == [] and loose.close == []
    enough = check_regions({"regions": [box(10, 10, 23, 40), known["regions"][1]]}, known)
    assert (enough.score, enough.differences) == (1.0, [])
    said = difference_words.said(enough.close, {"person": "Person"}, None)
    assert said == ["Person, at 10, 10 (40 × 40 px): 57 % in common; from 50 % on it counts as right."]
    wrong = check_regions({"regions": [box(10, 10, 40, 40, "place"), known["regions"][1]]}, known)
    assert wrong.score == 0.6 and wrong.differences[0]["given"] == "place"
    assert [one["code"] for one in check_regions({"regions": []}, known).differences] == ["missed", "missed"]


def test_an_empty_answer_to_an_empty_task_is_perfect() -> None:
    assert check_spans({"spans": []}, {"spans": []}).score == check_regions({"regions": []}, {"regions": []}).score == 1


def test_ten_thousand_parts_are_weighed_and_the_first_are_told() -> None:
    known = make.spans(*((start, start + 1) for start in range(0, 10_000, 2)))
    found = check_spans(make.spans(), known)
    assert found.score == 0 and len(found.differences) == 200


labels = some.sampled_from(["person", "place"])
bounds = some.tuples(some.integers(0, 30), some.integers(1, 10), labels).map(lambda one: (one[0], sum(one[:2]), one[2]))
answers = some.lists(bounds, max_size=6, unique=True).map(lambda many: make.spans(*many))


@given(answers, answers)
def test_a_score_is_a_share_and_only_the_known_answer_is_faultless(answer, known) -> None:
    found = check_spans(answer, known)
    assert 0 <= found.score <= 1
    assert check_spans(known, known).score == pytest.approx(1)
    assert (found.score > 1 - 1e-9) == (not found.differences)
    assert set(found.labels) == {one["label"] for some in (answer, known) for one in some["spans"]}
    assert all(0 <= value <= 1 for value in found.labels.values())


@given(answers, answers)
def test_adding_a_known_part_that_was_missed_never_costs(answer, known) -> None:
    missed = [one for one in check_spans(answer, known).differences if one["code"] == "missed"]
    for one in missed:
        start, end = one["at"]
        better = {"spans": [*answer["spans"], make.span(start, end, one["label"], id="new")]}
        assert check_spans(better, known).score >= check_spans(answer, known).score - 1e-9


def test_boxes_and_polygons_are_weighed_as_masks_are() -> None:
    def boxed(x: int, width: int) -> dict:
        return {"id": "b", "label": "person", "shape": {"type": "box", "x": x, "y": 0, "width": width, "height": 10}}

    off = check_regions({"regions": [boxed(0, 4)]}, {"regions": [boxed(0, 10)]})
    assert off.score == pytest.approx(0.8)
    assert (off.differences[0]["side"], off.differences[0]["off"]) == ("right", 6)


def shaped(shape: dict, label: str = "person") -> dict:
    return {"regions": [{"id": "r", "label": label, "shape": shape}]}


def polygon(*points: tuple[int, int]) -> dict:
    return {"type": "polygon", "points": [list(point) for point in points]}


SQUARE = polygon((10, 10), (50, 10), (50, 50), (10, 50))
LINE = {"type": "polyline", "points": [[10, 40], [90, 40]]}
POINT = {"type": "point", "x": 30, "y": 30, "visible": True}


@pytest.mark.parametrize("shape", [SQUARE, LINE, POINT], ids=lambda shape: shape["type"])
def test_every_kind_of_outline_is_worth_all_or_nothing_at_its_ends(shape) -> None:
    known = shaped(shape)
    assert (check_regions(known, known).score, check_regions(known, known).differences) == (1.0, [])
    missed = check_regions({"regions": []}, known)
    assert missed.score == 0 and [one["code"] for one in missed.differences] == ["missed"]
    wrong = check_regions(shaped(shape, "place"), known)
    assert wrong.score == pytest.approx(WRONG_LABEL)
    assert [one["code"] for one in wrong.differences] == ["wrong-label"]
    extra = check_regions(known, {"regions": []})
    assert extra.score == 0 and [one["code"] for one in extra.differences] == ["extra"]


def test_a_polygon_that_is_off_earns_by_what_it_covers() -> None:
    narrow = shaped(polygon((10, 10), (20, 10), (20, 50), (10, 50)))
    found = check_regions(narrow, shaped(SQUARE))
    assert found.score == pytest.approx(0.25 / 0.5, abs=0.02)
    assert [(one["code"], one["side"], one["off"]) for one in found.differences] == [("bounds", "right", 30)]


@pytest.mark.parametrize(
    ("shape", "far", "off"),
    [(LINE, {"type": "polyline", "points": [[10, 70], [20, 75]]}, 65), (POINT, POINT | {"x": 44, "y": 45}, 14)],
    ids=["polyline", "point"],
)
def test_a_line_or_point_that_is_off_earns_less_than_half_and_says_how_far(shape, far, off) -> None:
    found = check_regions(shaped(far), shaped(shape))
    assert found.score < 0.5
    [told] = found.differences
    assert told["code"] == "bounds" and told["off"] >= off


def test_a_point_somewhere_else_is_another_one() -> None:
    found = check_regions(shaped(POINT | {"x": 95, "y": 75}), shaped(POINT))
    assert found.score == 0 and {one["code"] for one in found.differences} == {"missed", "extra"}


def test_a_field_is_told_by_its_name_and_its_labels() -> None:
    said = [
        {"code": "wrong-label", "field": "seen", "label": ["cat", "dog"], "given": ["cat"]},
        {"code": "missed", "field": "legs", "label": "4"},
        {"code": "extra", "field": "remark", "label": "blurred"},
    ]
    names = {"cat": "Cat", "dog": "Dog", "field:seen": "Seen", "field:legs": "Legs"}
    assert difference_words.said(said, names, None) == [
        "Seen: it is “Cat, Dog”, not “Cat”.",
        "Legs: left open; it is “4”.",
        "remark: “blurred” isn't asked for.",
    ]
