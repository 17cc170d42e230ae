"""Any regions that Tandem writes, Tandem reads: the same ones, or what the format makes of them."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from projects.data.exporting import shapes
from projects.inference import geometry
from tests.support.projects.comes_back import (
    Makes,
    as_boxes,
    as_boxes_and_outlines,
    as_boxes_and_painted,
    as_boxes_and_points,
    as_masks,
    as_outlines,
    as_turned_boxes,
    kept,
    of_one_fault,
    painted,
    read_back,
    regions_of,
    rounded,
)
from tests.support.projects.exporting import bitmap
from tests.support.projects.round_trips import HEIGHT, NAMES, SHAPES, WIDTH, stored
from tests.support.rounds import rounds

# The format, how its masks go out, and what it makes of any regions; docs/exporting.md says what becomes of the others.
PICTURES: list[tuple[str, str, Makes]] = [
    ("jsonl", "", kept(*SHAPES)),
    ("coco", "rle", kept(*SHAPES)),
    ("coco_keypoints", "rle", kept("box", "polygon", "mask", "point")),
    ("coco_panoptic", "", painted("box", "polygon", "mask")),
    ("cvat", "rle", kept(*SHAPES)),
    ("labelme", "png", kept(*SHAPES)),
    ("datumaro", "", kept(*SHAPES)),
    ("label_studio", "rle", kept(*SHAPES)),
    ("parquet", "rle", kept(*SHAPES)),
    ("parquet", "png", kept(*SHAPES)),
    ("yolo_segment", "", as_outlines),
    ("yolo_detect", "", as_boxes),
    ("yolo_obb", "", as_turned_boxes),
    ("yolo_pose", "", as_boxes_and_points),
    ("dota", "", as_turned_boxes),
    ("open_images", "", as_masks),
    ("voc", "", as_boxes_and_painted),
    ("masks", "", painted("box", "polygon", "mask", by="label")),
    ("cityscapes", "", painted("box", "polygon", "mask")),
    ("prodigy", "", as_boxes_and_outlines),
    ("dm_label_me", "", kept("box", "polygon", "mask")),
    ("dm_yolo", "", kept("box")),
    ("dm_kitti_detection", "", kept("box")),
    ("dm_wider_face", "", kept("box")),
    ("dm_kitti_segmentation", "", painted("mask")),
    ("dm_coco_stuff", "", as_masks),
    ("dm_mvtec", "", of_one_fault),
    ("dm_camvid", "", painted("mask", by="label")),
    ("dm_mots_png", "", painted("mask")),
    ("dm_datumaro_binary", "", kept(*SHAPES)),
]
CALLED = {"cat": "Big cat", "dog": "Dog"}
OF_MASKS = ("dm_kitti_segmentation", "dm_camvid", "dm_mvtec")
TURNED = ("yolo_obb", "dota")
UNSEEN_IN = ("labelme",)  # which doesn't say whether a point is hidden

across, down = st.integers(1, WIDTH - 8), st.integers(1, HEIGHT - 8)
far = st.integers(2, 7)


@st.composite
def shape(draw: st.DrawFn, kinds: Sequence[str]) -> dict[str, Any]:
    kind, x, y, w, h = draw(st.sampled_from(sorted(kinds))), draw(across), draw(down), draw(far), draw(far)
    match kind:
        case "box":
            return {"type": kind, "x": x, "y": y, "width": w, "height": h}
        case "mask":
            return geometry.mask_from_bitmap(bitmap(x, x + w))
        case "point":
            return {"type": kind, "x": x, "y": y, "visible": draw(st.booleans())}
    third = [[x, y + h]] if draw(st.booleans()) else [[x + 1, y + h]]  # never a rectangle, which many keep as a box
    return {"type": kind, "points": [[x, y], [x + w, y], *third]}


@st.composite
def drawn(draw: st.DrawFn, kinds: Sequence[str]) -> list[dict[str, Any]]:
    shapes = draw(st.lists(st.tuples(st.sampled_from(sorted(NAMES)), shape(kinds)), max_size=4, unique_by=repr))
    return [
        {"id": f"r{at}", "label": label, "shape": one, "attributes": {}, "provenance": {"source": "human"}}
        for at, (label, one) in enumerate(shapes)
    ]


def reaches_over(region: dict[str, Any]) -> bool:
    """Whether the turned box around it does, over the edge: it is cut there when it is read, which is told."""
    corners = shapes.four_corners(region["shape"]) if region["shape"]["type"] in shapes.AREAS else []
    return any(not (0 <= x <= WIDTH and 0 <= y <= HEIGHT) for x, y in corners)


@pytest.mark.rounds
@pytest.mark.parametrize(("key", "masks", "makes"), PICTURES, ids=["-".join(one[:2]).strip("-") for one in PICTURES])
def test_any_regions_come_back_as_they_were(tmp_path, settings, key: str, masks: str, makes: Makes) -> None:
    settings.MEDIA_ROOT = tmp_path
    assets = stored(2)
    most = 3 if key.startswith("dm_") else 6  # which Datumaro writes, and that takes its time

    @examples(max_examples=rounds(most), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(first=drawn(SHAPES), second=drawn(SHAPES))
    def hold(first: list, second: list) -> None:
        drawn_over = any(one["shape"]["type"] == "mask" for one in first + second)
        assume(key not in OF_MASKS or drawn_over)  # else nothing tells what the files are
        assume(key not in TURNED or not any(reaches_over(one) for one in first + second))
        found = read_back(key, assets, (first, second), masks)
        for at, regions in enumerate((first, second)):
            hidden = key not in UNSEEN_IN
            back = [(one["label"], one["shape"]) for one in regions_of(found[at])]
            assert told(back, hidden) == told(makes(regions), hidden)

    hold()


def told(found: Sequence[tuple[str, dict[str, Any]]], hidden: bool) -> list[tuple[str, str]]:
    """What is said of a picture, by names as far as all formats take them, and to a tenth of a pixel."""
    return sorted(
        (
            CALLED.get(label, label.replace("_", " ").replace("-", " ")),
            repr(sorted((name, rounded(value)) for name, value in shape.items() if hidden or name != "visible")),
        )
        for label, shape in found
    )
