"""Polygons, lines, points and numbers of several people become one, wherever each put their corners."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.inference.curves import fuse_lines, fuse_polygons
from projects.inference.pieces import common_attributes
from projects.inference.regions import fuse_shapes
from projects.inference.vector_shapes import polygon_likeness
from tests.support.projects.parts import images_merged, labels_of


def ring(corners: int, wobble: float, seed: int, centre=(100.0, 80.0), radius: float = 40.0) -> list[list[float]]:
    """A round thing, drawn with so many corners by a hand that wobbles."""
    random = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False) + random.uniform(0, 0.2)
    reach = radius + random.normal(0, wobble, corners)
    return np.column_stack([centre[0] + reach * np.cos(angles), centre[1] + reach * np.sin(angles)]).tolist()


def polygon(points) -> dict:
    return {"type": "polygon", "points": points}


def iou(a, b) -> float:
    return float(polygon_likeness([polygon(a)], [polygon(b)])[0, 0])


TRUE = ring(200, 0, 0)


def test_polygons_with_other_corners_become_a_better_one():
    # People draw around a thing rather than through it.
    drawn = [ring(14 + seed, 3.0, seed, radius=42.5) for seed in range(6)]
    fused = fuse_shapes([polygon(points) for points in drawn], [1] * 6)
    assert iou(fused["points"], TRUE) > max(iou(points, TRUE) for points in drawn)
    assert shapely.Polygon(fused["points"]).is_valid


def test_one_wild_polygon_moves_little_and_trust_moves_more():
    drawn = [ring(20, 1.0, seed) for seed in range(3)]
    wild = ring(20, 1.0, 9, radius=90.0)
    shapes = [polygon(points) for points in (*drawn, wild)]
    assert iou(fuse_shapes(shapes, [1] * 4)["points"], TRUE) > 0.93
    assert iou(fuse_shapes(shapes, [0.01, 0.01, 0.01, 10])["points"], wild) > 0.8


@given(st.permutations(range(4)), st.integers(0, 50))
@settings(max_examples=15, deadline=None)
def test_who_drew_first_is_nothing(order, seed):
    shapes = [polygon(ring(12, 4.0, seed + n)) for n in range(4)]
    assert fuse_shapes([shapes[n] for n in order], [1] * 4) == fuse_shapes(shapes, [1] * 4)


def test_polygons_without_a_common_place_give_one_that_somebody_drew():
    apart = [[[0, 0], [4, 0], [4, 4]], [[50, 50], [54, 50], [54, 54]]]
    assert fuse_polygons(apart, np.eye(2), [1, 1]) is None
    assert fuse_shapes([polygon(points) for points in apart], [1, 1])["points"] in apart
    assert fuse_polygons([[[1, 1], [1, 1], [1, 1]]], np.ones((1, 1)), [1]) is None


def test_lines_drawn_either_way_with_other_corners_meet_in_the_middle():
    low, high = [[0, 0], [100, 0]], [[100, 4], [60, 4], [0, 4]]
    wild = [[0, 60], [100, 60]]
    fused = np.array(fuse_lines([low, high, [[0, 2], [100, 2]], wild], 2, [1, 1, 1, 1]))
    assert np.abs(fused[:, 1] - 2).max() < 2
    assert fused[0, 0] < 2 and fused[-1, 0] > 98
    told = fuse_shapes([{"type": "polyline", "points": points} for points in (low, high)], [1, 1])
    assert told["type"] == "polyline" and np.abs(np.array(told["points"])[:, 1] - 2).max() < 0.1


def region(shape: dict, label: str = "road", **attributes) -> dict:
    return {"id": "r", "label": label, "shape": shape, "attributes": attributes}


def test_polygons_and_points_are_matched_exist_and_are_merged_over_taskers():
    images = []
    for n in range(12):
        here = [region(polygon(ring(15, 1.5, 3 * n + who)), count=4 + who) for who in range(3)]
        eye = [region({"type": "point", "x": 10 + who, "y": 10, "visible": True}, "eye") for who in range(3)]
        answers = {name: {"regions": [here[who], eye[who]]} for who, name in enumerate(("ann", "ben", "cho"))}
        ghost = region(polygon(ring(12, 0.5, n, centre=(300.0, 300.0))))
        answers["ghostly"] = {"regions": [here[0], ghost] if n % 2 else [here[0]]}
        images.append(answers)
    for found in images_merged(images):
        assert labels_of(found) == ["eye", "road"]
        shapes = {region["label"]: region["shape"] for region in found.answer["regions"]}
        assert iou(shapes["road"]["points"], TRUE) > 0.9
        assert shapes["eye"]["x"] == pytest.approx(11, abs=0.1)


def test_number_fields_are_robust_means_and_others_are_not():
    def of(*values):
        return common_attributes([{"attributes": {"height": value}} for value in values])["height"]

    assert of(10.0, 10.5, 11.0, 900.0) == pytest.approx(10.5, abs=0.5)
    assert of(4, 5, 6) == 5 and isinstance(of(4, 5, 6), int)
    assert of(7, 7, 900) == 7
    assert of(True, True, False) is True
    assert of("red", "blue", "red") == "red"
