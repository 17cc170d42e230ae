"""Wrong on purpose, where it can spoil nothing; and how much of an offer was changed."""

from uuid import uuid4

import numpy as np
import pytest
from pycocotools import mask as coco

from assist.suggestions import edit_distance, planted_errors
from assist.suggestions.offers import Offer


def rle(pixels: np.ndarray) -> dict:
    found = coco.encode(np.asfortranarray(pixels.astype(np.uint8)))
    return {"size": list(pixels.shape), "counts": found["counts"].decode()}


def disc(height: int, width: int, row: int, column: int, radius: int) -> np.ndarray:
    ys, xs = np.mgrid[:height, :width]
    return (ys - row) ** 2 + (xs - column) ** 2 <= radius**2


def span(start: int, end: int, label: str = "person") -> Offer:
    return Offer({"text": True}, {"start": start, "end": end, "label": label, "model_label": "X"}, None, 5)


def test_share_of_assignments_is_drawn_and_stays_drawn() -> None:
    subjects = [uuid4() for _ in range(2000)]
    hit = [planted_errors.drawn(one, 0.2) for one in subjects]
    assert 0.16 < np.mean(hit) < 0.24 and hit == [planted_errors.drawn(one, 0.2) for one in subjects]
    assert not any(planted_errors.drawn(one, 0.0) for one in subjects)


def test_one_span_of_many_is_wrong_and_marked() -> None:
    offers = [span(0, 5), span(10, 20), span(30, 36)]
    spoilt = planted_errors.spoil_spans(offers, ["person", "place"], "17")
    wrong = [one for one in spoilt if one.planted]
    assert len(wrong) == 1 and wrong[0].output["label"] == "place"
    assert [one for one in spoilt if not one.planted] == [one for one in offers if one.public_id != wrong[0].public_id]
    (half,) = planted_errors.spoil_spans([span(10, 20)], ["person"], "17")
    assert half.planted and (half.output["start"], half.output["end"]) == (10, 15)
    assert planted_errors.spoil_spans([], ["person"], "17") == []


def test_a_line_that_lies_wrong_has_its_words_as_all_others_have() -> None:
    output = {"box": [4, 4, 20, 10], "label": "sign", "model_label": "text", "attributes": {"says": "Total"}}
    (wrong,) = planted_errors.spoil_boxes([Offer({"boxes": True}, output, 0.9, 5)], (100, 200), "17")
    assert wrong.planted and wrong.output["box"] != output["box"]
    assert wrong.output["attributes"] == {"says": "Total"}


@pytest.mark.parametrize("place", [(30, 40), (90, 150), (60, 100)])
def test_masks_of_a_trap_lie_off_their_object_but_in_the_picture(place: tuple[int, int]) -> None:
    right = disc(120, 200, *place, 20)
    reply = {"masks": [rle(right)] * 3, "best": 1, "image_size": [120, 200]}
    for mask in planted_errors.spoil_masks(reply)["masks"]:
        wrong = coco.decode({"size": mask["size"], "counts": mask["counts"].encode()}).astype(bool)
        overlap = (wrong & right).sum() / (wrong | right).sum()
        assert 0 < overlap < 0.6 and wrong.sum() > 0.8 * right.sum()
    empty = planted_errors.spoil_masks({"masks": [rle(np.zeros((9, 9), bool))], "best": 0, "image_size": [9, 9]})
    assert empty["masks"][0]["counts"] == rle(np.zeros((9, 9), bool))["counts"]


@pytest.mark.parametrize(
    "made, changed",
    [
        ({"start": 10, "end": 20, "label": "person"}, 0.0),
        ({"start": 10, "end": 15, "label": "person"}, 0.5),
        ({"start": 10, "end": 20, "label": "place"}, 0.5),
        ({"start": 30, "end": 40, "label": "person"}, 1.0),
        ({"start": 10, "end": 12, "label": "place"}, 0.8),
    ],
)
def test_changed_share_of_a_span(made: dict, changed: float) -> None:
    assert edit_distance.of(span(10, 20).output, made) == changed


def test_changed_share_of_a_mask_also_where_it_was_brought_up_to_the_images_size() -> None:
    small = disc(50, 100, 25, 50, 20)
    output = {"masks": [rle(np.zeros((50, 100), bool)), rle(small)], "best": 0}
    grown = np.kron(small, np.ones((4, 4), bool)).astype(bool)
    assert edit_distance.of(output, {"shape": rle(small)}) == 0
    assert edit_distance.of(output, {"shape": rle(grown)}) == 0
    half = grown.copy()
    half[:100] = False
    assert edit_distance.of(output, {"shape": rle(half)}) == pytest.approx(0.5, abs=0.03)
    assert edit_distance.of(output, {"shape": {"type": "box", "x": 1, "y": 1, "width": 5, "height": 5}}) == 1.0
