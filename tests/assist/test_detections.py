"""Families of detectors by their decode specs, and what is done about numbers that can't be."""

from typing import Any

import numpy as np
import pytest

from assist.adapters.detections import MOST, Undecodable, cleaned, decode

SIZE = {"width": 64, "height": 32}
CORNERS = [10.0, 6.0, 30.0, 18.0]  # of the one thing that each of these sees, under the second of two labels
CENTRE = [20.0, 12.0, 20.0, 12.0]


def logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def nanodet() -> list[np.ndarray]:
    """One level in steps of 8: four by eight places; at the place (16, 8) the distances are 6, 2, 14 and 10 pixels."""
    bins, rows = 8, np.full((32, 2 + 4 * 8), -50.0)
    rows[:, :2] = 0.0
    at = 1 * 8 + 2
    rows[at, :2] = 0.1, 0.8
    for side, far in enumerate((6, 2, 14, 10)):
        low, part = int(far / 8), far / 8 % 1
        rows[at, 2 + side * bins + low] = np.log(1 - part + 1e-9)
        rows[at, 2 + side * bins + low + 1] = np.log(part + 1e-9)
    return [rows[None]]


FAMILIES: list[tuple[dict[str, Any], list[np.ndarray]]] = [
    ({"decode": "yolo"}, [np.array([[*CENTRE, 0.1, 0.8], [0, 0, 0, 0, 0, 0]] * 4).T[None]]),
    ({"decode": "yolo-v5"}, [np.array([[[*CENTRE, 0.8, 0.1, 1.0]]])]),
    (
        {"decode": "rt-detr"},
        [np.array([[[logit(0.1), logit(0.8)]]]), np.array([[CENTRE]]) / np.array([64, 32, 64, 32])],
    ),
    (
        {"decode": "ssd", "first_label": 1},
        [np.array([[[6 / 32, 10 / 64, 18 / 32, 30 / 64]]]), np.array([[2.0]]), np.array([[0.8]])],
    ),
    (
        {"decode": "ssd", "corners": "xyxy", "scale": "pixels"},
        [np.array([CORNERS]), np.array([1]), np.array([0.8])],
    ),
    ({"decode": "nanodet", "strides": [8]}, nanodet()),
]


@pytest.mark.parametrize("options, outputs", FAMILIES, ids=lambda one: one.get("decode") if type(one) is dict else "")
def test_each_family_tells_the_same_box(options: dict[str, Any], outputs: list[np.ndarray]) -> None:
    found = cleaned(decode(outputs, options | SIZE, 2), (32, 64), ["other", "thing"])
    (box,) = found.found
    assert (box.label, round(box.score or 0, 3)) == ("thing", 0.8)
    assert (box.x, box.y, box.width, box.height) == pytest.approx((10, 6, 20, 12), abs=0.01)


def test_answer_laid_out_otherwise_is_said() -> None:
    with pytest.raises(Undecodable, match="1×7×3, where one side is 6"):
        decode([np.zeros((1, 7, 3))], {"decode": "yolo"} | SIZE, 2)
    with pytest.raises(Undecodable, match="9 places, the grid has 32"):
        decode([np.zeros((1, 9, 34))], {"decode": "nanodet", "strides": [8]} | SIZE, 2)


def test_what_can_not_be_is_left_out_and_counted() -> None:
    nan, inf = np.nan, np.inf
    corners = np.array(
        [
            CORNERS,
            [nan, 0, 9, 9],
            [0, 0, inf, 9],
            [200, 200, 220, 220],
            [5, 5, 5.2, 9],
            [-50, -50, 9, 9],
            CORNERS,
            CORNERS,
        ]
    )
    scores = np.array([0.9, 0.9, 0.9, 0.9, 0.9, 0.8, nan, 7.0])
    found = cleaned((corners, scores, np.zeros(8, int)), (32, 64), ["thing"])
    assert found.dropped == {"not-a-number": 3, "score-above-one": 1, "outside": 2}
    assert [(one.x, one.y, one.width, one.height) for one in found.found] == [(10, 6, 20, 12), (0, 0, 9, 9)]
    wrong = cleaned((np.array([CORNERS] * 3), np.ones(3), np.array([0, 1, -1])), (32, 64), ["thing"])
    assert wrong.dropped == {"unknown-label": 2} and len(wrong.found) == 1


def test_ten_thousand_boxes_are_the_surest_few() -> None:
    rng = np.random.default_rng(5)
    left = rng.uniform(0, 3000, (10_000, 2))
    raw = np.hstack([left, left + 3]), rng.uniform(0.3, 1, 10_000), rng.integers(0, 2, 10_000)
    found = cleaned(raw, (4000, 4000), ["a", "b"])
    assert len(found.found) == MOST and found.dropped["too-many"] >= 8_000
    scores = [one.score or 0 for one in found.found]
    assert scores == sorted(scores, reverse=True) and scores[0] == pytest.approx(raw[1].max(), abs=1e-4)


def test_one_thing_seen_twice_is_one_and_two_labels_stay() -> None:
    corners = np.array([CORNERS, [11, 6, 31, 18], CORNERS])
    found = cleaned((corners, np.array([0.7, 0.9, 0.8]), np.array([0, 0, 1])), (32, 64), ["a", "b"])
    assert [(one.label, one.score) for one in found.found] == [("a", 0.9), ("b", 0.8)]
