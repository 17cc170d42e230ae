"""What real files get wrong, format by format: each fault has a name and a place, and what is good goes in."""

import io
import json
import warnings
import zipfile
from typing import Any

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet
from pycocotools import mask as coco

from projects.data.connectors import upload
from projects.data.importing import Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS, recognise
from projects.errors import Refused
from tests.support.projects.files import Held, answers, faults, lost, read, rows
from tests.support.projects.importing import lines, picture

TEXT = "Ada met Bob in Rome."
IMAGE = {"id": 1, "file_name": "a.png", "width": 30, "height": 20}


def coco_set(*annotations: dict[str, Any], categories: list | None = None) -> dict[str, Any]:
    numbered = [{"id": n, "image_id": 1, "category_id": 1, **one} for n, one in enumerate(annotations, start=1)]
    return {"images": [IMAGE], "annotations": numbered, "categories": categories or [{"id": 1, "name": "ship"}]}


def codes(row: Row) -> list[str]:
    return [code for _, code in lost(row)]


def test_coco_that_refers_to_nothing_and_masks_of_another_size() -> None:
    other = coco.encode(np.asfortranarray(np.ones((30, 20), dtype=np.uint8)))
    said = coco_set(
        {"bbox": [1, 2, 3, 4]},
        {"image_id": 99, "bbox": [1, 2, 3, 4]},
        {"image_id": "1", "bbox": [1, 2, 3, 4]},
        {"category_id": 99, "bbox": [1, 2, 3, 4]},
        {"segmentation": {"size": [30, 20], "counts": other["counts"].decode()}},
        {"segmentation": {"size": [20, 30], "counts": [5, 5]}},
    )
    items = read("coco", {"x.json": said, "a.png": picture()})
    assert faults(items) == [("x.json, annotations[1]", "no-such-image"), ("x.json, annotations[2]", "no-such-image")]
    (row,) = (item for item in items if isinstance(item, Row))
    assert lost(row) == [
        ("a.png, annotations[3]", "no-such-category"),
        ("a.png, annotations[4]", "wrong-mask-size"),
        ("a.png, annotations[5].counts", "malformed-mask"),
    ]
    assert len(answers(row)[0]["regions"]) == 1


# What is at 5 | beyond the edge | behind it | NaN, of a box; how each format says it.
AT = {
    "yolo": lambda x, w: {"data.yaml": "names: [ship]\n", "a.txt": f"0 {(x + w / 2) / 30} 0.5 {w / 30} 0.2\n"},
    "voc": lambda x, w: {
        "a.xml": "<annotation><filename>a.png</filename><object><name>ship</name><bndbox>"
        f"<xmin>{x}</xmin><ymin>5</ymin><xmax>{x + w}</xmax><ymax>9</ymax></bndbox></object></annotation>"
    },
    "cvat_xml": lambda x, w: {
        "a.xml": '<annotations><version>1.1</version><image id="0" name="a.png" width="30" height="20">'
        f'<box label="ship" xtl="{x}" ytl="5" xbr="{x + w}" ybr="9"></box></image></annotations>'
    },
    "coco": lambda x, w: {"x.json": coco_set({"bbox": [x, 5, w, 4]})},
    "labelme": lambda x, w: {
        "a.json": {
            "imagePath": "a.png",
            "shapes": [{"label": "ship", "shape_type": "rectangle", "points": [[x, 5], [x + w, 9]]}],
        }
    },
    "dota": lambda x, w: {"labelTxt/a.txt": f"{x} 5 {x + w} 5 {x + w} 9 {x} 9 ship 0\n"},
    "label_studio": lambda x, w: {
        "a.json": [
            {
                "data": {"image": "a.png"},
                "annotations": [
                    {
                        "result": [
                            {
                                "type": "rectanglelabels",
                                "value": {
                                    **{"x": x / 0.3, "y": 25, "width": w / 0.3, "height": 20},
                                    "rectanglelabels": ["ship"],
                                },
                            }
                        ]
                    }
                ],
            }
        ]
    },
    "prodigy": lambda x, w: {
        "a.jsonl": lines(
            {
                "image": "a.png",
                "answer": "accept",
                "spans": [{"type": "rect", "label": "ship", "x": x, "y": 5, "width": w, "height": 4}],
            }
        )
    },
}


@pytest.mark.parametrize("key", AT)
def test_places_beyond_the_picture_and_places_that_are_none(key: str) -> None:
    def only(x: float, w: float) -> Row:
        (row,) = rows(read(key, AT[key](x, w) | {"a.png": picture()}, columns={}))
        return row

    assert codes(only(5, 10)) == []
    over = only(-4, 10)
    assert codes(over) == ["cut-at-edge"]
    (region,) = over.said[0].answer["regions"]
    xs = region["shape"].get("x", min((at[0] for at in region["shape"].get("points", [])), default=None))
    assert xs == 0
    assert codes(only(40, 5)) == ["outside-image"]
    none = only(float("nan"), 10)
    assert codes(none) == ["not-a-number"] and none.said[0].answer == {"regions": []}


SAID = {
    "jsonl": ("a.jsonl", lines({"text": "Ä"}, {"text": "B"})),
    "csv": ("a.csv", "text\nÄ\nB\n"),
    "text": ("a.txt", "Ä\nB\n"),
    "conll": ("a.conll", "Ä B-X\nB O\n"),
    "doccano": ("a.jsonl", lines({"text": "Ä", "label": [[0, 1, "X"]]})),
    "prodigy": ("a.jsonl", lines({"text": "Ä", "answer": "accept", "spans": []})),
    "label_studio": ("a.json", json.dumps([{"data": {"text": "Ä"}, "annotations": []}])),
    "webanno": ("a.tsv", "#FORMAT=WebAnno TSV 3.3\n#T_SP=x.Ner|value\n\n\n#Text=Ä\n1-1\t0-1\tÄ\tX\t\n"),
}


@pytest.mark.parametrize("key", SAID)
def test_a_byte_order_mark_is_no_letter_and_other_encodings_have_a_name(key: str) -> None:
    name, said = SAID[key]
    said = json.dumps(json.loads(said), ensure_ascii=False) if name.endswith(".json") else said.replace("\\u00c4", "Ä")
    first = rows(read(key, {name: said.encode("utf-8-sig")}, "text_spans"))[0]
    assert first.fields["text"].startswith("Ä")
    assert told(key, {name: said.encode("latin-1")}) == ["not-utf-8"]
    wide = {name: said.encode("utf-16")}
    assert told(key, wide) == told("", wide) == ["not-utf-8"]


def told(key: str, files: dict[str, bytes]) -> list[str]:
    """What is told of these files in a format, or in the one that they look like."""
    held = Held(files)
    try:
        found = FORMATS[key] if key else recognise(held, "text_spans")
        items = list(found.read(held, Reading("text_spans")))
    except Refused as refused:
        return [refused.code]
    return [code for _, code in faults(items)] + [code for row in items if isinstance(row, Row) for code in codes(row)]


def test_relations_that_go_around_in_a_circle_are_told_and_never_followed() -> None:
    notes = "T1\tPER 0 3\tAda\nT2\tPER 8 11\tBob\nR1\tKnows Arg1:T1 Arg2:R2\nR2\tKnows Arg1:R1 Arg2:R1\nE1\tMeet:E1\n"
    (row,) = rows(read("brat", {"a.txt": TEXT, "a.ann": notes}, "text_spans"))
    assert codes(row) == ["no-place", "no-place"] and len(answers(row, "text_spans")[0]["spans"]) == 2
    span = {"id": "a", "type": "labels", "value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}}
    circle = [
        {"type": "relation", "from_id": one, "to_id": other} for one, other in (("a", "b"), ("b", "a"), ("c", "c"))
    ]
    task = {"data": {"text": TEXT}, "annotations": [{"result": [span, *circle]}]}
    (row,) = rows(read("label_studio", {"a.json": [task]}, "text_spans"))
    assert codes(row) == ["no-place"] * 3
    entity = {"id": 1, "label": "PER", "start_offset": 0, "end_offset": 3}
    relations = [{"id": 1, "from_id": 1, "to_id": 2}, {"id": 2, "from_id": 2, "to_id": 1}]
    (row,) = rows(
        read("doccano", {"a.jsonl": lines({"text": TEXT, "entities": [entity], "relations": relations})}, "text_spans")
    )
    assert codes(row) == ["no-place"]
    arcs = {"text": TEXT, "answer": "accept", "spans": [], "relations": [{"head": 1, "child": 1, "label": "x"}]}
    (row,) = rows(read("prodigy", {"a.jsonl": lines(arcs)}, "text_spans"))
    assert codes(row) == ["no-place"]


def test_ten_thousand_labels_are_as_many_labels() -> None:
    categories = [{"id": n, "name": f"label {n}"} for n in range(10_000)]
    said = coco_set(
        *({"category_id": n, "bbox": [1, 2, 3, 4 + n / 1000]} for n in range(0, 10_000, 20)), categories=categories
    )
    (row,) = rows(read("coco", {"x.json": said, "a.png": picture()}))
    assert len({one["label"] for one in answers(row)[0]["regions"]}) == 500 and not row.lost
    names = "names:\n" + "".join(f"  {n}: label {n}\n" for n in range(10_000))
    (row,) = rows(read("yolo", {"data.yaml": names, "a.txt": "9999 0.5 0.5 0.2 0.2\n", "a.png": picture()}))
    assert row.said[0].answer["regions"][0]["label"] == "label 9999"


def test_classes_of_yaml_are_the_words_that_are_written() -> None:
    words = ["yes", "0x10", "1.10", "2026-01-01", "12:30", "ship"]
    numbered = "".join(f"  {number}: {word}\n" for number, word in enumerate(words))
    for names in (f"names: [{', '.join(words)}]\n", f"names:\n{numbered}"):
        labels = "".join(f"{number} 0.5 0.5 0.{number + 1} 0.2\n" for number in range(len(words)))
        (row,) = rows(read("yolo", {"data.yaml": names, "a.txt": labels, "a.png": picture()}))
        assert [region["label"] for region in row.said[0].answer["regions"]] == words


@pytest.mark.parametrize(
    "config, place, code",
    [
        ("x: &x [ship]\nnames: *x\n", "data.yaml, line 1", "yaml-alias"),
        ("nc: 1\nnames: [!!python/name:os.system x]\n", "data.yaml, line 2", "yaml-tag"),
        ("names:\n  0: [a, b]\n", "data.yaml, names[0]", "wrong-shape"),
        ("names:\n  0: a\n  1: " + "x" * 201 + "\n", "data.yaml, names[1]", "too-long"),
        ("names: [ship]\nkpt_shape: [1, 3]\nkpt_names: {0: [[a]]}\n", "data.yaml, kpt_names[0]", "wrong-shape"),
        ("".join(" " * number + "a:\n" for number in range(20)), "data.yaml, line 8", "too-large"),
    ],
)
def test_yaml_that_could_stand_for_more_than_it_says_is_told_by_its_line(config: str, place: str, code: str) -> None:
    items = read("yolo", {"data.yaml": config, "a.txt": "0 0.5 0.5 0.2 0.2\n", "a.png": picture()}, columns={})
    assert faults(items)[0] == (place, code)
    (row,) = (item for item in items if isinstance(item, Row))
    assert row.said[0].answer["regions"][0]["label"] == "0", "classes are called by their numbers then"


def test_moments_of_a_table_are_texts_and_those_beyond_all_years_their_rows_fault() -> None:
    moments = pyarrow.array([0, 10**15, 86_400], type=pyarrow.timestamp("s"))
    table = pyarrow.table({"text": ["a", "b", "c"], "at": moments})
    out = io.BytesIO()
    parquet.write_table(table, out)
    items = read("parquet", {"t.parquet": out.getvalue()}, "text_spans")
    assert [row.fields for row in items if isinstance(row, Row)] == [
        {"text": "a", "at": "1970-01-01T00:00:00"},
        {"text": "c", "at": "1970-01-02T00:00:00"},
    ]
    assert faults(items) == [("row 2, column at", "bad-value")]


def test_a_zip_with_two_files_of_one_name_reads_the_first_and_tells_the_other() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python's own
        archive.writestr("set/a.png", picture(1))
        archive.writestr("set/a.png", picture(2))
        archive.writestr("set/a (2).png", picture(3))
    with upload.opened(io.BytesIO(out.getvalue()), "a.zip") as files:
        items = list(FORMATS["pictures"].read(files, Reading("image_regions")))
    assert [item.external_id for item in items if isinstance(item, Row)] == ["set/a.png", "set/a (2).png"]
    assert faults(items) == [("set/a (3).png", "duplicate-name")]


def test_cvat_for_videos_without_its_frames_is_told_frame_by_frame() -> None:
    box = '<box frame="{0}" outside="0" occluded="0" keyframe="1" xtl="1" ytl="1" xbr="9" ybr="9"></box>'
    track = f'<track id="0" label="ship">{box.format(0)}{box.format(1)}</track>'
    said = f"<annotations><version>1.1</version>{track}</annotations>"
    items = read("cvat_xml", {"annotations.xml": said, "images/frame_000000.png": picture()})
    assert [row.external_id for row in items if isinstance(row, Row)] == ["images/frame_000000.png"]
    assert faults(items) == [("annotations.xml, frame_000001", "no-picture")]
