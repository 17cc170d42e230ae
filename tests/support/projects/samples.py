"""A small set of files in each format, as its page describes it: something to spoil."""

import base64
import io
import json
from collections.abc import Mapping

import numpy as np
import pyarrow
from PIL import Image
from pyarrow import ipc, parquet

from tests.support.projects.importing import lines, picture
from tests.support.projects.workbooks import row, workbook

TEXT = "Ada met Bob in Rome."
BOX = {"x": 10, "y": 10, "width": 50, "height": 20, "rotation": 0}


def mask() -> bytes:
    """A picture of numbers."""
    pixels = np.zeros((20, 30), dtype=np.uint8)
    pixels[2:5, 2:5], pixels[8:, :] = 1, 2
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def coco() -> dict:
    """Instances of every kind of outline."""
    images = [{"id": 1, "file_name": "a.png", "width": 30, "height": 20}]
    outlines = [
        {"bbox": [1, 2, 10, 8]},
        {"segmentation": [[2, 2, 12, 3, 7, 12]]},
        {"segmentation": {"size": [20, 30], "counts": [85, 4, 16, 4, 491]}, "score": 0.5},
        {"keypoints": [3, 4, 2, 5, 6, 1], "num_keypoints": 2, "attributes": {"far": True}},
    ]
    annotations = [{"id": n, "image_id": 1, "category_id": 3, **one} for n, one in enumerate(outlines)]
    return {"images": images, "annotations": annotations, "categories": [{"id": 3, "name": "ship", "keypoints": ["b"]}]}


def studio() -> list[dict]:
    """A task of Label Studio's with a picture, and one with a text."""
    shown = {"id": "1", "from_name": "a", "type": "rectanglelabels", "value": BOX | {"rectanglelabels": ["ship"]}}
    span = {"id": "2", "from_name": "b", "type": "labels", "value": {"start": 0, "end": 3, "labels": ["PER"]}}
    return [
        {"id": 1, "data": {"image": "a.png"}, "annotations": [{"completed_by": 1, "result": [shown]}]},
        {"id": 2, "data": {"text": TEXT}, "predictions": [{"score": 0.5, "result": [span]}]},
    ]


def backup() -> dict[str, object]:
    """A task of CVAT's with a shape and a track."""
    shape = {"type": "rectangle", "points": [1, 2, 11, 12], "frame": 0, "label": "ship", "attributes": []}
    job = {"shapes": [shape], "tags": [], "tracks": [{"frame": 0, "label": "ship", "shapes": [shape]}]}
    told = [{"version": "1.1"}, {"type": "images"}, {"name": "a", "extension": ".png", "width": 30, "height": 20}]
    return {
        "task.json": {"data": {"start_frame": 0, "frame_filter": "step=1"}},
        "annotations.json": [job],
        "data/manifest.jsonl": lines(*told),
        "data/a.png": picture(),
    }


def arrow(table: pyarrow.Table) -> bytes:
    """A table as a stream of Arrow's."""
    out = io.BytesIO()
    with ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    return out.getvalue()


def dataset() -> pyarrow.Table:
    """A table that says of itself what its columns are."""
    features = {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": ["a", "b"], "_type": "ClassLabel"}}
    told = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    return pyarrow.table({"text": [TEXT, "Hm."], "label": [1, -1]}).replace_schema_metadata(told)


def parquet_of(table: pyarrow.Table) -> bytes:
    """A table as a Parquet file."""
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def docbin() -> bytes:
    """Two documents of spaCy's."""
    import spacy
    from spacy.tokens import DocBin, Span

    one = spacy.blank("en")(TEXT)
    one.ents = [Span(one, 0, 1, label="PERSON")]
    one.spans["sc"] = [Span(one, 0, 3, label="EVENT")]
    return DocBin(docs=[one, one], store_user_data=True).to_bytes()


VOC = """<annotation><filename>a.png</filename><size><width>30</width><height>20</height></size>
<object><name>ship</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>12</ymax></bndbox></object></annotation>"""
CVAT = """<annotations><version>1.1</version><image id="0" name="a.png" width="30" height="20">
<box label="ship" xtl="1" ytl="2" xbr="11" ybr="12"></box><mask label="ship" rle="1, 2, 3" left="4" top="5" width="3"
height="2"></mask><polygon label="ship" points="1,1;9,1;9,9"></polygon></image></annotations>"""
LABELME = {
    "imagePath": "a.png",
    "imageData": base64.b64encode(picture()).decode(),
    "flags": {"night": True},
    "shapes": [
        {"label": "ship", "shape_type": "polygon", "points": [[1, 1], [9, 1], [9, 9]]},
        {"label": "ship", "shape_type": "circle", "points": [[10, 10], [10, 14]]},
    ],
}
WEBANNO = """#FORMAT=WebAnno TSV 3.3
#T_SP=webanno.custom.Ner|value


#Text=Ada met Bob.
1-1\t0-3\tAda\tPER[1]\t
1-2\t4-7\tmet\tPER[1]|ACT\t
1-3\t8-11\tBob\tPER\t
"""
YOLO = "0 0.5 0.5 0.2 0.2\n0 0.1 0.1 0.5 0.1 0.5 0.5\n"
BRAT = "T1\tPER 0 3\tAda\nT2\tX 0 3;8 11\tAda Bob\nA1\tFar T1 yes\nR1\tK Arg1:T1 Arg2:T2\n"
PRODIGY = {"text": TEXT, "_input_hash": 7, "spans": [{"start": 0, "end": 3, "label": "PER"}], "answer": "accept"}

SAMPLES: Mapping[str, Mapping[str, object]] = {
    "jsonl": {"a.jsonl": lines({"external_id": "a", "payload": {"text": TEXT}}, {"id": 2, "text": TEXT, "x": [1]})},
    "csv": {"a.csv": f'id,text,"x"\n1,"{TEXT}",2\n2,b,3\n'},
    "xlsx": {"a.xlsx": workbook(row(1, "id", "text", "n") + row(2, 1, TEXT, 2.5) + row(4, 2, "b"))},
    "text": {"a.txt": f"{TEXT}\nb\n"},
    "parquet": {"a.parquet": parquet_of(pyarrow.table({"text": [TEXT, "b"], "n": [1.5, 2]}))},
    "pictures": {"a.png": picture(), "b.jpg": picture(kind="JPEG")},
    "class_folders": {"cat/a.png": picture(), "dog/b.png": picture(3)},
    "mask_folders": {"images/a.png": picture(), "masks/a.png": mask(), "labelmap.txt": "ship:1,2,3::\n"},
    "coco": {"x.json": coco(), "a.png": picture()},
    "yolo": {
        "data.yaml": "names: [ship]\n",
        "a.txt": "0 0.5 0.5 0.2 0.2\n0 0.1 0.1 0.5 0.1 0.5 0.5\n",
        "a.png": picture(),
    },
    "voc": {"a.xml": VOC, "a.png": picture()},
    "cvat_xml": {"a.xml": CVAT, "a.png": picture()},
    "labelme": {"a.json": LABELME},
    "dota": {"a.txt": "imagesource:x\ngsd:1\n1 1 9 1 9 9 1 9 ship 0\n", "a.png": picture()},
    "cityscapes": {
        "gtFine/train/x/a_gtFine_polygons.json": {
            "imgWidth": 30,
            "imgHeight": 20,
            "objects": [{"label": "car", "polygon": [[1, 1], [9, 1], [9, 9]]}],
        },
        "gtFine/train/x/b_gtFine_instanceIds.png": mask(),
        "label_colors.txt": "0 0 0 background\n1 2 3 ship\n",
        "leftImg8bit/train/x/a_leftImg8bit.png": picture(),
        "leftImg8bit/train/x/b_leftImg8bit.png": picture(3),
    },
    "label_studio": {"a.json": studio(), "a.png": picture()},
    "cvat_backup": backup(),
    "docbin": {"a.spacy": docbin()},
    "brat": {
        "a.txt": TEXT,
        "a.ann": "T1\tPER 0 3\tAda\nT2\tX 0 3;8 11\tAda Bob\nA1\tFar T1 yes\nR1\tK Arg1:T1 Arg2:T2\n",
    },
    "webanno": {"a.tsv": WEBANNO},
    "conll": {"a.conll": "Ada X B-PER\nmet X O\n\nBob X S-PER\n"},
    "doccano": {"a.jsonl": lines({"id": 1, "text": TEXT, "label": [[0, 3, "PER"]]}, {"text": TEXT, "entities": []})},
    "prodigy": {"a.jsonl": lines(PRODIGY, PRODIGY | {"answer": "reject"}, {"image": "a.png"}), "a.png": picture()},
    "hugging_face": {"a.parquet": parquet_of(dataset()), "b.arrow": arrow(dataset()), "dataset_info.json": {}},
}
