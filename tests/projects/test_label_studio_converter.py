"""What Label Studio's own converter makes of our files. It asks for other versions of numpy and OpenCV than Tandem has,
so it is installed into an environment of its own, which takes a minute and half a gigabyte.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.projects.exporting import BOX, SPANS, TEXT, exported, gallery, reports, unpacked

__all__ = ["gallery", "reports"]  # fixtures
pytestmark = [pytest.mark.django_db, pytest.mark.torture]

CONVERTER = "label-studio-sdk==2.1.2"
INTERFACE = """<View><Labels name="label" toName="text"><Label value="Person"/><Label value="Place"/></Labels>
<Text name="text" value="$text"/></View>"""

Convert = Callable[..., Path]


@pytest.fixture(scope="module")
def convert(tmp_path_factory) -> Convert:
    """The converter: `convert(tasks, interface, format)` gives the folder of what it wrote."""
    at = tmp_path_factory.mktemp("converter")
    subprocess.run([sys.executable, "-m", "venv", at / "own"], check=True)
    subprocess.run([at / "own/bin/python", "-m", "pip", "install", "--quiet", CONVERTER], check=True)

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
