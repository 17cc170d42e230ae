"""What Datumaro's writers write comes in: through our own readers where there is one, through Datumaro's else."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from projects.data.connectors.files import Folder
from projects.data.importing import Fault, Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import recognise
from projects.data.reading.readers import through_datumaro
from projects.data.reading.recognise import by_key
from projects.errors import Refused
from tests.support.projects.datumaro_sets import written
from tests.support.projects.files import Held, answers, faults, in_sandbox, lost
from tests.support.projects.importing import picture

WRITTEN = [
    # the writer, what is in the picture, the format it is taken for, what comes out of it
    ("coco_instances", ("box", "polygon"), "coco", ["box", "polygon"]),
    ("coco_panoptic", ("mask",), "coco", ["mask"]),
    ("yolo", ("box",), "yolo", ["box"]),
    ("yolo_ultralytics", ("box",), "yolo", ["box"]),
    ("voc_detection", ("box",), "voc", ["box"]),
    ("voc", ("box", "mask"), "datumaro_voc", ["box", "mask"]),
    ("cvat", ("box", "polygon", "mask", "turned"), "cvat_xml", ["box", "polygon", "mask", "polygon"]),
    ("label_me", ("box", "polygon", "mask"), "datumaro_label_me", ["box", "polygon", "mask"]),
    ("open_images", ("box",), "datumaro_open_images", ["box"]),
    ("cityscapes", ("mask",), "cityscapes", ["mask"]),
    ("dota", ("turned",), "dota", ["polygon"]),
    ("datumaro", ("box", "polygon", "mask", "ellipse"), "datumaro", ["box", "polygon", "mask", "polygon"]),
    ("datumaro_binary", ("box", "polygon", "mask"), "datumaro_binary", ["box", "polygon", "mask"]),
    ("kitti_detection", ("box",), "datumaro_kitti_detection", ["box"]),
    ("camvid", ("mask",), "datumaro_camvid", ["mask"]),
    ("wider_face", ("box",), "datumaro_wider_face", ["box"]),
    ("segment_anything", ("mask",), "datumaro_segment_anything", ["mask"]),
]

OPTIONS = {"yolo_ultralytics": {"subsets": ("train", "val")}}


def items_of(files, key: str, task_type: str = "image_regions", skip: int = 0) -> list[Row | Fault]:
    return list(in_sandbox(files, key, task_type, skip=skip))


@pytest.mark.parametrize("writer, parts, key, shapes", WRITTEN, ids=[one[0] for one in WRITTEN])
def test_regions_come_in_as_they_went_out(tmp_path, writer, parts, key, shapes):
    files = Folder(written(tmp_path, writer, *parts, **OPTIONS.get(writer, {})))
    if key != "datumaro_segment_anything":  # what it has is what COCO has: it is read when it is chosen
        assert recognise(files, "image_regions").key == key
    rows = [item for item in items_of(files, key) if isinstance(item, Row)]
    one = next(row for row in rows if "one" in str(row.external_id))
    found = answers(one)[0]["regions"]
    assert sorted(region["shape"]["type"] for region in found) == sorted(shapes)
    if "box" in parts:
        box = next(region["shape"] for region in found if region["shape"]["type"] == "box")
        for side, wished in {"x": 2, "y": 3, "width": 10, "height": 8}.items():
            assert box[side] == pytest.approx(wished, abs=1)
    if "segment" not in writer:
        assert {region["label"] for region in found} <= {"ship", "buoy"}
    assert [row for row in rows if "two" in str(row.external_id)] or writer in ("segment_anything", "open_images")


ALL = ("box", "polygon", "mask", "line", "points", "class")
TOLD = [
    # the writer, what is in the picture, how many regions come out of it, and what is told of the rest
    ("coco_captions", ("caption",), 0, ["no-place"]),
    ("coco_stuff", ("mask",), 1, []),
    ("voc_segmentation", ("mask",), 1, []),
    ("voc", ("said",), 1, []),
    ("cvat", (*ALL, "turned", "said"), 8, ["no-place"]),
    ("label_me", ("box", "polygon", "mask", "said"), 4, []),
    ("open_images", ("box", "class"), 1, ["no-place"]),
    ("datumaro", (*ALL, "ellipse", "caption", "said"), 8, ["kept-as-polygon", "no-place", "no-place"]),
    ("datumaro_binary", (*ALL, "said"), 7, ["no-place"]),
    ("kitti_segmentation", ("mask",), 1, []),
    ("vgg_face2", ("box",), 1, []),
]


@pytest.mark.parametrize("writer, parts, count, told", TOLD, ids=[one[0] for one in TOLD])
def test_nothing_that_datumaro_wrote_is_dropped_without_a_word(tmp_path, writer, parts, count, told):
    files = Folder(written(tmp_path, writer, *parts))
    rows = list(recognise(files, "image_regions").read(files, Reading("image_regions")))
    assert faults(rows) == []
    (one,) = (row for row in rows if "one" in str(row.external_id))
    found = [region for said in one.said for region in said.answer["regions"]]
    assert (len(found), sorted(code for _, code in lost(one))) == (count, told)
    if "said" in parts:
        assert [region for region in found if (region.get("attributes") or {}).get("occluded") is True]


CLASSES = [
    ("voc_classification", "datumaro_voc_classification"),
    ("coco_labels", "coco"),
    ("imagenet", "class_folders"),
    ("imagenet_txt", "datumaro_imagenet_txt"),
    ("datumaro", "datumaro"),
    ("open_images", "datumaro_open_images"),
]


@pytest.mark.parametrize("writer, key", CLASSES, ids=[one[0] for one in CLASSES])
def test_classes_come_in_as_they_went_out(tmp_path, writer, key):
    files = Folder(written(tmp_path, writer, "class"))
    rows = [item for item in items_of(files, key, "classification") if isinstance(item, Row)]
    one = next(row for row in rows if "one" in str(row.external_id))
    assert one.said[0].answer["fields"][0]["value"] in ("buoy", ["buoy"])


def test_pictures_keep_the_names_that_their_files_had(tmp_path):
    rows = items_of(Folder(written(tmp_path, "datumaro", "box")), "datumaro")
    assert [row.external_id for row in rows] == ["images/train/one.png", "images/train/two.png"]
    assert [one.external_id for one in items_of(Folder(tmp_path), "datumaro", skip=1)] == ["images/train/two.png"]


def test_what_has_no_place_is_told(tmp_path):
    (one, _) = items_of(Folder(written(tmp_path, "datumaro", "class", "ellipse")), "datumaro")
    assert sorted(code for _, code in lost(one)) == ["kept-as-polygon", "no-place"]


def test_files_that_datumaro_cant_read_are_refused_by_name_and_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = '{"dm_format_version": "1.0", "categories": {"label": {"labels": [{"na'
    with pytest.raises(Refused) as refused:
        items_of(Held({"annotations/train.json": told, "images/train/one.png": picture()}), "datumaro")
    assert refused.value.code == "not-read-by-datumaro" and str(tmp_path) not in refused.value.text
    assert list(tmp_path.iterdir()) == []


def test_a_set_that_takes_too_much_memory_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(through_datumaro, "MAX_MEGABYTES", 80)
    with pytest.raises(Refused) as refused:
        items_of(Folder(written(tmp_path, "datumaro", "box")), "datumaro")
    assert refused.value.code in ("too-large", "not-read-by-datumaro", "reader-died")


def test_names_that_lead_out_of_the_folder_are_told_and_never_written(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = Held({"../evil.png": picture(), "a\\b.png": picture(), "/etc/x": "y", "a": "file", "a/b": "below it"})
    found = []
    with pytest.raises(Refused):
        for item in in_sandbox(files, "datumaro", "image_regions"):
            found.append(item)
    assert [code for _, code in faults(found)] == ["unsafe-path"] * 4
    assert not [path for path in Path(tmp_path).rglob("*") if path.is_file()]


def test_a_reading_that_is_given_up_ends_its_process(tmp_path, monkeypatch):
    started = []
    real = subprocess.Popen

    def start(*given, **more):
        started.append(real(*given, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    items = in_sandbox(Folder(written(tmp_path, "datumaro", "box")), "datumaro", "image_regions")
    next(items)
    items.close()
    assert started[0].returncode is not None


def test_nobody_loads_datumaro_to_know_the_formats():
    script = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
import projects.data.reading.formats
print(sorted({"datumaro", "cv2", "pandas", "pyarrow", "datasets"} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_format_is_found_by_its_former_name_too_whatever_the_tasks_are():
    assert by_key("datumaro_mvtec", "image_regions").key == "datumaro_mvtec_segmentation"
    assert by_key("datumaro_mvtec", "classification").key == "datumaro_mvtec_classification"
    assert by_key("zip", "image_regions").key == "pictures"
    for key, task_type in (("datumaro_mvtec", "text_spans"), ("nothing", "image_regions")):
        with pytest.raises(Refused) as refused:
            by_key(key, task_type)
        assert refused.value.code == "wrong-format"


@pytest.mark.slow
@pytest.mark.parametrize("writer, part", [("datumaro", "mask"), ("open_images", "box"), ("label_me", "polygon")])
@pytest.mark.parametrize("share", [0.2, 0.7, 0.95])
def test_what_datumaro_wrote_and_was_cut_is_refused_or_told(tmp_path, writer, part, share):
    key = "datumaro" if writer == "datumaro" else f"datumaro_{writer}"
    for path in written(tmp_path, writer, part).rglob("*.*"):
        if path.suffix in (".json", ".csv", ".xml"):
            data = path.read_bytes()
            path.write_bytes(data[: int(len(data) * share)])
    try:
        assert items_of(Folder(tmp_path), key)
    except Refused as refused:
        assert refused.code == "not-read-by-datumaro"
