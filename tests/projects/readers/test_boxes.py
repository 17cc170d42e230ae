"""YOLO, VOC, LabelMe, CVAT's XML, class folders and mask folders, written by hand as their pages describe them."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from projects.data.importing import Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS, recognise
from projects.data.reading.readers.datumaro_items import _mend
from projects.data.reading.readers.hugging_face_things import region
from projects.data.reading.readers.marks import Marks
from tests.support.projects.files import Held, answers, faults, lost, read, rows
from tests.support.projects.importing import picture

YAML = "path: x\ntrain: images/train\nnames:\n  0: ship\n  1: buoy\n"


def regions(row: Row) -> list[dict]:
    (answer,) = answers(row)
    return answer["regions"]


def kinds(row: Row) -> list[tuple[str, str]]:
    return [(region["label"], region["shape"]["type"]) for region in regions(row)]


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def test_yolo_lines_are_what_their_numbers_say():
    lines = [
        "0 0.5 0.5 0.2 0.2",
        "1 0.5 0.5 0.2 0.2 0.75",
        "0 0.1 0.1 0.5 0.1 0.5 0.5",
        "1 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5",
        "1 0.1 0.1 0.5 0.1 0.5 0.5 0.5",
    ]
    files = {"data.yaml": YAML, "labels/train/a.txt": "\n".join(lines), "images/train/a.png": picture()}
    (row,) = rows(read("yolo", files))
    assert kinds(row) == [("ship", "box"), ("buoy", "box"), *[(name, "polygon") for name in ("ship", "buoy", "buoy")]]
    assert regions(row)[0]["shape"] == {"type": "box", "x": 12, "y": 8, "width": 6, "height": 4}
    assert (row.said[0].score, row.said[0].predicted, row.external_id) == (0.5, True, "images/train/a.png")


def test_yolo_poses_have_points_beside_their_box():
    files = {
        "data.yaml": "names: [person]\nkpt_shape: [2, 3]\n",
        "a.txt": "0 0.5 0.5 0.2 0.2 0.5 0.5 2 0 0 0\n",
        "a.png": picture(),
    }
    (row,) = rows(read("yolo", files))
    assert kinds(row) == [("person", "box"), ("person 1", "point")]


def test_yolo_points_by_their_names_and_people_whose_boxes_were_made_from_them():
    lines = [
        "0 0.5 0.5 0.2 0.2 0.5 0.5 2 0.6 0.4 1",
        "0 0.5 0.5 0.2 0.4 0.4 0.3 2 0.6 0.7 2 0.25",
        "1 0.5 0.5 0.2 0.4 0.4 0.3 2 0.6 0.7 2 0.5",
    ]
    told = "names: [person, nose]\nkpt_shape: [2, 3]\nkpt_names:\n  0: [nose, tail]\n  1: [nose, tail]\n"
    (row,) = rows(read("yolo", {"data.yaml": told, "a.txt": "\n".join(lines), "a.png": picture()}))
    points = [("nose", "point"), ("tail", "point")]
    assert kinds(row) == [("person", "box"), *points] * 2 + points and not row.lost
    assert [one["shape"].get("visible") for one in regions(row)[:3]] == [None, True, False]
    tied = [{"instance": "1"}] * 3 + [{"instance": "2", "score": 0.25}] * 3
    assert [one["attributes"] for one in regions(row)] == [*tied, {"score": 0.5}, {"score": 0.5}]


def test_yolo_without_a_class_list_goes_in_by_numbers_and_says_so():
    items = read("yolo", {"a.txt": "3 0.5 0.5 0.2 0.2\n", "a.png": picture()})
    assert faults(items) == [("classes", "no-class-list")]
    assert kinds(items[1]) == [("3", "box")]


def test_yolo_lines_that_are_none_are_told_and_the_rest_stays():
    lines = ["0 0.5 0.5 0.2 0.2", "x 0.5 0.5 0.2 0.2", "0 nan 0.5 0.2 0.2", "9 0.5 0.5 0.2 0.2", "0 1", "0 5 5 1 1"]
    files = {"classes.txt": "ship\n", "a.txt": "\n".join(lines), "a.png": picture(), "b.txt": "", "c.png": picture(3)}
    items = read("yolo", files | {"d.png": picture(4), "d.txt": b"0 0.5 0.5 0.2 \xff"})
    assert faults(items) == [("b", "no-picture")]
    a, d, c = (item for item in items if isinstance(item, Row))
    assert [code for _, code in lost(a)] == [
        "not-a-number",
        "not-a-number",
        "no-such-category",
        "wrong-shape",
        "outside-image",
    ]
    assert len(regions(a)) == 1 and c.said == () and d.said == ()
    assert [code for _, code in lost(d)] == ["not-utf-8"]


def test_an_empty_yolo_file_says_that_nothing_is_there():
    (a, b) = rows(
        read("yolo", {"names.names": "x", "a.txt": "", "a.png": picture(), "b.png": picture(2)} | {"data.yaml": YAML})
    )
    assert answers(a) == [{"regions": []}] and b.said == ()


VOC = """<annotation><folder>x</folder><filename>a.png</filename>
<size><width>30</width><height>20</height><depth>3</depth></size>
<object><name>ship</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11.5</xmax><ymax>12</ymax></bndbox>
<attributes><attribute><name>type</name><value>tug</value></attribute></attributes>
<part><name>mast</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>4</xmax><ymax>8</ymax></bndbox></part></object>
<object><name>buoy</name></object>
<object><name>buoy</name><bndbox><xmin>x</xmin><ymin>2</ymin><xmax>4</xmax><ymax>8</ymax></bndbox></object>
</annotation>"""


def test_voc_objects_parts_and_attributes():
    files = {"Annotations/a.xml": VOC, "JPEGImages/a.png": picture(), "Annotations/b.xml": "<annotation><obj"}
    items = read("voc", files | {"Annotations/c.xml": "<annotation><object><bndbox></bndbox></object></annotation>"})
    row = items[0]
    assert kinds(row) == [("ship", "box"), ("mast", "box")]
    attributes = {"pose": "Left", "truncated": True, "difficult": False, "type": "tug"}
    assert [one["attributes"] for one in regions(row)] == [attributes, {"part_of": 1}]
    assert [code for _, code in lost(row)] == ["wrong-shape", "not-a-number"]
    assert [code for _, code in faults(items)] == ["not-xml", "no-picture"]


def test_xml_that_would_grow_or_fetch_is_refused():
    bomb = '<!DOCTYPE a [<!ENTITY x "xx">]><annotation><object><bndbox>&x;</bndbox></object></annotation>'
    items = read("voc", {"a.xml": bomb, "a.png": picture()})
    assert [code for _, code in faults(items)] == ["not-xml"]


def test_labelme_shapes_and_the_picture_inside():
    mask = base64.b64encode(png(np.ones((3, 4)) * 255)).decode()
    shapes = [
        {"label": "ship", "shape_type": "polygon", "points": [[1, 1], [9, 1], [9, 9]], "group_id": 4, "flags": {}},
        {"label": "ship", "shape_type": "rectangle", "points": [[9, 9], [2, 3]], "description": "far"},
        {"label": "ship", "shape_type": "circle", "points": [[10, 10], [10, 14]]},
        {"label": "ship", "shape_type": "linestrip", "points": [[1, 1], [9, 1]]},
        {"label": "ship", "shape_type": "point", "points": [[1, 1]]},
        {"label": "ship", "shape_type": "mask", "points": [[2, 5], [6, 8]], "mask": mask},
        {"label": "ship", "shape_type": "sphere", "points": [[1, 1]]},
        {"label": "ship", "shape_type": "polygon", "points": [[1, 1], 7]},
    ]
    inside = base64.b64encode(picture()).decode()
    told = {"version": "5", "flags": {"night": True}, "shapes": shapes, "imagePath": "..\\x\\a.png"}
    (row,) = rows(read("labelme", {"a.json": told | {"imageData": inside, "imageHeight": 20, "imageWidth": 30}}))
    types = ["polygon", "box", "polygon", "polyline", "point", "mask"]
    assert [kind for _, kind in kinds(row)] == types
    found = coco.decode({"size": [20, 30], "counts": regions(row)[5]["shape"]["counts"]})
    assert found[5:8, 2:6].all() and found.sum() == 12
    assert regions(row)[0]["attributes"] == {"group": 4} and regions(row)[1]["attributes"] == {"description": "far"}
    assert sorted(code for _, code in lost(row)) == ["kept-as-polygon", "no-place", "unknown-shape", "wrong-shape"]


CVAT = """<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><meta><task><labels><label>
<name>ship</name><attributes><attribute><name>far</name><input_type>checkbox</input_type></attribute>
<attribute><name>size</name><input_type>number</input_type></attribute></attributes></label></labels></task></meta>
<image id="0" name="sub/a.png" width="30" height="20">
<box label="ship" source="manual" occluded="1" xtl="1.00" ytl="2.00" xbr="11.00" ybr="12.00" z_order="2" group_id="3">
<attribute name="far">true</attribute><attribute name="size">4</attribute></box>
<box label="ship" occluded="0" xtl="10" ytl="5" xbr="20" ybr="15" rotation="45"></box>
<polygon label="ship" points="1.00,1.00;9.00,1.00;9.00,9.00"></polygon>
<polyline label="ship" points="1,1;9,1"></polyline>
<points label="ship" points="1,1;9,1"></points>
<mask label="ship" rle="1, 2, 3" left="4" top="5" width="3" height="2"></mask>
<ellipse label="ship" cx="10" cy="10" rx="5" ry="3"></ellipse>
<skeleton label="person"><points label="head" outside="0" points="3,3"/><points label="foot" outside="1" points="3,9"/>
</skeleton>
<cuboid label="ship" xtl1="1"/>
<mask label="ship" rle="1, 2" left="4" top="5" width="3" height="2"></mask>
<tag label="harbour" source="manual"></tag>
</image>
<image id="1" name="gone.png" width="30" height="20"></image>
</annotations>"""


def test_cvats_shapes_for_images():
    items = read("cvat_xml", {"annotations.xml": CVAT, "images/sub/a.png": picture()})
    row = items[0]
    types = ["polygon", "polygon", "polyline", "point", "point", "mask", "polygon", "point", "box"]  # it lies on top
    assert [kind for _, kind in kinds(row)] == types
    assert regions(row)[-1]["attributes"] == {"occluded": True, "group": 3, "far": True, "size": 4}
    found = coco.decode({"size": [20, 30], "counts": regions(row)[5]["shape"]["counts"]})
    assert found[5, 5] and found[5, 6] and found.sum() == 2
    assert sorted(code for _, code in lost(row)) == ["kept-as-polygon", "malformed-mask", "no-place", "unknown-shape"]
    assert faults(items) == [("gone.png", "no-picture")]


def test_cvats_tags_are_classes_of_the_picture():
    items = read("cvat_xml", {"annotations.xml": CVAT, "sub/a.png": picture()}, "classification")
    assert items[0].said[0].answer == {"fields": [{"field": "", "value": ["harbour"]}]}


def test_cvats_tracks_go_to_their_frames_where_they_are_in_sight():
    track = """<annotations><version>1.1</version><track id="7" label="ship" source="manual">
<box frame="0" outside="0" occluded="0" keyframe="1" xtl="1" ytl="1" xbr="9" ybr="9"></box>
<box frame="1" outside="1" occluded="0" keyframe="1" xtl="1" ytl="1" xbr="9" ybr="9"></box></track></annotations>"""
    files = {"annotations.xml": track, "images/frame_000000.PNG": picture(), "images/frame_000001.PNG": picture(2)}
    first, second = rows(read("cvat_xml", files))
    assert regions(first)[0]["attributes"] == {"track": 7} and second.said == ()


def test_cvats_xml_cut_in_half_keeps_the_images_before_the_cut():
    cut = CVAT[: CVAT.index('name="gone.png"')]
    items = read("cvat_xml", {"annotations.xml": cut, "sub/a.png": picture()})
    assert isinstance(items[0], Row) and faults(items) == [("annotations.xml, line 19", "not-xml")]


def test_folders_are_classes_and_folders_in_folders_paths():
    names = ("set/train/cat/a.png", "set/val/dog/big/b.png")
    found = rows(read("class_folders", {name: picture(at) for at, name in enumerate(names)}, "classification"))
    assert [row.said[0].answer["fields"][0]["value"] for row in found] == ["cat", ["dog", "big"]]


def test_a_table_beside_folders_is_read_unless_it_is_what_we_wrote_ourselves():
    files = {"cat/a.png": picture(1), "dog/b.png": picture(2)}
    theirs = files | {"labels.csv": "picture,class\ncat/a.png,tabby\ndog/b.png,boxer\n"}
    assert recognise(Held(theirs), "classification").key == "csv"
    named = list(FORMATS["class_folders"].read(Held(theirs), Reading("classification")))
    assert faults(named) == [("labels.csv", "not-read")], "where folders are asked for, it is told"
    ours = files | {"labels.csv": "file,label,split,external_id,confidence\r\ncat/a.png,cat,,a.png,1.0000\r\n"}
    assert len(rows(read("class_folders", ours, "classification"))) == 2


BOX = {"bbox": [1, 2, 5, 6]}


@pytest.mark.parametrize(
    "said",
    [
        BOX | {"rle": {"size": [20, 30], "counts": "x"}},
        BOX | {"rle": [1, 2, 3]},
        BOX | {"polygons": [[1.0, 1.0, 9.0, 1.0, 9.0, 9.0]]},
        BOX | {"points": [1.0, 2.0, 2.0], "type": "polygon"},
        BOX | {"points": 7, "type": "point"},
        BOX | {"mask": {"bytes": None, "path": "m.png"}},
    ],
)
def test_other_peoples_columns_of_a_dataset_leave_the_box(said):
    marks = Marks("image_regions", "", 30, 20)
    region(marks, "objects[0]", said, "ship")
    ((told,),) = [one.answer["regions"] for one in marks.said()]
    assert (told["shape"], marks.lost) == ({"type": "box", "x": 1, "y": 2, "width": 5, "height": 6}, [])


@pytest.mark.parametrize(
    ("said", "code"), [({"mask": {}}, "no-picture"), ({"rle": "[7"}, "not-json"), ({}, "wrong-shape")]
)
def test_what_is_no_shape_in_a_dataset_is_told(said, code):
    marks = Marks("image_regions", "", 30, 20)
    region(marks, "objects[0]", said, "ship")
    assert [one.code for one in marks.lost] == [code]


def test_a_group_that_somebody_called_so_stays_a_text():
    said = [{"kind": "bbox", "score": None, "attributes": found} for found in ({"group": "A"}, {"group": 2}, {})]
    for one in said:
        _mend(one, "voc")
    assert [one["attributes"]["group"] if one["attributes"] else None for one in said] == ["A", 3, 1]


def test_masks_by_number_and_by_colour():
    numbers, colours = np.zeros((20, 30)), np.zeros((20, 30, 3))
    numbers[2:5, 2:5], numbers[8:, :] = 1, 2
    colours[2:5, 2:5], colours[8:, :] = (255, 0, 0), (0, 0, 255)
    files = {
        "labelmap.txt": "background:0,0,0::\nship:255,0,0::\n",
        "images/a.png": picture(),
        "images/b.png": picture(2),
        "images/c.png": picture(3),
        "masks/a.png": png(numbers),
        "masks/b_mask.png": png(colours),
        "masks/c.png": png(np.zeros((5, 5))),
    }
    a, b, c = rows(read("mask_folders", files))
    assert kinds(a) == [("ship", "mask"), ("2", "mask")] and kinds(b) == [("#0000ff", "mask"), ("ship", "mask")]
    assert c.said == () and [code for _, code in lost(c)] == ["wrong-mask-size"]


@pytest.mark.parametrize("key", ["coco", "labelme"])
def test_nesting_without_end_is_a_fault_with_its_place(key):
    deep = "[" * 100_000
    start = {"coco": '{"images": [{"id": 1, "file_name": "a.png"}], "x": ', "labelme": '{"imagePath": "", "shapes": '}
    good = {"coco": {"images": [{"id": 1, "file_name": "b.png"}]}, "labelme": {"shapes": [], "imagePath": "b.png"}}
    files = {"a.json": start[key] + deep, "b.json": good[key], "a.png": picture(), "b.png": picture(2)}
    items = read(key, files)
    assert "too-deep" in [code for _, code in faults(items)]
    assert "b.png" in [row.external_id for row in items if isinstance(row, Row)]


def test_json_of_any_kind_is_read_whole_whatever_its_pieces(monkeypatch):
    monkeypatch.setattr("projects.data.reading.readers.json_parts.PIECE", 3)
    told = {"images": [{"id": n, "file_name": f"é{n}.png", "x": [1.5e3, -7, None, True, '"\\']} for n in range(4)]}
    items = read("coco", {"x.json": json.dumps(told, indent=1)} | {f"é{n}.png": picture(n) for n in range(4)})
    assert len(rows(items)) == 4


def test_cityscapes_polygons_before_instances_before_classes():
    instances = np.zeros((20, 30), dtype=np.uint16)
    instances[2:5, 2:5], instances[2:5, 10:14], instances[10:, :] = 26_000, 26_001, 7
    out = io.BytesIO()
    Image.fromarray(instances).save(out, "PNG")
    drawn = [{"label": "car", "polygon": [[1, 1], [9, 1], [9, 9]]}, {"label": "car", "deleted": 1, "polygon": []}, 7]
    city, said = "leftImg8bit/train/bonn/bonn_", "gtFine/train/bonn/bonn_"
    files = {f"{city}{number}_leftImg8bit.png": picture(number) for number in range(4)}
    files |= {
        f"{said}0_gtFine_polygons.json": {"imgHeight": 20, "imgWidth": 30, "objects": drawn},
        f"{said}0_gtFine_instanceIds.png": out.getvalue(),
        f"{said}1_gtFine_instanceIds.png": out.getvalue(),
        f"{said}1_gtFine_labelIds.png": png(instances // 1000),
        f"{said}1_gtFine_color.png": picture(9),
        f"{said}2_gtFine_labelIds.png": png(np.zeros((5, 5))),
        f"{said}9_gtFine_instanceIds.png": out.getvalue(),
    }
    items = read("cityscapes", files)
    found = {row.external_id: row for row in items if isinstance(row, Row)}
    a, b, c, d = (found[f"{city}{number}_leftImg8bit.png"] for number in range(4))
    assert kinds(a) == [("car", "polygon")] and [code for _, code in lost(a)] == ["wrong-shape"]
    assert kinds(b) == [("road", "mask"), ("car", "mask"), ("car", "mask")] and not b.lost
    assert c.said == () and [code for _, code in lost(c)] == ["wrong-mask-size"] and d.said == ()
    assert faults(items) == [("bonn_9", "no-picture")]
