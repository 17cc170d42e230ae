"""Prodigy's JSON Lines, as its datasets are kept and loaded: what was decided stands there as accepted.

Offsets count code points. What has an area in a picture is a rectangle or a polygon, which is all that Prodigy draws.
"""

from collections.abc import Iterator
from typing import Any

from projects.data.exporting import shapes
from projects.data.exporting.chosen import first_choice
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import ExportFormat
from projects.data.exporting.json_lines import written
from projects.data.exporting.source import Source


def line(source: Source, one: Decided, picture: str) -> dict[str, Any]:
    """A task's."""
    payload = one.payload
    shown: dict[str, Any] = {"image": picture} | {name: payload.get(name) for name in ("width", "height")}
    shown = {"text": payload["text"]} if "text" in payload else shown
    match source.project.task_type:
        case "text_spans":
            said: dict[str, Any] = {"spans": [_span(source, span) for span in one.answer["spans"]]}
        case "image_regions":
            said = {"spans": list(_regions(source, one))}
        case _:
            options = [{"id": name, "text": name} for name in source.names]
            said = {"options": options, "accept": first_choice(source, one)}
    meta = {"meta": payload["meta"]} if payload.get("meta") else {}
    return shown | said | {"answer": "accept", "external_id": one.external_id} | meta


def _span(source: Source, span: dict[str, Any]) -> dict[str, Any]:
    return {"start": span["start"], "end": span["end"], "label": source.classes[span["label"]].name}


def _regions(source: Source, one: Decided) -> Iterator[dict[str, Any]]:
    for region in one.answer["regions"]:
        label = source.classes[region["label"]].name
        for ring in shapes.rings(region["shape"]):
            if region["shape"]["type"] != "box":
                yield {"type": "polygon", "label": label, "points": ring}
                continue
            x, y, width, height = shapes.box_of(region["shape"])
            middle = [x + width / 2, y + height / 2]
            place = {"x": x, "y": y, "width": width, "height": height, "center": middle}
            yield {"type": "rect", "label": label, "points": ring} | place


FORMAT = ExportFormat(
    key="prodigy",
    title="Prodigy JSONL",
    note="Spans, options and regions as accepted answers; masks as the outlines of their parts.",
    loses="Holes, which parts are one object's, that masks are no polygons, lines, points, attributes, titles of the "
    "tasks; of classes all but the first field that was chosen from: numbers, texts, further fields.",
    task_types=("text_spans", "classification", "image_regions"),
    ending=".jsonl",
    media_type="application/x-ndjson",
    write=written(line),
    media=True,
)
