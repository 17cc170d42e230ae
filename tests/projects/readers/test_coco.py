"""COCO, as its page describes it and as tools bend it: what becomes of each kind of annotation, and of each mistake."""

import io
import json

import numpy as np
from PIL import Image
from pycocotools import mask as coco

from projects.data.importing import Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS
from tests.support.projects.files import Held, answers, faults, lost, read, rows
from tests.support.projects.importing import picture

CATS = [{"id": 3, "name": "ship"}, {"id": 9, "name": "person", "keypoints": ["head", "foot"], "skeleton": [[1, 2]]}]
IMAGE = {"id": 1, "file_name": "a.png", "width": 30, "height": 20}
SQUARE = [[2, 2, 12, 2, 12, 12, 2, 12]]


def dataset(*annotations: dict, **more) -> dict:
    numbered = [{"id": n, "image_id": 1, "category_id": 3, **one} for n, one in enumerate(annotations, start=1)]
    return {"info": {}, "images": [IMAGE], "annotations": numbered, "categories": CATS, **more}


def only(*annotations: dict, **more) -> Row:
    (row,) = rows(read("coco", {"annotations/x.json": dataset(*annotations, **more), "images/a.png": picture()}))
    return row


def shapes(row: Row) -> list[tuple[str, str]]:
    (answer,) = answers(row)
    return [(region["label"], region["shape"]["type"]) for region in answer["regions"]]


def test_each_kind_of_outline_becomes_the_shape_it_is():
    pixels = np.zeros((20, 30), dtype=np.uint8, order="F")
    pixels[5:9, 4:14] = 1
    run = coco.encode(pixels)
    row = only(
        {"bbox": [1, 2, 10, 8.5]},
        {"segmentation": [[2, 2, 12, 3, 7, 12]], "bbox": [2, 2, 10, 10]},
        {"segmentation": SQUARE, "bbox": [2, 2, 10, 10], "attributes": {"type": "tug"}},
        {"segmentation": [*SQUARE, [20, 2, 25, 2, 25, 8]]},
        {"segmentation": {"size": [20, 30], "counts": run["counts"].decode()}},
        {"segmentation": {"size": [20, 30], "counts": [85, 4, 16, 4, 491]}, "iscrowd": 1},
    )
    assert [kind for _, kind in shapes(row)] == ["box", "polygon", "box", "mask", "mask", "mask"]
    regions = answers(row)[0]["regions"]
    assert regions[0]["shape"] == {"type": "box", "x": 1, "y": 2, "width": 10, "height": 8.5}
    assert regions[2]["attributes"] == {"type": "tug"} and regions[5]["attributes"] == {"iscrowd": True}
    assert (coco.decode({"size": [20, 30], "counts": regions[4]["shape"]["counts"]}) == pixels).all()
    assert coco.decode({"size": [20, 30], "counts": regions[5]["shape"]["counts"]})[5:9, 4].all()
    assert not row.lost and row.external_id == "images/a.png"


def test_key_points_become_points_of_their_own_names_tied_to_their_person():
    row = only({"category_id": 9, "bbox": [1, 1, 8, 9], "keypoints": [3, 4, 2, 0, 0, 0], "num_keypoints": 1})
    assert shapes(row) == [("person", "box"), ("head", "point")]
    assert [region["attributes"] for region in answers(row)[0]["regions"]] == [{"instance": 1}, {"instance": 1}]


def test_two_people_whose_boxes_were_made_from_their_points_stay_two():
    first = {"category_id": 9, "bbox": [3, 4, 5, 6], "keypoints": [3, 4, 2, 8, 10, 2], "score": 0.5}
    second = {"category_id": 9, "bbox": [6, 2, 5, 6], "keypoints": [6, 2, 2, 11, 8, 1], "score": 0.25}
    row = only(first, second)
    assert shapes(row) == [("person", "box"), ("head", "point"), ("foot", "point")] * 2 and not row.lost
    tied = [{"instance": 1, "score": 0.5}] * 3 + [{"instance": 2, "score": 0.25}] * 3
    assert [region["attributes"] for region in answers(row)[0]["regions"]] == tied


def test_a_crossing_outline_becomes_a_mask_and_what_reaches_over_the_edge_is_told():
    row = only({"segmentation": [[2, 2, 12, 12, 12, 2, 2, 12]]}, {"bbox": [20, 10, 40, 5]}, {"bbox": [40, 10, 4, 5]})
    assert shapes(row) == [("ship", "mask"), ("ship", "box")]
    assert lost(row) == [
        ("images/a.png, annotations[1]", "cut-at-edge"),
        ("images/a.png, annotations[2]", "outside-image"),
    ]


def test_bad_annotations_are_told_one_by_one_and_the_good_one_stays():
    row = only(
        {"bbox": [1, 2, 10, 8]},
        {"segmentation": {"size": [30, 20], "counts": "0"}},
        {"segmentation": {"size": [20, 30], "counts": [5, 700]}},
        {"segmentation": {"size": [20, 30], "counts": "zz"}},
        {"bbox": [1, 2, float("nan"), 8]},
        {"bbox": [1, 2, 10**400, 8]},
        {"bbox": ["1", 2, 3, 4]},
        {"category_id": 77, "bbox": [1, 2, 3, 4]},
        {"bbox": [1, 2, 3, 4], "score": 7},
        {"segmentation": [[1, 2, 3]]},
        {"caption": "A ship."},
        {"bbox": [1, 2, 3, 4], "depth": 4},
    )
    assert [code for _, code in lost(row)] == [
        "wrong-mask-size",
        "malformed-mask",
        "malformed-mask",
        "not-a-number",
        "not-a-number",
        "wrong-shape",
        "no-such-category",
        "bad-score",
        "wrong-shape",
        "no-place",
        "unknown-field",
    ]
    assert len(answers(row)[0]["regions"]) == 3


def test_ids_that_refer_to_nothing_and_ids_used_twice_are_told_with_their_place():
    said = dataset(
        {"bbox": [1, 2, 3, 4]}, {"bbox": [1, 2, 3, 4], "image_id": 5}, {"bbox": [1, 2, 3, 4], "image_id": []}
    )
    said["images"] += [{"id": 1, "file_name": "b.png"}, {"id": 2}, 7, {"id": 3, "file_name": "gone.png"}]
    said["categories"].append({"id": 3, "name": "twice"})
    items = read("coco", {"x.json": said, "a.png": picture()})
    said["categories"].pop()
    assert faults(items) == [
        ("x.json, categories[2]", "bad-category"),
        ("x.json, images[1]", "duplicate-id"),
        ("x.json, images[2]", "bad-image"),
        ("x.json, images[3]", "bad-image"),
        ("x.json, annotations[1]", "no-such-image"),
        ("x.json, annotations[2]", "no-such-image"),
        ("gone.png", "no-picture"),
    ]
    assert [row.external_id for row in items if isinstance(row, Row)] == ["a.png"]


def test_an_image_without_annotations_says_that_nothing_is_in_it_and_one_nobody_names_says_nothing():
    found = rows(read("coco", {"x.json": dataset(), "a.png": picture(), "b.png": picture(5)}))
    assert [(row.external_id, answers(row)) for row in found] == [("a.png", [{"regions": []}]), ("b.png", [])]


def test_a_file_that_only_lists_what_a_detector_looked_at_says_nothing_by_itself():
    results = [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5}]
    (row,) = rows(read("coco", {"x.json": dataset(), "yolo.json": results, "a.png": picture()}))
    assert [one.by for one in row.said] == ["yolo"]


def test_a_detectors_results_are_predictions_with_their_score():
    results = [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "score": s} for s in (0.75, 0.5)]
    files = {"x.json": dataset({"bbox": [5, 5, 5, 5]}), "yolo.json": results, "a.png": picture()}
    (row,) = rows(read("coco", files))
    person, model = row.said
    assert (person.predicted, model.predicted, model.by, model.score) == (False, True, "yolo", 0.5)
    assert [region["attributes"] for region in model.answer["regions"]] == [{"score": 0.75}, {"score": 0.5}]


def test_panoptic_segments_become_masks_and_their_picture_no_task():
    colours = np.zeros((20, 30, 3), dtype=np.uint8)
    colours[:10, :, 0], colours[10:, :, 1] = 7, 1
    out = io.BytesIO()
    Image.fromarray(colours).save(out, "PNG")
    segments = [{"id": 7, "category_id": 3}, {"id": 256, "category_id": 9}, {"id": 8, "category_id": 3}]
    told = {"image_id": 1, "file_name": "a.png", "segments_info": segments}
    files = {
        "annotations/panoptic_val.json": {"images": [IMAGE], "annotations": [told], "categories": CATS},
        "annotations/panoptic_val/a.png": out.getvalue(),
        "images/a.png": picture(),
    }
    (row,) = rows(read("coco", files))
    assert shapes(row) == [("ship", "mask"), ("person", "mask")]
    assert lost(row) == [("images/a.png, annotations[0].segments_info[2]", "empty-mask")]


def test_instances_and_key_points_of_one_picture_are_one_row():
    whole = {"category_id": 9, "segmentation": [[2, 2, 12, 3, 7, 12]]}
    files = {
        "annotations/instances_val.json": dataset(whole),
        "annotations/person_keypoints_val.json": dataset(whole | {"keypoints": [3, 4, 2, 5, 6, 1]}),
        "images/a.png": picture(),
    }
    (row,) = rows(read("coco", files))
    assert shapes(row) == [("person", "polygon"), ("head", "point"), ("foot", "point")]


def test_classes_of_whole_images_are_for_classification():
    files = {"x.json": dataset({}, {"category_id": 9}, {"bbox": [1, 1, 5, 5]}), "a.png": picture()}
    (row,) = rows(read("coco", files, "classification"))
    assert row.said[0].answer == {"fields": [{"field": "", "value": ["ship", "person"]}]}
    assert lost(row) == [("a.png", "no-place")]


def test_labels_for_a_picture_of_another_size_are_left_out_and_told():
    files = {"x.json": dataset({"bbox": [1, 1, 5, 5]}), "a.png": picture(size=(20, 30))}
    (row,) = rows(read("coco", files))
    assert row.said == () and lost(row) == [("a.png", "wrong-image-size")]


def test_a_file_cut_in_half_is_told_and_the_others_are_read():
    good, cut = json.dumps(dataset({"bbox": [1, 2, 3, 4]})), json.dumps(dataset(*[{"bbox": [1, 2, 3, 4]}] * 50))
    items = read("coco", {"a/x.json": good, "b/y.json": cut[: len(cut) // 2], "a.png": picture()})
    assert faults(items) == [("b/y.json, annotations[25]", "cut-off")]
    assert [len(row.said) for row in items if isinstance(row, Row)] == [1]


def test_annotations_before_their_images_and_pictures_that_are_passed_over():
    said = dataset({"bbox": [1, 2, 3, 4]}, {"bbox": [1, 2, 3, 4], "image_id": 2})
    said["images"] = [IMAGE, IMAGE | {"id": 2, "file_name": "b.png"}]
    turned = {key: said[key] for key in ("annotations", "categories", "images")}
    files = Held({"x.json": turned, "a.png": picture(), "b.png": picture(5)})
    items = list(FORMATS["coco"].read(files, Reading("image_regions", skip=1)))
    assert [row.external_id for row in rows(items)] == ["b.png"] and "a.png" not in files.opened


def test_a_stored_picture_stands_in_for_one_that_isnt_there():
    said = dataset({"bbox": [1, 2, 3, 4]})
    said["images"] = [IMAGE | {"sha256": "a" * 64, "external_id": "job-7"}]
    (row,) = rows(read("coco", {"x.json": said}))
    assert (row.external_id, row.fields["asset"], len(row.said)) == ("job-7", "a" * 64, 1)
