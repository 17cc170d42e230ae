"""What comes out for pycocotools: images, categories and shapes, under names that lead nowhere else."""

import json

import pytest
from pycocotools.coco import COCO

from projects.data import exporting
from projects.data.exporting import coco as coco_format
from tests.support import make
from tests.support.projects.exporting import bitmap, exported, photos

__all__ = ["photos"]  # a fixture


def test_coco_loads_in_pycocotools(photos, tmp_path):
    path = tmp_path / "instances.json"
    path.write_bytes(exported(photos, "coco"))
    loaded = COCO(str(path))
    assert [image["file_name"] for image in loaded.dataset["images"]] == ["one.png", "two.png"]
    assert [category["name"] for category in loaded.loadCats(loaded.getCatIds())] == ["Big cat", "Dog"]
    dog, cat = loaded.loadAnns(loaded.getAnnIds(imgIds=[1]))
    assert (loaded.annToMask(dog) == bitmap(0, 5)).all() and (loaded.annToMask(cat) == bitmap(7, 9)).all()
    assert (dog["area"], dog["bbox"], dog["iscrowd"]) == (34, [0, 3, 5, 7], 0)
    assert loaded.loadCats([dog["category_id"]])[0]["key"] == "dog"
    assert loaded.getAnnIds(imgIds=[2]) == []


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("cats/one.png", "cats/one.png"),
        ("../../x.png", "x.png"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Temp\\..\\x.png", "Temp/x.png"),
        ("a\nb.png", "a_b.png"),
        ("..", "f" * 64),
    ],
)
def test_names_in_coco_lead_nowhere_but_down(name, written):
    assert coco_format.file_name(name, "f" * 64) == written


@pytest.mark.parametrize(
    ("shape", "area", "box"),
    [
        ({"type": "box", "x": 1, "y": 2, "width": 4, "height": 3}, 12, [1, 2, 4, 3]),
        ({"type": "polygon", "points": [[0, 0], [8, 0], [8, 6]]}, 24, [0, 0, 8, 6]),
        ({"type": "polyline", "points": [[0, 0], [8, 6]]}, 0, [0, 0, 8, 6]),
        ({"type": "point", "x": 3, "y": 4, "visible": False}, 0, [3, 4, 0, 0]),
    ],
    ids=["box", "polygon", "polyline", "point"],
)
def test_every_shape_has_its_place_in_coco(shape, area, box, tmp_path):
    measured = exporting.coco.measured(shape)
    assert (measured["area"], measured["bbox"]) == (area, box)
    path = tmp_path / "one.json"
    image = {"id": 1, "width": 10, "height": 10}
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0} | measured
    path.write_text(json.dumps({"images": [image], "categories": [{"id": 1}], "annotations": [annotation]}))
    loaded = COCO(str(path)).loadAnns([1])[0]
    if area:
        assert COCO(str(path)).annToMask(loaded).sum() == pytest.approx(area, rel=0.2)
    if shape["type"] == "point":
        assert loaded["keypoints"] == [3, 4, 1]
    if shape["type"] == "polyline":
        assert loaded["polyline"] == [0, 0, 8, 6]


def test_an_image_project_without_verdicts_is_an_empty_coco_file(cast):
    project = make.project(cast.riverside, "Pets", "image_regions")
    assert json.loads(exported(project, "coco"))["images"] == []
