"""What comes out of image projects, read by those it is for: Datumaro, pycocotools, and by the formats' own words."""

import base64
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely
from datumaro.components.dataset import Dataset
from hypothesis import given
from hypothesis.extra import numpy as arrays
from PIL import Image
from pycocotools.coco import COCO

from projects.data import exporting
from projects.data.exporting import brush, decided, mask_pictures, shapes
from projects.errors import Refused
from projects.inference import geometry
from projects.models import Task
from tests.support.projects.exporting import bitmap, gallery, photos, picture, unpacked

__all__ = ["gallery", "photos"]  # fixtures

SPLIT = {"by": "herd", "shares": {"train": 50, "val": 30, "test": 20}}
ALL_SHAPES = {"bbox", "mask", "polygon", "polyline", "points"}
AREAS = {"bbox": 1, "mask": 1, "polygon": 1}
# Our format -> Datumaro's importer, what it reads of the first picture, and its importer where there are parts.
READERS = {
    "coco": ("coco_instances", {"bbox", "mask", "polygon"}, ""),
    "coco_keypoints": ("coco_person_keypoints", {"points", "bbox", "mask", "polygon"}, ""),
    "coco_panoptic": ("coco_panoptic", {"mask"}, ""),
    "yolo_detect": ("yolo", {"bbox"}, ""),
    "voc": ("voc", {"bbox", "mask"}, ""),
    "cvat": ("cvat", ALL_SHAPES, ""),
    "open_images": ("open_images", {"bbox", "mask"}, ""),
    "masks": ("common_semantic_segmentation", {"mask"}, "common_semantic_segmentation_with_subset_dirs"),
    "cityscapes": ("cityscapes", {"mask"}, ""),
    "dota": ("dota", {"rotated_bbox"}, ""),
    "datumaro": ("datumaro", ALL_SHAPES, ""),
    "dm_label_me": ("label_me", {"bbox", "mask", "polygon"}, ""),
    "dm_yolo": ("yolo", {"bbox"}, ""),
    "dm_datumaro_binary": ("datumaro_binary", ALL_SHAPES, ""),
    "dm_kitti_detection": ("kitti_detection", {"bbox"}, ""),
    "dm_kitti_segmentation": ("kitti_segmentation", {"mask"}, ""),
}


def read(at: Path, importer: str) -> Dataset:
    return Dataset.import_from(str(at), importer)


def stem(item) -> str:
    return item.id.rpartition("/")[2].rpartition("__")[2]


@pytest.mark.slow
@pytest.mark.parametrize("key", READERS)
def test_datumaro_reads_all_pictures_with_what_is_on_them(gallery, tmp_path, key):
    importer, kinds, _ = READERS[key]
    items = list(read(unpacked(gallery, key, tmp_path, media=True), importer))
    assert len(items) == 5 and all(item.media.data.shape == (20, 30, 3) for item in items)
    (first,) = (item for item in items if stem(item) == "one")
    assert {one.type.name for one in first.annotations} >= kinds


@pytest.mark.slow
@pytest.mark.parametrize("key", [key for key in READERS if key != "dm_kitti_detection"])
def test_datumaro_reads_the_parts_of_a_split(gallery, tmp_path, key):
    importer, _, apart = READERS[key]
    found = read(unpacked(gallery, key, tmp_path, media=True, split=SPLIT), apart or importer)
    parts = {name: len(part) for name, part in found.subsets().items() if len(part)}
    # Where the one picture without marks is a part by itself, KITTI has no mask file for it and so doesn't know it.
    least = 4 if key == "dm_kitti_segmentation" else 5
    assert least <= sum(parts.values()) <= 5 and set(parts) <= {"train", "val", "test", "validation"}


def test_datumaro_reads_the_shapes_where_they_are(gallery, tmp_path):
    for key in ("datumaro", "cvat"):
        items = {item.id: item for item in read(unpacked(gallery, key, tmp_path, media=True), key)}
        found = {one.type.name: one for one in items["one"].annotations if one.type.name != "points"}
        assert found["bbox"].get_bbox() == [2, 3, 10, 8]
        assert found["polygon"].points == [14, 2, 28, 2, 28, 12.5, 14, 12.5]
        assert (np.asarray(found["mask"].image, dtype=bool) == bitmap(16, 25)).all()
        assert found["polyline"].points == [1, 18, 12, 16, 20, 19]
        said = {name: found["bbox"].attributes[name] for name in ("difficult", "pose")}
        assert said == {"difficult": True, "pose": "lying"}


@pytest.mark.parametrize("masks", ["rle", "polygons"])
def test_masks_go_to_coco_as_they_are_wanted(gallery, tmp_path, masks):
    at = unpacked(gallery, "coco", tmp_path, media=True, masks=masks)
    loaded = COCO(str(at / "annotations/instances_default.json"))
    (mask,) = (one for one in loaded.loadAnns(loaded.getAnnIds(imgIds=[2])) if one["category_id"] == 2)
    assert isinstance(mask["segmentation"], list) == (masks == "polygons")
    drawn = loaded.annToMask(mask).astype(bool)
    assert geometry.bitmap_iou(drawn, bitmap(16, 25)) > (0.9 if masks == "polygons" else 0.999)
    assert (at / "images/default" / loaded.loadImgs([2])[0]["file_name"]).exists()


def test_key_points_belong_to_the_smallest_object_around_them(gallery, tmp_path):
    at = unpacked(gallery, "coco_keypoints", tmp_path, media=True)
    loaded = COCO(str(at / "annotations/person_keypoints_default.json"))
    assert loaded.loadCats([1])[0]["keypoints"] == ["Nose", "Tail"]
    held = {one["category_id"]: one for one in loaded.loadAnns(loaded.getAnnIds(imgIds=[1])) if one["num_keypoints"]}
    assert held[1]["keypoints"] == [5, 6, 2, 10, 9, 1] and held[1]["bbox"] == [2, 3, 10, 8] and len(held) == 1
    (alone,) = (one for one in loaded.loadAnns(loaded.getAnnIds(imgIds=[5])) if one["category_id"] == 3)
    assert alone["keypoints"] == [5, 6, 2, 0, 0, 0], "around this nose there is nothing"


def test_segments_of_a_panoptic_picture_are_numbered_by_colour(gallery, tmp_path):
    at = unpacked(gallery, "coco_panoptic", tmp_path)
    said = json.loads((at / "annotations/panoptic_default.json").read_text())
    first = said["annotations"][0]
    colours = np.asarray(Image.open(at / "annotations/panoptic_default" / first["file_name"]), dtype=int)
    numbers = colours[:, :, 0] + 256 * colours[:, :, 1] + 65536 * colours[:, :, 2]
    for segment in first["segments_info"]:
        assert (numbers == segment["id"]).sum() == segment["area"] > 0
    assert [segment["category_id"] for segment in first["segments_info"]] == [1, 2, 2]


def test_yolo_says_shares_of_the_picture_by_class(gallery, tmp_path):
    at = unpacked(gallery, "yolo_detect", tmp_path)
    lines = (at / "labels/train/one.txt").read_text().splitlines()
    assert lines[0] == "0 0.233333 0.350000 0.333333 0.400000" and len(lines) == 3
    assert (at / "labels/train/one-" / "x").parent.name == "one-"
    assert '  0: "Big cat"' in (at / "data.yaml").read_text()
    turned = (unpacked(gallery, "yolo_obb", tmp_path) / "labels/train/one.txt").read_text().splitlines()
    assert len(turned[0].split()) == 9
    outlines = (unpacked(gallery, "yolo_segment", tmp_path) / "labels/train/one.txt").read_text().splitlines()
    assert {len(line.split()) for line in outlines} >= {9} and all(len(line.split()) % 2 for line in outlines)
    empty = [path for path in (at / "labels/train").iterdir() if not path.read_text()]
    assert len(empty) == 1, "a picture with nothing on it has its file, too"


def test_cityscapes_numbers_instances_of_each_class(gallery, tmp_path):
    at = unpacked(gallery, "cityscapes", tmp_path) / "gtFine/train/all"
    instances = np.asarray(Image.open(at / "one_gtFine_instanceIds.png"))
    assert set(np.unique(instances)) == {0, 1000, 2000, 2001}
    classes = np.asarray(Image.open(at / "one_gtFine_labelIds.png"))
    assert ((instances // 1000) == classes).all()


def test_cityscapes_says_the_class_itself_where_instances_have_no_numbers_left():
    box = {"type": "box", "y": 0, "width": 1, "height": 4}
    regions = [{"label": str(at), "shape": box | {"x": at}} for at in (62, 63, 64, 65, 66)]
    one: Any = SimpleNamespace(payload={"height": 4, "width": 80}, answer={"regions": regions})
    source: Any = SimpleNamespace(classes={str(at): SimpleNamespace(number=at) for at in range(70)})
    classes, instances = mask_pictures.drawn(source, one)
    assert list(instances[1, 62:67]) == [63000, 64000, 65, 66, 67] and list(classes[1, 62:67]) == [63, 64, 65, 66, 67]


@pytest.mark.parametrize("masks", ["polygons", "png"])
def test_labelme_has_a_file_for_each_picture(gallery, tmp_path, masks):
    at = unpacked(gallery, "labelme", tmp_path, media=True, masks=masks)
    said = json.loads((at / "one.json").read_text())
    assert (at / said["imagePath"]).read_bytes() == picture(0) and said["imageData"] is None
    kinds = [shape["shape_type"] for shape in said["shapes"]]
    drawn = "mask" if masks == "png" else "polygon"
    assert kinds == ["linestrip", "rectangle", "point", "point", "polygon", drawn]
    assert said["shapes"][1]["points"] == [[2, 3], [12, 11]] and said["shapes"][1]["flags"] == {"difficult": True}
    if masks == "png":
        cut = np.asarray(Image.open(io.BytesIO(base64.b64decode(said["shapes"][5]["mask"])))) > 0
        assert (cut == bitmap(16, 25)[3:10, 16:25]).all()


def test_voc_counts_from_one(gallery, tmp_path):
    at = unpacked(gallery, "voc", tmp_path)
    root = ElementTree.parse(at / "Annotations/one.xml").getroot()
    box = {side.tag: side.text for side in root.find("object/bndbox")}
    assert box == {"xmin": "3", "ymin": "4", "xmax": "12", "ymax": "11"}
    assert root.findtext("object/name") == "Big cat" and root.findtext("source/annotation") == "zoo/one.png"


def test_names_that_xml_cannot_say_do_no_harm(gallery, tmp_path):
    task = Task.objects.order_by("pk")[0]
    Task.objects.filter(pk=task.pk).update(external_id="a\x0b<b>&\ufffe", payload=task.payload | {"name": "x\x01].png"})
    for key in ("voc", "cvat"):
        at = unpacked(gallery, key, tmp_path)
        for path in at.rglob("*.xml"):
            ElementTree.parse(path)


@given(arrays.arrays(bool, (12, 15)))
def test_the_box_that_is_turned_is_the_smallest_around_all_pixels(drawn):
    corners = shapes.four_corners(geometry.mask_from_bitmap(drawn))
    if not drawn.any():
        assert corners == []
        return
    around, pixels = (
        shapely.Polygon(corners),
        shapely.box(*np.nonzero(drawn)[::-1], *np.add(np.nonzero(drawn)[::-1], 1)),
    )
    assert around.buffer(1e-9).covers(shapely.union_all(pixels))
    assert around.area <= shapely.oriented_envelope(shapely.union_all(pixels)).area + 1e-9


@pytest.mark.parametrize(
    "drawn",
    [
        np.arange(600).reshape(20, 30) % 2 > 0,
        np.arange(600).astype(np.uint8).reshape(20, 30),
        np.arange(600, dtype=np.uint16).reshape(20, 30) * 100,
        np.arange(600, dtype=np.uint16).reshape(30, 20).T,
        np.arange(1800).astype(np.uint8).reshape(20, 30, 3),
    ],
    ids=["bits", "bytes", "numbers", "turned", "colours"],
)
def test_pictures_that_are_written_here_are_those_that_others_read(drawn):
    read_again = np.asarray(Image.open(io.BytesIO(shapes.png(drawn))))
    assert (read_again == (drawn * np.uint8(255) if drawn.dtype == bool else drawn)).all()
    if drawn.dtype == np.uint8 and drawn.ndim == 2:
        coloured = Image.open(io.BytesIO(shapes.png(drawn % 3, [(0, 0, 0), (1, 2, 3), (4, 5, 6)])))
        assert (np.asarray(coloured) == drawn % 3).all() and coloured.convert("RGB").getpixel((1, 0)) == (1, 2, 3)


def test_a_picture_without_pixels_is_none():
    with pytest.raises(ValueError, match="a pixel"):
        shapes.png(np.zeros((5, 0), dtype=np.uint8))


def decoded(data: list[int], height: int, width: int) -> np.ndarray:
    """A mask of Label Studio's, read as its documented format says."""
    bits = "".join(f"{one:08b}" for one in data)
    at = 0

    def take(number: int) -> int:
        nonlocal at
        at += number
        return int(bits[at - number : at], 2)

    count, word = take(32), take(5) + 1
    widths = [take(4) + 1 for _ in range(4)]
    found: list[int] = []
    while len(found) < count:
        run = take(1)
        length = take(widths[take(2)]) + 1
        found += [take(word)] * length if run else [take(word) for _ in range(length)]
    return np.array(found).reshape(height, width, 4)[:, :, 3] > 0


@pytest.mark.parametrize("seed", range(5))
def test_brush_of_label_studio_is_the_mask_again(seed):
    drawn = np.random.default_rng(seed).random((17, 23)) < (0.5 if seed else 0)
    assert (decoded(brush.encode(drawn), 17, 23) == drawn).all()
    large = np.zeros((300, 400), dtype=bool)
    large[100:, :] = True
    assert (decoded(brush.encode(large), 300, 400) == large).all()


def test_label_studio_has_tasks_with_what_was_decided(gallery, tmp_path):
    at = unpacked(gallery, "label_studio", tmp_path, media=True)
    tasks = json.loads((at / "tasks.json").read_text())
    first = tasks[0]
    assert (at / first["data"]["image"]).read_bytes() == picture(0) and first["data"]["external_id"] == "zoo/one.png"
    results = first["annotations"][0]["result"]
    kinds = ["polygonlabels", "rectanglelabels", "keypointlabels", "keypointlabels", "polygonlabels", "brushlabels"]
    assert [one["type"] for one in results] == kinds
    box, mask = results[1]["value"], results[5]["value"]
    assert box["rectanglelabels"] == ["Big cat"] and (box["x"], box["y"]) == (pytest.approx(100 / 15), 15)
    assert (decoded(mask["rle"], 20, 30) == bitmap(16, 25)).all()
    assert {one["from_name"] for one in results} <= {
        one.get("name") for one in ElementTree.parse(at / "config.xml").getroot()
    }


def test_retired_labels_keep_their_class(photos, tmp_path):
    at = unpacked(photos, "yolo_detect", tmp_path)
    assert '  1: "Dog"' in (at / "data.yaml").read_text()
    assert (at / "labels/train/one.txt").read_text().startswith("1 ")


def test_labels_go_out_under_other_names_together_or_not_at_all(gallery, tmp_path):
    at = unpacked(gallery, "yolo_detect", tmp_path, label_map={"cat": "animal", "dog": "animal"})
    assert '  0: "animal"\n  1: "Nose"' in (at / "data.yaml").read_text()
    assert {line[0] for line in (at / "labels/train/one.txt").read_text().splitlines()} == {"0"}
    without = unpacked(gallery, "coco", tmp_path / "..", media=True, label_map={"dog": None})
    said = json.loads((without / "annotations/instances_default.json").read_text())
    assert [one["name"] for one in said["categories"]] == ["Big cat", "Nose", "Tail"]
    assert {one["category_id"] for one in said["annotations"]} == {1, 2, 3}


def test_a_picture_that_is_gone_is_named(gallery, tmp_path):
    task = Task.objects.select_related("asset").order_by("pk")[2]
    task.asset.file.delete(save=False)
    with pytest.raises(Refused) as refused:
        unpacked(gallery, "coco", tmp_path, media=True)
    assert (refused.value.code, refused.value.place) == ("media-gone", task.external_id)


def test_a_picture_that_goes_while_its_task_is_read_is_named_too(gallery, tmp_path, monkeypatch):
    task, read = Task.objects.order_by("pk")[2], decided._assets
    monkeypatch.setattr(
        decided, "_assets", lambda chunk: {key: one for key, one in read(chunk).items() if key != task.asset_id}
    )
    with pytest.raises(Refused) as refused:
        unpacked(gallery, "coco", tmp_path, media=True)
    assert (refused.value.code, refused.value.place) == ("media-gone", task.external_id)


def test_what_datumaro_holds_in_memory_is_bounded(gallery, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting.datumaro_others, "MOST", 4)
    with pytest.raises(Refused) as refused:
        unpacked(gallery, "dm_kitti_detection", tmp_path, media=True)
    assert refused.value.code == "export-too-large"


@pytest.mark.parametrize("key", [one.key for one in exporting.FORMATS.values() if "image_regions" in one.task_types])
def test_every_format_without_pictures_is_written_too(gallery, tmp_path, key):
    data = b"".join(exporting.export(gallery, key))
    assert len(data) > 100
