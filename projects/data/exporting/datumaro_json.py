"""Datumaro's own layout: annotations/PART.json, and the pictures under images/PART/. Written as a stream."""

from collections.abc import Iterator
from typing import Any

from projects.data.exporting import pictures, shapes
from projects.data.exporting.coco import ALL
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import Names, ending
from projects.data.exporting.pieces import as_json
from projects.data.exporting.source import Source

VERSION = "1.0"
IMAGE = 2  # Datumaro's number of this kind of media


def write(source: Source) -> Iterator[Entry]:
    """The file of each part, then its pictures."""
    told, lying = Names(), Names()
    for split in source.splits:
        part = split or ALL
        yield Entry(f"annotations/{part}.json", _document(source, split, told))
        if source.terms.media:
            for one in source.tasks(split):
                yield from pictures.entry(one, f"images/{part}/{lying.stem(one)}{ending(one)}")


def _document(source: Source, split: str, names: Names) -> Iterator[bytes]:
    labels = [{"name": name, "parent": "", "attributes": []} for name in source.names]
    colours = [shapes.colour_of(one.colour) for one in source.in_order]
    colormap = [dict(zip("rgb", colour, strict=True)) | {"label_id": at} for at, colour in enumerate(colours)]
    head = {
        "dm_format_version": VERSION,
        "media_type": IMAGE,
        "infos": {"project": source.project.name},
        "categories": {
            "label": {"label_groups": [], "labels": labels, "attributes": []},
            "mask": {"colormap": colormap},
        },
    }
    yield as_json(head)[:-1] + b',"items":['
    for number, one in enumerate(source.tasks(split)):
        stem = names.stem(one)
        item = {
            "id": stem,
            "annotations": [_annotation(source, region, at) for at, region in enumerate(one.answer["regions"])],
            "attr": {"external_id": one.external_id},
            "image": {"path": f"{stem}{ending(one)}", "size": [one.payload["height"], one.payload["width"]]},
        }
        yield (b"," if number else b"") + as_json(item)
    yield b"]}\n"


def _annotation(source: Source, region: dict[str, Any], at: int) -> dict[str, Any]:
    label = source.classes[region["label"]].number
    common = {"id": at, "attributes": region["attributes"], "group": 0, "label_id": label, "z_order": at}
    shape = region["shape"]
    if shape["type"] == "mask":
        return common | {"type": "mask", "rle": {"counts": shape["counts"], "size": shape["size"]}}
    if shape["type"] == "box":
        return common | {"type": "bbox", "bbox": shapes.box_of(shape)}
    if shape["type"] == "point":
        visible = 2 if shape.get("visible", True) else 1
        return common | {"type": "points", "points": [shape["x"], shape["y"]], "visibility": [visible]}
    return common | {"type": shape["type"], "points": [value for point in shape["points"] for value in point]}


FORMAT = ExportFormat(
    key="datumaro",
    title="Datumaro",
    note="Datumaro's own layout, which it turns into others: all shapes and attributes.",
    loses="Provenance, judgements and meta.",
    task_types=("image_regions",),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
    media=True,
)
