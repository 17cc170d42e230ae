"""Boxes, polygons, lines and points: how alike they are, and one that stands for several."""

import math

import pytest

from projects.inference.agreement import regions_agreement, shape_ious
from projects.inference.masks import merge_regions
from projects.inference.regions import fuse_shapes, things_in
from projects.inference.vector_shapes import with_reach
from projects.task_types import TASK_TYPES

IMAGE = {"asset": "a" * 64, "width": 100, "height": 80, "name": "cat.png"}


def answer(*shapes: dict, label: str = "cat") -> dict:
    regions = [{"id": f"r{n}", "label": label, "shape": shape} for n, shape in enumerate(shapes)]
    return TASK_TYPES["image_regions"].check_answer({"regions": regions}, IMAGE, ["cat", "dog"])


def box(x, y, width, height):
    return {"type": "box", "x": x, "y": y, "width": width, "height": height}


def polygon(*points):
    return {"type": "polygon", "points": [list(point) for point in points]}


def line(*points):
    return {"type": "polyline", "points": [list(point) for point in points]}


def point(x, y, visible=True):
    return {"type": "point", "x": x, "y": y, "visible": visible}


@pytest.mark.parametrize(
    ("first", "second", "likeness"),
    [
        (box(0, 0, 10, 10), box(0, 0, 10, 20), 0.5),
        (box(0, 0, 10, 10), box(20, 0, 10, 10), 0),
        (polygon((0, 0), (10, 0), (10, 10), (0, 10)), polygon((0, 0), (10, 0), (10, 20), (0, 20)), 0.5),
        (polygon((0, 0), (10, 0), (0, 10)), polygon((50, 50), (60, 50), (50, 60)), 0),
        (line((0, 0), (50, 0)), line((0, 12), (50, 12)), 0.5),
        (line((0, 0), (50, 0)), line((50, 0), (0, 0)), 1),
        (point(10, 10), point(10, 22), 0.5),
        (point(10, 10), point(10, 10, visible=False), 1),
        (box(0, 0, 10, 10), polygon((0, 0), (10, 0), (10, 10), (0, 10)), 0),
    ],
)
def test_likeness_is_told_by_kind(first, second, likeness):
    assert shape_ious([first], [second])[0, 0] == pytest.approx(likeness)
    assert shape_ious([second], [first])[0, 0] == pytest.approx(likeness)
    assert shape_ious([first], [first])[0, 0] == pytest.approx(1)


def keypoints(*places, around=None):
    return answer(*(point(x, y) for x, y in places), *([around] if around else []))


def test_keypoints_agree_by_the_size_of_what_they_belong_to():
    """OKS: the same eight pixels are nothing on a horse, and another place on a mouse."""
    horse, moved = [(10, 10), (90, 10), (90, 70)], [(18, 10), (90, 18), (82, 70)]
    mouse = [(10, 10), (18, 10), (18, 16)]
    shifted = [(x, y + 8) for x, y in mouse]
    assert regions_agreement(keypoints(*horse), keypoints(*moved)) == 1
    assert regions_agreement(keypoints(*mouse), keypoints(*shifted)) == 0
    assert len(merge_regions([keypoints(*horse), keypoints(*moved), keypoints(*horse)])["regions"]) == 3
    assert len(things_in([keypoints(*mouse), keypoints(*shifted)], 0.5)) == 6


def test_the_smallest_shape_around_a_keypoint_tells_its_size():
    small, large = box(40, 40, 20, 20), box(0, 0, 100, 80)
    assert regions_agreement(keypoints((50, 50), around=small), keypoints((58, 50), around=small)) == 0.5
    assert regions_agreement(keypoints((50, 50), around=large), keypoints((58, 50), around=large)) == 1
    # COCO's own formula: exp(-d² / (2 area k²))
    [[alike]] = shape_ious(with_reach([point(50, 50), large])[:1], with_reach([point(58, 50), large])[:1])
    assert alike == pytest.approx(math.exp(-(8**2) / (2 * 100 * 80 * 0.134**2)))


def test_keypoints_in_one_line_and_a_lone_one_still_have_a_size():
    assert regions_agreement(keypoints((10, 50), (90, 50)), keypoints((12, 50), (88, 50))) == 1
    assert regions_agreement(keypoints((10, 50)), keypoints((20, 50))) == 1
    assert regions_agreement(keypoints((10, 50)), keypoints((25, 50))) == 0
    assert regions_agreement(keypoints((10, 50), (10, 50)), keypoints((11, 50), (11, 50))) == 1


def test_two_answers_of_all_shapes_agree_by_their_matches():
    mine = answer(box(0, 0, 10, 10), point(50, 50), line((0, 0), (50, 0)), polygon((60, 60), (70, 60), (70, 70)))
    theirs = answer(box(1, 0, 10, 10), point(53, 50), line((0, 30), (50, 70)), polygon((60, 60), (70, 60), (70, 71)))
    assert regions_agreement(mine, theirs) == pytest.approx(0.75)
    assert regions_agreement(mine, mine) == 1


def test_merged_answer_is_taken_and_the_stray_one_is_left_out():
    three = [
        answer(box(10, 10, 20, 20), point(50, 50), polygon((60, 60), (70, 60), (70, 70))),
        answer(box(11, 10, 20, 20), point(52, 50), polygon((60, 60), (71, 60), (70, 70)), box(80, 0, 5, 5)),
        answer(box(12, 10, 20, 20), point(54, 53, False), polygon((61, 60), (71, 60), (71, 71))),
    ]
    merged = merge_regions(three)
    assert TASK_TYPES["image_regions"].check_answer(merged, IMAGE, ["cat"]) == merged
    shapes = {region["shape"]["type"]: region["shape"] for region in merged["regions"]}
    assert len(merged["regions"]) == 3
    assert shapes["box"] == box(11, 10, 20, 20)
    assert shapes["point"] == point(52, 50)
    assert shapes["polygon"] == polygon((60, 60), (71, 60), (70, 70))


def test_fused_point_is_not_moved_by_one_far_away():
    fused = fuse_shapes([point(10, 10), point(10, 10), point(90, 70)], [1, 1, 1])
    assert math.dist((fused["x"], fused["y"]), (10, 10)) < 0.1


def test_fused_line_is_one_that_somebody_drew():
    drawn = [line((0, 0), (50, 0)), line((0, 2), (50, 2)), line((0, 40), (50, 40))]
    assert fuse_shapes(drawn, [1, 1, 1]) in drawn[:2]
