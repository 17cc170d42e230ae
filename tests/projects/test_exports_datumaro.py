"""What Datumaro's own writers make of answers, read by Datumaro's own readers."""

import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datumaro.components.dataset import Dataset
from datumaro.components.environment import Environment
from django.conf import settings as site
from PIL import Image

from projects.data import exporting
from projects.data.exporting.datumaro_others import FORMATS
from projects.data.exporting.terms import Terms
from projects.data.importing import Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import recognise
from projects.errors import Refused
from projects.inference import geometry
from projects.models import Label
from tests.support import make
from tests.support.projects.exporting import bitmap
from tests.support.projects.files import Held
from tests.support.projects.round_trips import LABELS, decided, region, shown, stored, written

BOX = {"type": "box", "x": 2, "y": 3, "width": 10, "height": 8}
POLYGON = {"type": "polygon", "points": [[14, 2], [28, 2], [28, 12]]}
ANSWERS: list[list[dict[str, Any]]] = [
    [
        region("r0", "cat", BOX, occluded=True),
        region("r1", "dog", POLYGON, text="Halt"),
        region("r2", "dog", geometry.mask_from_bitmap(bitmap(16, 25))),
    ],
    [region("r0", "cat", geometry.mask_from_bitmap(bitmap(2, 9)))],
    [],
]
Shapes = tuple[list[tuple[str, str]], ...]  # of each picture: shape and label
EVERY: Shapes = [("box", "Cat"), ("polygon", "Dog"), ("mask", "Dog")], [("mask", "Cat")], []
BOXES: Shapes = [("box", "Cat")], [], []
MASKS: Shapes = [("mask", "Dog")], [("mask", "Cat")], []
STUFF: Shapes = [("box", "Cat"), *2 * [("mask", "Dog"), ("box", "Dog")]], [("mask", "Cat"), ("box", "Cat")], []
# The writer -> its reader, and what is in each picture then.
READ: dict[str, tuple[str, Sequence[Sequence[tuple[str, str]]]]] = {
    "label_me": ("label_me", EVERY),
    "yolo": ("yolo", BOXES),
    "kitti_detection": ("kitti_detection", BOXES),
    "kitti_segmentation": ("kitti_segmentation", MASKS),
    "wider_face": ("wider_face", BOXES),
    "mvtec": ("mvtec_segmentation", MASKS),
    "coco_stuff": ("coco_stuff", STUFF),
    "datumaro_binary": ("datumaro_binary", EVERY),
    "arrow": ("arrow", EVERY),
    "camvid": ("camvid", MASKS),
    "mots_png": ("mots", MASKS),
    "mot_seq_gt": ("mot_seq", BOXES),
    "segment_anything": ("segment_anything", (2 * [("mask", ""), ("box", "")], [("mask", ""), ("box", "")])),
    "icdar_text_localization": ("icdar_text_localization", ([("box", ""), ("polygon", "")], [], [])),
}
CLASSES = {"imagenet_txt": "imagenet_txt", "voc_classification": "voc_classification", "coco_labels": "coco_labels"}
KINDS = {"bbox": "box"}
OF_MASKS = ("segment_anything",)  # whose boxes are those around its masks
NOTHING = ("background", "good")


def laid(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def in_turn(folder: Path, reader: str) -> tuple[list[Any], Any]:
    """The items, by what their pictures are called, and the labels; a reader of parts is led to the only one."""
    found = Dataset.import_from(str(folder), reader)
    return sorted(found, key=lambda one: one.id.rpartition("/")[2].rpartition("__")[2]), found.categories()


def label_of(one: Any, categories: Any) -> str:
    labels = next((held for kind, held in categories.items() if kind.name == "label"), None)
    known = one.label is not None and labels is not None and one.label < len(labels)
    return labels[one.label].name if known else ""


@pytest.mark.parametrize("writer", READ)
def test_a_writer_of_regions_is_read_by_its_own_reader(tmp_path, settings, writer: str) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    tasks = [
        decided(at, shown(asset, f"{at}.png"), {"regions": ANSWERS[at]}, asset) for at, asset in enumerate(stored(3))
    ]
    reader, wanted = READ[writer]
    items, categories = in_turn(laid(tmp_path / "set", written(f"dm_{writer}", "image_regions", tasks)), reader)
    found = [
        Counter(
            (KINDS.get(one.type.name, one.type.name), label_of(one, categories))
            for one in item.annotations
            if one.type.name != "label" and label_of(one, categories) not in NOTHING
        )
        for item in items
    ]
    assert found == [Counter(one) for one in wanted], [item.id for item in items]
    assert all(item.media.data.shape == (20, 30, 3) for item in items)
    boxes = [one.get_bbox() for one in items[0].annotations if one.type.name == "bbox"]
    if boxes and writer not in OF_MASKS:
        assert any(np.allclose(box, [2, 3, 10, 8], atol=1) for box in boxes)
    masks = [np.asarray(one.image) > 0 for one in items[0].annotations if one.type.name == "mask"]
    assert not masks or any(geometry.bitmap_iou(mask, bitmap(16, 25)) == 1 for mask in masks)


@pytest.mark.parametrize("writer", CLASSES)
def test_a_writer_of_classes_is_read_by_its_own_reader(tmp_path, settings, writer: str) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    chosen = [("choice", "cat"), ("multiple", ["cat", "dog"]), ("tree", ["cat", "dog"])]
    tasks = [
        decided(at, shown(asset, f"{at}.png"), {"fields": [{"field": "label", "kind": kind, "value": value}]}, asset)
        for at, (asset, (kind, value)) in enumerate(zip(stored(3), chosen, strict=True))
    ]
    found = laid(tmp_path / "set", written(f"dm_{writer}", "classification", tasks))
    items, categories = in_turn(found, CLASSES[writer])
    said = [{label_of(one, categories) for one in item.annotations} for item in items]
    assert said == [{"Cat"}, {"Cat", "Dog"}, {"Dog"}]


def test_mvtec_says_of_classes_what_kind_of_fault_each_picture_shows(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    tasks = [
        decided(at, shown(asset, f"{at}.png"), {"regions": ANSWERS[at]}, asset) for at, asset in enumerate(stored(3))
    ]
    files = Held(written("dm_mvtec", "image_regions", tasks))
    found = recognise(files, "classification")
    assert found.key == "datumaro_mvtec_classification"
    rows = [row for row in found.read(files, Reading("classification")) if isinstance(row, Row)]
    said = {row.fields["name"]: row.said[0].answer["fields"][0]["value"] for row in rows}
    assert len(rows) == 3 and {str(value) for value in said.values()} == {"['Dog']", "['Cat']", "['good']"}


def test_a_label_called_good_is_a_fault_to_mvtec_all_the_same(tmp_path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    labels = [{**LABELS[0], "name": "good"}, LABELS[1]]
    tasks = [
        decided(at, shown(asset, f"{at}.png"), {"regions": ANSWERS[at]}, asset) for at, asset in enumerate(stored(3))
    ]
    files = written("dm_mvtec", "image_regions", tasks, labels)
    assert {name for name in files if name.startswith("train/")} == {
        "train/Dog/0.png",
        "train/good_/1.png",
        "train/good/2.png",
    }


def many(number: int) -> tuple[dict[str, Any], ...]:
    """So many labels."""
    return tuple(
        {**LABELS[0], "key": f"l{at}", "name": f"Label {at}", "colour": f"#{at + 1:06x}"} for at in range(number)
    )


def crowded(number: int, label: str) -> dict[str, Any]:
    """An answer of so many masks, of a pixel each; the last are over the first."""
    pixels = np.eye(600, dtype=bool).reshape(600, 20, 30)
    return {"regions": [region(f"r{at}", label, geometry.mask_from_bitmap(pixels[at % 600])) for at in range(number)]}


@pytest.mark.parametrize(("writer", "masks"), [("mots_png", 999), ("kitti_segmentation", 255)])
def test_masks_are_told_apart_to_the_last_number_and_no_further(tmp_path, writer: str, masks: int) -> None:
    labels = many(exporting.FORMATS[f"dm_{writer}"].most_labels)
    payload = {"asset": "a", "width": 30, "height": 20, "name": "0.png"}
    tasks = [decided(0, payload, crowded(masks, labels[-1]["key"]))]
    files = written(f"dm_{writer}", "image_regions", tasks, labels)
    items, categories = in_turn(laid(tmp_path / "set", files), READ[writer][0])
    found = Counter(label_of(one, categories) for one in items[0].annotations)
    assert found - Counter(NOTHING) == {"_".join(labels[-1]["name"].split()): min(masks, 600)}
    with pytest.raises(Refused) as refused:
        written(f"dm_{writer}", "image_regions", [decided(0, payload, crowded(masks + 1, labels[0]["key"]))], labels)
    assert (refused.value.code, refused.value.place) == ("too-many-regions", "0")


@pytest.mark.parametrize("key", ["dm_camvid", "voc", "masks", "cityscapes"])
def test_the_last_label_that_a_byte_holds_is_told(key: str) -> None:
    labels = many(exporting.FORMATS[key].most_labels)
    payload = {"asset": "a", "width": 30, "height": 20, "name": "0.png"}
    files = written(key, "image_regions", [decided(0, payload, crowded(1, labels[-1]["key"]))], labels)
    name = next(name for name in sorted(files) if name.endswith(".png") and "instance" not in name)
    with Image.open(io.BytesIO(files[name])) as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (0, 0, 255), name


def test_more_labels_than_a_format_tells_apart_are_refused_before_anything_is_written(cast) -> None:
    labels = [{"name": f"Label {at}", "key": f"l{at}"} for at in range(64)]
    project = make.project(cast.riverside, "Traffic", "image_regions", labels=labels)
    with pytest.raises(Refused) as refused:
        exporting.export(project, "dm_mots_png")
    assert (refused.value.code, refused.value.place) == ("too-many-labels", "format")
    terms = Terms(label_map={"l0": None})
    assert exporting.fitting(project, "dm_mots_png", terms).most_labels == 63
    Label.objects.bulk_create(Label(project=project, key=f"m{at}", name=f"More {at}", position=at) for at in range(192))
    for key in ("dm_camvid", "dm_kitti_segmentation", "voc", "masks", "cityscapes"):
        with pytest.raises(Refused) as refused:
            exporting.export(project, key)
        assert refused.value.code == "too-many-labels"


def test_every_writer_that_is_offered_has_a_round_trip() -> None:
    assert {one.key for one in FORMATS} == {f"dm_{writer}" for writer in (*READ, *CLASSES)}


def test_the_page_of_formats_says_why_the_others_are_not_offered() -> None:
    page = (Path(site.BASE_DIR) / "docs/formats.md").read_text().partition("## What Datumaro writes besides")[2]
    left_out = set(Environment().exporters) - {*READ, *CLASSES}
    assert not [name for name in sorted(left_out) if f"`{name}`" not in page]


def test_what_is_no_picture_is_refused_by_name() -> None:
    task = decided(0, {"text": "Maria went to Oslo."}, {"fields": []})
    with pytest.raises(Refused) as refused:
        written("dm_imagenet_txt", "classification", [task])
    assert (refused.value.code, refused.value.place) == ("no-pictures", "format")


def test_each_says_how_many_tasks_it_takes() -> None:
    for one in exporting.FORMATS.values():
        assert not one.most or f"At most {one.most:,} tasks." in one.note
        assert not one.most_labels or f"At most {one.most_labels} labels" in one.note
