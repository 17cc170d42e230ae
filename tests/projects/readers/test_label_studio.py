"""Label Studio's JSON and CVAT's backups, built by hand as their pages describe them."""

import json

import numpy as np
import pytest
from pycocotools import mask as coco

from projects.data.importing import Row
from tests.support.projects.files import answers, faults, lost, read, rows
from tests.support.projects.importing import picture

TEXT = "Ada 👩 met Bob."


def result(kind: str, value: dict, id: str = "", name: str = "tag", **more) -> dict:
    sizes = {"original_width": 30, "original_height": 20, "image_rotation": 0}
    return (
        {"id": id or f"{kind}{len(str(value))}", "from_name": name, "to_name": "x", "type": kind, "value": value}
        | sizes
        | more
    )


def box(x: float, y: float, width: float, height: float) -> dict:
    return {"x": x, "y": y, "width": width, "height": height, "rotation": 0}


def task(*results: dict, data: dict, **more) -> dict:
    annotation = {"id": 1, "completed_by": 12, "result": list(results), "was_cancelled": False}
    return {"id": 5, "data": data, "annotations": [annotation], "predictions": [], **more}


def painted_rle(pixels: np.ndarray) -> list[int]:
    """What Label Studio's brush keeps of these pixels, all in blocks of one repeated value."""
    values = np.repeat(pixels.astype(int).ravel() * 255, 4)
    bits = f"{len(values):032b}" + f"{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 5, 9, 16))
    at = 0
    while at < len(values):
        run = next((n for n in range(at, len(values)) if values[n] != values[at]), len(values)) - at
        bits += "1" + "11" + f"{run - 1:016b}" + f"{values[at]:08b}"
        at += run
    bits += "0" * (-len(bits) % 8)
    return [int(bits[n : n + 8], 2) for n in range(0, len(bits), 8)]


def test_what_is_drawn_on_pictures_comes_from_hundredths_to_pixels():
    pixels = np.zeros((20, 30), dtype=bool)
    pixels[5:9, 4:14] = True
    told = task(
        result(
            "rectanglelabels", {"x": 10, "y": 10, "width": 50, "height": 20, "rotation": 0, "rectanglelabels": ["ship"]}
        ),
        result(
            "rectanglelabels", {"x": 50, "y": 10, "width": 10, "height": 20, "rotation": 90, "rectanglelabels": ["a"]}
        ),
        result("polygonlabels", {"points": [[10, 10], [50, 10], [50, 50]], "closed": True, "polygonlabels": ["ship"]}),
        result("brushlabels", {"format": "rle", "rle": painted_rle(pixels), "brushlabels": ["sea"]}),
        result("keypointlabels", {"x": 50, "y": 50, "width": 1, "keypointlabels": ["bow"]}),
        result("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "ellipselabels": ["ring"]}),
        data={"image": "/data/upload/3/0badcafe-a%20b.png", "source": "cam 4"},
    )
    (row,) = rows(read("label_studio", {"export.json": [told], "images/a b.png": picture()}))
    regions = answers(row)[0]["regions"]
    assert [(one["label"], one["shape"]["type"]) for one in regions] == [
        ("ship", "box"),
        ("a", "polygon"),
        ("ship", "polygon"),
        ("sea", "mask"),
        ("bow", "point"),
        ("ring", "polygon"),
    ]
    assert regions[0]["shape"] == {"type": "box", "x": 3, "y": 2, "width": 15, "height": 4}
    assert regions[1]["shape"]["points"] == [[11, 2], [15, 2], [15, 5], [11, 5]]
    assert (coco.decode({"size": [20, 30], "counts": regions[3]["shape"]["counts"]}) == pixels).all()
    assert (row.external_id, row.fields["meta"], row.said[0].by) == ("5", {"source": "cam 4"}, "12")
    assert lost(row) == [("export.json, [0], annotations[0].result[5]", "kept-as-polygon")]


def test_what_is_asked_of_a_region_is_its_attribute_and_a_label_of_its_own_tag_its_label():
    shape = {"x": 10, "y": 10, "width": 50, "height": 20, "rotation": 0}
    told = task(
        result("rectangle", shape, "r1"),
        result("labels", shape | {"labels": ["ship"]}, "r1"),
        result("choices", shape | {"choices": ["tug"]}, "r1", "kind"),
        result("textarea", shape | {"text": ["far"]}, "r1", "remark"),
        result("rectangle", shape, "r2"),
        {"type": "relation", "from_id": "r1", "to_id": "r1", "direction": "right"},
        data={"image": "a.png"},
    )
    (row,) = rows(read("label_studio", {"export.json": [told], "a.png": picture()}))
    (region,) = answers(row)[0]["regions"]
    assert region["attributes"] == {"kind": "tug", "remark": "far"}
    assert [code for _, code in lost(row)] == ["no-place", "no-label"]


def test_bad_masks_and_places_are_told_and_the_good_ones_stay():
    good = painted_rle(np.ones((20, 30), dtype=bool))
    told = task(
        result("brushlabels", {"rle": good, "brushlabels": ["sea"]}, "1"),
        result("brushlabels", {"rle": good[: len(good) // 2], "brushlabels": ["sea"]}, "2"),
        result("brushlabels", {"rle": painted_rle(np.ones((4, 4))), "brushlabels": ["sea"]}, "3"),
        result("brushlabels", {"rle": ["x"], "brushlabels": ["sea"]}, "4"),
        result("rectanglelabels", {"x": None, "y": 1, "width": 2, "height": 2, "rectanglelabels": ["a"]}, "5"),
        result("rectanglelabels", {"x": 500, "y": 1, "width": 2, "height": 2, "rectanglelabels": ["a"]}, "6"),
        result("videorectangle", {"sequence": []}, "7"),
        "nothing",
        data={"image": "a.png"},
    )
    (row,) = rows(read("label_studio", {"export.json": [told], "a.png": picture()}))
    assert len(answers(row)[0]["regions"]) == 1
    assert sorted(code for _, code in lost(row)) == [
        "malformed-mask",
        "malformed-mask",
        "no-place",
        "outside-image",
        "wrong-mask-size",
        "wrong-shape",
        "wrong-shape",
    ]


def span(start: int, end: int, text: str, label: str, id: str = "") -> dict:
    return result("labels", {"start": start, "end": end, "text": text, "labels": [label]}, id)


def test_spans_of_texts_by_either_way_of_counting():
    told = task(
        span(0, 3, "Ada", "PER"),
        span(11, 14, "Bob", "PER", "utf-16"),
        span(6, 9, "met", "ACT", "points"),
        span(0, 3, "Bob", "PER", "wrong"),
        span(0, 99, "Ada", "PER", "far"),
        data={"text": TEXT, "doc": "x"},
    )
    (row,) = rows(read("label_studio", {"export.json": [told]}, "text_spans"))
    found = answers(row, "text_spans")[0]["spans"]
    assert [(TEXT[one["start"] : one["end"]], one["label"]) for one in found] == [
        ("Ada", "PER"),
        ("met", "ACT"),
        ("Bob", "PER"),
    ]
    assert [code for _, code in lost(row)] == ["span-differs", "span-outside-text"]


def test_who_said_what_what_a_model_said_and_what_was_cancelled():
    told = task(span(0, 3, "Ada", "PER"), data={"text": TEXT})
    told["annotations"] += [
        {"completed_by": {"id": 3, "email": "ben@example.org"}, "result": []},
        {"completed_by": 4, "result": [], "was_cancelled": True},
        {"completed_by": 4},
    ]
    told["predictions"] = [{"model_version": "ner-2", "score": 0.5, "result": []}, {"score": 7, "result": []}]
    (row,) = rows(read("label_studio", {"export.json": [told | {"drafts": [{}]}]}, "text_spans"))
    assert [(said.by, said.predicted, said.score) for said in row.said] == [
        ("12", False, None),
        ("ben@example.org", False, None),
        ("ner-2", True, 0.5),
        ("", True, None),
    ]
    assert [code for _, code in lost(row)] == ["cancelled", "wrong-shape", "bad-score", "no-place"]


def test_classes_paths_numbers_and_texts_of_a_task():
    told = task(
        result("choices", {"choices": ["good"]}, "1", "mood"),
        result("choices", {"choices": ["a", "b"]}, "2", "seen"),
        result("taxonomy", {"taxonomy": [["animal", "horse"]]}, "3", "kind"),
        result("rating", {"rating": 4}, "4", "stars"),
        result("textarea", {"text": ["Nice."]}, "5", "remark"),
        data={"text": TEXT},
    )
    (row,) = rows(read("label_studio", {"export.json": [told]}, "classification"))
    assert [(one["field"], one["value"]) for one in row.said[0].answer["fields"]] == [
        ("mood", "good"),
        ("seen", ["a", "b"]),
        ("kind", ["animal", "horse"]),
        ("stars", 4),
        ("remark", "Nice."),
    ]
    told["data"] = {"image": "a.png"}
    (row,) = rows(read("label_studio", {"export.json": [told], "a.png": picture()}, "classification"))
    assert [one["value"] for one in row.said[0].answer["fields"]][:2] == ["good", ["a", "b"]]


def test_an_export_cut_in_half_gives_the_tasks_before_the_cut():
    whole = json.dumps([task(data={"text": f"Text {n}"}) for n in range(9)])
    items = read("label_studio", {"export.json": whole[: len(whole) // 2]}, "text_spans")
    assert len([item for item in items if isinstance(item, Row)]) == 4
    assert faults(items) == [("export.json, [4]", "cut-off")]


def test_tasks_that_are_none_are_told():
    good = task(data={"text": TEXT})
    items = read("label_studio", {"a.json": [good, 7, {"id": 1}, task(data={"n": 4}), task(data={"image": "no.png"})]})
    assert [code for _, code in faults(items)] == ["wrong-shape", "wrong-shape", "no-text", "no-picture"]


# --- CVAT's backups


def backup(jobs: list, **data) -> dict:
    frames = [{"name": f"{name}", "extension": ".png", "width": 30, "height": 20} for name in "abc"]
    manifest = "\n".join(map(json.dumps, [{"version": "1.1"}, {"type": "images"}, *frames]))
    return {
        "task_0/task.json": {"name": "x", "data": {"start_frame": 0, "stop_frame": 2, **data}, "jobs": [{}]},
        "task_0/annotations.json": jobs,
        "task_0/data/manifest.jsonl": manifest,
        "project.json": {"name": "p"},
    } | {f"task_0/data/{name}.png": picture(at) for at, name in enumerate("abc")}


def shape(kind: str, points: list, frame: int = 0, **more) -> dict:
    return {"type": kind, "points": points, "frame": frame, "label": "ship", "group": 0, "attributes": [], **more}


def test_a_backups_shapes_tags_and_tracks_with_their_pictures():
    track = {
        "frame": 0,
        "label": "ship",
        "shapes": [shape("rectangle", [0, 0, 10, 10], 0), shape("rectangle", [10, 0, 20, 10], 2, outside=False)],
    }
    joints = [shape("points", [3, 3], label="bow"), shape("points", [4, 4], outside=True)]
    told = [{
        "version": 1,
        "tags": [{"frame": 0, "label": "harbour"}],
        "shapes": [
            shape("rectangle", [1, 2, 11, 12], occluded=True, attributes=[{"name": "far", "value": "yes"}]),
            shape("polygon", [1, 1, 9, 1, 9, 9], z_order=2),
            shape("ellipse", [10, 10, 15, 7]),
            shape("mask", [1, 2, 3, 4, 5, 6, 6]),
            shape("skeleton", [], elements=joints),
            shape("cuboid", [1] * 16),
            shape("rectangle", [1, 2]),
            {"frame": "x"},
        ],
        "tracks": [track],
    }]  # fmt: skip
    items = read("cvat_backup", backup(told))
    a, b, c = (item for item in items if isinstance(item, Row))
    kinds = ["box", "polygon", "mask", "point", "box", "polygon"]  # which lies on top
    regions = answers(a)[0]["regions"]
    assert [one["shape"]["type"] for one in regions] == kinds and a.external_id == "task_0/data/a.png"
    assert regions[0]["attributes"] == {"far": "yes", "occluded": True} and regions[3]["label"] == "bow"
    assert answers(b)[0]["regions"][0]["shape"] == {"type": "box", "x": 5, "y": 0, "width": 10, "height": 10}
    assert len(answers(c)[0]["regions"]) == 1
    assert [code for _, code in faults(items)] == ["wrong-shape"]
    assert sorted(code for _, code in lost(a)) == ["kept-as-polygon", "no-place", "unknown-shape", "wrong-shape"]
    first = read("cvat_backup", backup(told), "classification")[1]
    assert first.said[0].answer == {"fields": [{"field": "", "value": ["harbour"]}]}


def test_a_backup_that_takes_every_second_picture_and_leaves_one_out():
    told = [{"shapes": [shape("rectangle", [1, 2, 11, 12], 1)], "tags": [], "tracks": []}]
    found = rows(read("cvat_backup", backup(told, frame_filter="step=2", deleted_frames=[0])))
    assert [(row.external_id, len(answers(row)[0]["regions"])) for row in found] == [("task_0/data/c.png", 1)]


@pytest.mark.parametrize("spoilt", ["task_0/task.json", "task_0/annotations.json"])
def test_a_backup_with_a_damaged_file_says_which(spoilt):
    files = backup([]) | {spoilt: '{"data": {"start'}
    assert [place.partition(",")[0] for place, _ in faults(read("cvat_backup", files))][:1] == [spoilt]


def test_the_short_export_says_the_same() -> None:
    about = {"annotator": 3, "annotation_id": 9, "lead_time": 4.1}
    seen = {"choices": ["a", "b"]}
    drawn = box(10, 10, 50, 20) | {"rectanglelabels": ["ship"], "original_width": 30, "original_height": 20}
    told = [about | {"id": 1, "image": "a.png", "label": [drawn], "seen": seen, "source": "cam"}]
    (row,) = rows(read("label_studio", {"a.json": told, "a.png": picture()}))
    (region,) = answers(row)[0]["regions"]
    assert (region["label"], row.said[0].by, row.fields["meta"]) == ("ship", "3", {"source": "cam"})
    marked = {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}
    (row,) = rows(read("label_studio", {"a.json": [about | {"id": 2, "text": TEXT, "ner": [marked]}]}, "text_spans"))
    assert [one["label"] for one in answers(row, "text_spans")[0]["spans"]] == ["PER"]
