"""What Label Studio's own converter makes of our files, and what we make of what its package writes. It asks for other
versions of numpy and OpenCV than Tandem has, so it is installed into an environment of its own, which takes a minute
and half a gigabyte.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from projects.inference import geometry
from tests.support.projects.exporting import BOX, SPANS, TEXT, exported, gallery, reports, unpacked
from tests.support.projects.files import answers, read, rows
from tests.support.projects.importing import picture

__all__ = ["gallery", "reports"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.torture]

CONVERTER = "label-studio-sdk==2.1.2"
DRAWN = """<View><Image name="image" value="$image"/>
<RectangleLabels name="box" toName="image"><Label value="Boat"/><Label value="Buoy"/></RectangleLabels>
<PolygonLabels name="outline" toName="image"><Label value="Boat"/></PolygonLabels>
<KeyPointLabels name="point" toName="image"><Label value="Bow"/></KeyPointLabels>
<BrushLabels name="brush" toName="image"><Label value="Sail"/></BrushLabels></View>"""
SAMPLES = """import json, sys
from label_studio_sdk.label_interface import LabelInterface
made = LabelInterface(sys.stdin.read())
print(json.dumps([
    {"id": at, "data": {"image": "one.png"},
     "annotations": [made.generate_sample_annotation()], "predictions": [made.generate_sample_prediction()]}
    for at in range(12)
], default=str))"""
BRUSHED = """import json, sys
import numpy as np
from label_studio_sdk.converter import brush
print(json.dumps(brush.mask2rle(np.array(json.load(sys.stdin), dtype=np.uint8) * 255)))"""
EXPORTED = """import sys
from label_studio_sdk.converter import Converter
interface, tasks, out, format = sys.argv[1:]
Converter(interface, None, download_resources=False).convert(tasks, out, format, is_dir=False)"""
KEPT = Path(__file__).parents[1] / "fixtures" / "label_studio"
INTERFACE = """<View><Labels name="label" toName="text"><Label value="Person"/><Label value="Place"/></Labels>
<Text name="text" value="$text"/></View>"""

Convert = Callable[..., Path]


@pytest.fixture(scope="module")
def at(tmp_path_factory) -> Path:
    """The folder in which its environment lies."""
    at = tmp_path_factory.mktemp("converter")
    subprocess.run([sys.executable, "-m", "venv", at / "own"], check=True)
    subprocess.run([at / "own/bin/python", "-m", "pip", "install", "--quiet", CONVERTER], check=True)
    return at


@pytest.fixture(scope="module")
def convert(at: Path, tmp_path_factory) -> Convert:
    """The converter: `convert(tasks, interface, format)` gives the folder of what it wrote."""

    def converted(tasks: Path, interface: Path, format: str) -> Path:
        out = Path(tmp_path_factory.mktemp(format.lower())) / "out"
        if (tasks.parent / "images").exists():
            shutil.copytree(tasks.parent / "images", out / "images")
        words = ["export", "-i", tasks, "-c", interface, "-o", out, "-f", format]
        ran = subprocess.run([at / "own/bin/label-studio-converter", *words], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr[-2000:]
        return out

    return converted


def test_boxes_outlines_and_points_become_coco(convert: Convert, gallery, tmp_path: Path) -> None:
    at = unpacked(gallery, "label_studio", tmp_path, media=True)
    made = json.loads((convert(at / "tasks.json", at / "config.xml", "COCO") / "result.json").read_text())
    assert [one["name"] for one in made["categories"][:2]] == ["Big cat", "Dog"]
    assert made["categories"][2]["keypoints"] == ["Nose", "Tail"]
    first = [(one["category_id"], *map(round, one["bbox"])) for one in made["annotations"] if one["image_id"] == 0]
    assert (0, BOX["x"], BOX["y"], BOX["width"], BOX["height"]) in first, "the cat"
    assert (1, 14, 2, 14, 10) in first, "the dog's outline"
    (points,) = (one["keypoints"] for one in made["annotations"] if "keypoints" in one and one["image_id"] == 0)
    assert points[:2] == [5, 6] and points[3:5] == [10, 9]


def test_masks_become_cocos_and_boxes_yolos(convert: Convert, gallery, tmp_path: Path) -> None:
    at = unpacked(gallery, "label_studio", tmp_path, media=True)
    brushed = convert(at / "tasks.json", at / "config.xml", "BRUSH_TO_COCO") / "result_coco.json"
    made = json.loads(brushed.read_text())
    dog = next(one["id"] for one in made["categories"] if one["name"] == "Dog")
    second = next(one["id"] for one in made["images"] if one["file_name"] == "two.jpg")
    (mask,) = (one for one in made["annotations"] if one["image_id"] == second)
    assert (mask["category_id"], mask["bbox"]) == (dog, [16, 3, 9, 7])
    lines = (convert(at / "tasks.json", at / "config.xml", "YOLO") / "labels" / "four.txt").read_text().split()
    assert [float(one) for one in lines[1:5]] == pytest.approx([7 / 30, 7 / 20, 10 / 30, 8 / 20])


def test_spans_become_columns(convert: Convert, reports, tmp_path: Path) -> None:
    tasks, interface = tmp_path / "all.json", tmp_path / "config.xml"
    tasks.write_bytes(exported(reports, "label_studio"))
    interface.write_text(INTERFACE)
    lines = (convert(tasks, interface, "CONLL2003") / "result.conll").read_text().splitlines()
    tagged = {line.split()[0]: line.split()[-1] for line in lines if line and not line.startswith("-DOCSTART-")}
    name, day = (TEXT[one["start"] : one["end"]].split() for one in (SPANS[0], SPANS[3]))
    assert [tagged[word] for word in name] == ["B-Person", "I-Person"]
    assert [tagged[word] for word in day] == ["B-Place", "I-Place", "I-Place"]
    assert tagged["paid"] == "O"


def said_by(at: Path, script: str, told: str) -> Any:
    """What a script of its environment prints."""
    ran = subprocess.run([at / "own/bin/python", "-c", script], input=told, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)


def test_what_its_importer_makes_of_coco_comes_in(at: Path, tmp_path: Path) -> None:
    """Boxes, an outline and a key point, as tasks of its own."""
    told = {"image_id": 1, "iscrowd": 0, "area": 1, "segmentation": []}
    annotations = [
        told | {"id": 1, "category_id": 1, "bbox": [2, 3, 10, 8]},
        told | {"id": 2, "category_id": 1, "bbox": [1, 12, 8, 6], "segmentation": [[1, 12, 9, 12, 9, 18]]},
        told | {"id": 3, "category_id": 2, "bbox": [5, 5, 1, 1], "keypoints": [5, 6, 2], "num_keypoints": 1},
    ]
    images = [{"id": 1, "file_name": "one.png", "width": 30, "height": 20}]
    categories = [{"id": 1, "name": "boat"}, {"id": 2, "name": "buoy"}]
    coco, tasks = tmp_path / "coco.json", tmp_path / "tasks.json"
    coco.write_text(json.dumps({"images": images, "categories": categories, "annotations": annotations}))
    subprocess.run([at / "own/bin/label-studio-converter", "import", "coco", "-i", coco, "-o", tasks], check=True)
    (row,) = rows(read("label_studio", {"tasks.json": tasks.read_bytes(), "one.png": picture()}))
    shapes = [(one["label"], one["shape"]) for one in answers(row)[0]["regions"]]
    assert [(label, shape["type"]) for label, shape in shapes] == [
        ("boat", "box"),
        ("boat", "box"),
        ("boat", "polygon"),
        ("buoy", "box"),
        ("buoy", "point"),
    ]
    assert [round(shapes[0][1][side]) for side in ("x", "y", "width", "height")] == [2, 3, 10, 8]
    assert [list(map(round, one)) for one in shapes[2][1]["points"]] == [[1, 12], [9, 12], [9, 18]]
    assert not row.lost


def test_its_brush_is_read_to_the_pixel(at: Path) -> None:
    pixels = np.zeros((20, 30), dtype=bool)
    pixels[4:9, 6:15] = pixels[12:15, 2:5] = True
    value = {
        "format": "rle",
        "rle": said_by(at, BRUSHED, json.dumps(pixels.astype(int).tolist())),
        "brushlabels": ["Sail"],
    }
    result = {"id": "b", "type": "brushlabels", "from_name": "brush", "to_name": "image", "value": value}
    sizes = {"original_width": 30, "original_height": 20, "image_rotation": 0}
    task = {"id": 1, "data": {"image": "one.png"}, "annotations": [{"id": 1, "result": [result | sizes]}]}
    (row,) = rows(read("label_studio", {"a.json": json.dumps([task]), "one.png": picture()}))
    (region,) = answers(row)[0]["regions"]
    assert region["label"] == "Sail" and (geometry.bitmap_from_mask(region["shape"]) == pixels).all()


def test_all_that_its_own_samples_say_arrives_or_is_told(at: Path) -> None:
    """Drawn by chance, so partly beyond the picture, and outlines of one corner."""
    tasks = said_by(at, SAMPLES, DRAWN)
    found = rows(read("label_studio", {"a.json": json.dumps(tasks), "one.png": picture()}))
    assert len(found) == len(tasks)
    for row, task in zip(found, tasks, strict=True):
        said = sum(len(one["result"]) for one in (*task["annotations"], *task["predictions"]))
        kept = sum(len(one["regions"]) for one in answers(row))
        assert kept and kept + len(row.lost) >= said, row.lost


@pytest.mark.parametrize("kept", sorted(KEPT.glob("*/*")), ids=lambda kept: "-".join(kept.parts[-2:]))
def test_the_exports_that_the_readers_are_tested_with_are_what_it_writes(at: Path, tmp_path: Path, kept: Path) -> None:
    kind, format = kept.parts[-2:]
    words = [KEPT / f"{kind}.xml", KEPT / f"{kind}.json", tmp_path, format]
    subprocess.run([at / "own/bin/python", "-c", EXPORTED, *words], check=True)
    written = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    expected = {path.relative_to(kept): path.read_text() for path in kept.rglob("*") if path.is_file()}
    years = re.compile(r'"year": \d+')  # of the export
    assert {name: years.sub("", text) for name, text in written.items()} == {
        name: years.sub("", text) for name, text in expected.items()
    }
