"""Shapes as numbers: what goes in comes out, damaged codes are refused, overlap is measured right."""

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco

from projects.inference import geometry
from projects.inference.geometry import BadShape

bitmaps = arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40))
boxes = st.lists(st.tuples(*[st.integers(0, 30)] * 4), min_size=0, max_size=6)


def square(height: int, width: int, x: int, y: int, side: int) -> np.ndarray:
    bitmap = np.zeros((height, width), dtype=bool)
    bitmap[y : y + side, x : x + side] = True
    return bitmap


@given(bitmaps)
def test_bitmap_survives_the_way_through_rle(bitmap):
    shape = geometry.mask_from_bitmap(bitmap)
    geometry.check_rle(shape)
    assert (geometry.bitmap_from_mask(shape) == bitmap).all()
    assert geometry.mask_area(shape) == bitmap.sum()


@given(bitmaps)
def test_our_run_reader_agrees_with_the_pixels(bitmap):
    runs = geometry.rle_runs(geometry.mask_from_bitmap(bitmap)["counts"])
    values = np.repeat(np.arange(runs.size) % 2, runs).astype(bool)
    assert (values.reshape(bitmap.shape, order="F") == bitmap).all()


@pytest.mark.parametrize(
    "damage",
    [
        {"counts": ""},
        {"counts": "~~~"},
        {"counts": "é5"},
        {"counts": None},
        {"counts": "ooooooooooooooooo0"},
        {"counts": "P"},
        {"size": [0, 4]},
        {"size": [4]},
        {"size": "44"},
        {"size": [4.0, 4]},
        {"size": [5, 4]},
        {"size": [10**6, 10**6]},
    ],
)
def test_tampered_mask_is_refused(damage):
    shape = {**geometry.mask_from_bitmap(square(4, 4, 1, 1, 2)), **damage}
    with pytest.raises(BadShape):
        geometry.check_rle(shape)


@given(st.text(st.characters(min_codepoint=48, max_codepoint=111), max_size=12))
def test_random_code_is_refused_or_decodes_to_its_size(counts):
    shape = {"type": "mask", "size": [6, 6], "counts": counts}
    try:
        geometry.check_rle(shape)
    except BadShape:
        return
    assert geometry.bitmap_from_mask(shape).shape == (6, 6)


@given(bitmaps, st.randoms())
def test_mask_iou_equals_counting_pixels(bitmap, random):
    other = np.roll(bitmap, random.randint(0, 3), axis=0)
    union = (bitmap | other).sum()
    expected = (bitmap & other).sum() / union if union else 0.0
    found = geometry.mask_ious([geometry.mask_from_bitmap(bitmap)], [geometry.mask_from_bitmap(other)])
    assert found[0, 0] == pytest.approx(expected)


def test_masks_of_different_images_have_nothing_in_common():
    small = geometry.mask_from_bitmap(square(4, 4, 0, 0, 4))
    large = geometry.mask_from_bitmap(square(8, 8, 0, 0, 4))
    assert geometry.mask_ious([small, large], [large]).tolist() == [[0.0], [1.0]]


@given(boxes, boxes)
def test_box_iou_equals_the_reference(first, second):
    ours = geometry.box_ious(first, second)
    assert ours.shape == (len(first), len(second))
    if first and second:
        reference = coco.iou(np.array(first, float), np.array(second, float), [0] * len(second))
        assert ours == pytest.approx(np.nan_to_num(reference))


def test_polygon_and_back():
    shape = geometry.mask_from_polygon([[2, 2], [8, 2], [8, 6], [2, 6]], 10, 12)
    assert geometry.mask_area(shape) == 24
    assert geometry.mask_box(shape) == [2, 2, 6, 4]
    [ring] = geometry.polygons_from_bitmap(geometry.bitmap_from_mask(shape), tolerance=0)
    again = geometry.mask_from_polygon(ring, 10, 12)
    assert geometry.mask_ious([shape], [again])[0, 0] == 1.0
    with pytest.raises(BadShape):
        geometry.mask_from_polygon([[0, 0], [1, 1]], 4, 4)


def parts_of(bitmap: np.ndarray) -> list[shapely.Polygon]:
    """What hangs together by its sides, each part without its holes, as shapely makes it of single pixels."""
    rows, columns = np.nonzero(bitmap)
    whole = shapely.union_all(shapely.box(columns, rows, columns + 1, rows + 1))
    return [shapely.Polygon(part.exterior) for part in shapely.get_parts(whole) if not part.is_empty]


@given(arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)))
@example(np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]], dtype=bool))  # holes that touch the outside
def test_rings_are_what_the_pixels_make_together_and_none_meets_itself(bitmap):
    rings = [shapely.Polygon(ring) for ring in geometry.polygons_from_bitmap(bitmap, tolerance=0)]
    assert all(ring.is_valid for ring in rings)
    wanted, found = (
        sorted(shapely.normalize(one.simplify(0)).wkt for one in some) for some in (parts_of(bitmap), rings)
    )
    assert found == wanted


def test_empty_bitmap_has_no_outline():
    assert geometry.polygons_from_bitmap(np.zeros((3, 3), dtype=bool)) == []
    assert geometry.mask_box(geometry.mask_from_bitmap(np.zeros((3, 3)))) == [0, 0, 0, 0]


def test_boundary_f_forgives_the_tolerance_and_no_more():
    here, near, far = square(40, 40, 5, 5, 20), square(40, 40, 6, 5, 20), square(40, 40, 15, 15, 20)
    empty = np.zeros((40, 40), dtype=bool)
    assert geometry.boundary_f(here, near, 2) == 1.0
    assert geometry.boundary_f(here, near, 0.5) < 1.0
    assert geometry.boundary_f(here, far) < 0.5
    assert geometry.boundary_f(here, empty) == 0.0
    assert geometry.boundary_f(empty, empty) == 1.0
    assert geometry.bitmap_iou(empty, empty) == 1.0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=8))
def test_span_overlaps_equal_brute_force(raw):
    spans = np.array([(s, s + n) for s, n in raw], dtype=np.int64).reshape(-1, 2)
    found = geometry.span_overlaps(spans, spans).toarray()
    for i, (a, b) in enumerate(spans):
        for j, (c, d) in enumerate(spans):
            common = max(0, min(b, d) - max(a, c))
            assert found[i, j] == pytest.approx(common / (max(b, d) - min(a, c)))


def test_match_takes_the_best_total_not_the_best_first():
    table = np.array([[0.9, 0.8], [0.8, 0.1]])
    assert geometry.match(table, 0.05) == [(0, 1), (1, 0)]
    assert geometry.match(table, 0.85) == [(0, 0)]
    assert geometry.match(np.zeros((2, 3)), 0.0) == []
    assert geometry.match(np.zeros((0, 3)), 0.5) == []


@given(arrays.arrays(float, (5, 4), elements=st.floats(0, 1)), st.floats(0, 1))
def test_match_is_one_to_one_and_above_threshold(table, threshold):
    pairs = geometry.match(table, threshold)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(table[i, j] >= threshold for i, j in pairs)
