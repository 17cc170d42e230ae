"""Masks, boxes and points of several people become one, and things nobody else saw are doubted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.truth import region_crowds
from projects.inference import geometry
from projects.inference.boxes import fuse_boxes, fuse_points, weighted_quantile
from projects.inference.masks import fuse_masks, fused_mask
from projects.inference.regions import edge_of, fuse_shapes
from tests.support.projects.answers import region, regions
from tests.support.projects.crowds import images
from tests.support.projects.parts import images_merged, labels_of
from tests.support.rounds import rounds

box_lists = st.lists(st.tuples(*[st.integers(0, 50), st.integers(0, 50), st.integers(1, 40), st.integers(1, 40)]),
                     min_size=1, max_size=6)  # fmt: skip


@given(box_lists, st.randoms(use_true_random=False))
def test_fusing_boxes_is_blind_to_order_and_stays_inside_the_hull(boxes, random):
    fused = fuse_boxes(boxes)
    assert fuse_boxes(random.sample(boxes, len(boxes))).box == pytest.approx(fused.box)
    x, y, width, height = fused.box
    given_boxes = np.array(boxes)
    assert (given_boxes[:, :2].min(0) - 1e-9 <= (x, y)).all()
    assert ((x + width, y + height) <= (given_boxes[:, :2] + given_boxes[:, 2:]).max(0) + 1e-9).all()
    assert width >= 0 and height >= 0


@given(box_lists)
def test_of_boxes_by_people_trusted_alike_each_edge_is_the_plain_median(boxes):
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h in boxes])
    x0, y0, x1, y1 = np.median(corners, axis=0)
    assert fuse_boxes(boxes).box == pytest.approx([x0, y0, x1 - x0, y1 - y0])
    assert fuse_boxes(boxes, [0.8] * len(boxes)).box == pytest.approx([x0, y0, x1 - x0, y1 - y0])


@given(box_lists, st.lists(st.floats(0.05, 5), min_size=6, max_size=6))
def test_more_than_half_of_the_trust_at_one_box_is_that_box_whatever_the_others_drew(boxes, trust):
    trust = trust[: len(boxes)]
    among = fuse_boxes([[7, 8, 30, 20], *boxes], [sum(trust) * 1.01, *trust]).box
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h in [(7, 8, 30, 20), *boxes]])
    assert (corners.min(0)[:2] <= np.array(among[:2]) + 1e-9).all()
    assert fuse_boxes([[7, 8, 30, 20]] * 2 + boxes, [sum(trust)] * 2 + trust).box == pytest.approx([7, 8, 30, 20])


def test_one_wild_box_does_not_drag_the_others():
    careful = [[10, 10, 20, 20], [11, 10, 20, 21], [10, 11, 21, 20], [10, 10, 20, 20]]
    fused = fuse_boxes([*careful, [0, 0, 300, 300]])
    assert fused.box == pytest.approx([10, 10, 20, 20], abs=1.5)
    assert fused.closeness[4] < 0.1 < 0.8 < min(fused.closeness[:4])


def test_how_far_an_edge_is_in_doubt_is_told_in_pixels_and_not_of_what_one_alone_drew():
    def masks(*sides: int) -> list[dict]:
        return [region(100 - side, 100 - side, 2 * side, size=240)["shape"] for side in sides]

    same, near, far = (edge_of(masks(*sides), [1.0] * 3) for sides in ((50, 50, 50), (48, 50, 52), (40, 50, 60)))
    assert same == pytest.approx(0, abs=0.1)
    assert near == pytest.approx(4 / 3, abs=0.5) and far == pytest.approx(20 / 3, abs=1.5)
    assert edge_of(masks(50), [1.0]) is None
    boxes = [{"type": "box", "x": 10 + off, "y": 10, "width": 20, "height": 20} for off in (0, 0, 4)]
    assert 0 < edge_of(boxes, [1.0] * 3) < 2


def test_lone_box_is_kept_and_not_graded_and_bad_boxes_are_named():
    assert fuse_boxes([[1, 2, 3, 4]]).box == [1, 2, 3, 4]
    assert fuse_boxes([[1, 2, 3, 4]]).closeness == [None]
    with pytest.raises(ValueError, match="no box"):
        fuse_boxes([])
    with pytest.raises(ValueError, match="finite"):
        fuse_boxes([[0, 0, -1, 2]])
    with pytest.raises(ValueError, match="finite"):
        fuse_boxes([[0, 0, np.nan, 2]])


@pytest.mark.parametrize("trust", [None, [1.0, 5.0, 0.2]])
def test_the_mask_alone_is_the_mask_with_all_that_is_told_of_it(trust):
    masks = [region(5, 5, 20)["shape"], region(8, 5, 20)["shape"], region(5, 9, 22)["shape"]]
    assert fused_mask(masks, trust) == fuse_masks(masks, trust).mask
    assert fused_mask(masks[:1]) == fuse_masks(masks[:1]).mask
    with pytest.raises(ValueError, match="no mask"):
        fused_mask([])


def test_boxes_that_do_not_meet_still_give_a_box():
    fused = fuse_boxes([[0, 0, 5, 5], [20, 20, 5, 5]])
    assert fused.box[2] >= 0 and fused.box[3] >= 0


def test_trust_moves_the_box():
    boxes = [[0, 0, 10, 10], [4, 0, 10, 10]]
    assert fuse_boxes(boxes, [9, 1]).box[0] < fuse_boxes(boxes, [1, 9]).box[0]


def test_geometric_median_shrugs_off_the_outlier_and_the_unseen():
    points = [[0, 0], [1, 0], [0, 1], [1, 1], [500, 500], [np.nan, np.nan]]
    assert fuse_points(points) == pytest.approx([0.8, 0.8], abs=0.4)
    assert fuse_points([[0, 0], [2, 0]]) == pytest.approx([1, 0])
    assert np.isnan(fuse_points([[np.nan, np.nan]])).all()


def test_weighted_quantile_is_the_median_for_equal_weights():
    assert weighted_quantile(np.array([5.0, 1.0, 3.0]), np.ones(3), 0.5) == 3.0
    assert weighted_quantile(np.array([5.0, 1.0, 3.0]), np.array([10.0, 1, 1]), 0.5) > 4.0


@given(st.lists(st.tuples(st.integers(2, 12), st.integers(2, 12), st.integers(20, 34)), min_size=1, max_size=5),
       st.randoms(use_true_random=False))  # fmt: skip
@settings(max_examples=rounds(40), deadline=None)
def test_fusing_masks_is_blind_to_order(squares, random):
    masks = [region(x, y, side)["shape"] for x, y, side in squares]
    fused = fuse_masks(masks)
    mixed = fuse_masks(random.sample(masks, len(masks)))
    assert geometry.mask_ious([fused.mask], [mixed.mask])[0, 0] > 0.99
    assert fused.vote.min() >= 0 and fused.vote.max() <= 1 + 1e-9


def test_three_careful_masks_outvote_a_wrong_one():
    masks = [region(x, 10, 25)["shape"] for x in (9, 10, 11)] + [region(35, 35, 20)["shape"]]
    fused = fuse_masks(masks)
    assert geometry.mask_ious([fused.mask], [masks[1]])[0, 0] > 0.93
    assert fused.closeness[3] < 0.05 < 0.85 < min(fused.closeness[:3])
    assert 0 < fuse_masks(masks[:3]).doubt < fused.doubt


def test_lone_empty_and_missing_masks():
    lone, empty = region(5, 5, 9)["shape"], region(0, 0, 0)["shape"]
    assert fuse_masks([lone]).mask == lone
    assert fuse_masks([lone]).closeness == [None]
    assert geometry.mask_area(fuse_masks([empty, empty]).mask) == 0
    with pytest.raises(ValueError, match="no mask"):
        fuse_masks([])
    with pytest.raises(ValueError, match="can't be fused"):
        fuse_shapes([lone, {"type": "box", "x": 0, "y": 0, "width": 1, "height": 1}], [1, 1])


def test_ghosts_do_not_exist_and_missing_by_the_careless_is_forgiven():
    for one in images_merged(images()):
        assert labels_of(one) == ["cat", "dog"]
        assert len(one.missing) == 1
        assert one.right.min() > 0.6


def test_images_without_any_region():
    [nothing] = images_merged([{"ann": regions(), "ben": regions()}])
    assert nothing.answer == {"regions": []} and not nothing.right.size
    assert images_merged([]) == []


def test_order_of_taskers_and_regions_is_nothing():
    plain = images_merged(images(3, 8))
    turned = [{who: {"regions": answer["regions"][::-1]} for who, answer in reversed(image.items())}
              for image in images(3, 8)]  # fmt: skip
    for first, second in zip(plain, images_merged(turned), strict=True):
        assert first.answer == second.answer
        assert first.right == pytest.approx(second.right, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["three people", "careful", "much missed", "much invented"])
def test_people_who_are_known_decide_no_worse_than_the_plain_vote(kind):
    """Somebody drew each thing there is: of those alone nobody can tell who invents from who sees more than others."""
    plain, _, known = region_crowds.compared(region_crowds.KINDS[kind], 0)
    assert known >= plain - 0.01
