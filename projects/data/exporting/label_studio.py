"""Label Studio's JSON: tasks with one annotation each, what was decided; with pictures also its labelling interface.

Places in pictures are percents of the width and height, in texts offsets of code points.
"""

from collections.abc import Callable, Iterator
from typing import Any

from projects.data.exporting import brush, pictures, shapes
from projects.data.exporting.chosen import name_of
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.markup import quoted
from projects.data.exporting.names import Names, ending
from projects.data.exporting.pieces import as_json
from projects.data.exporting.source import Source
from projects.inference import geometry
from projects.task_types.preference import FIRST, PAIR, PREFERRED, TIE

Result = dict[str, Any]
SIDES = {FIRST: "left"}
TOOLS = {  # its tools, and the shapes that they draw
    "Brush": {"mask"},
    "Rectangle": {"box"},
    "Polygon": {"polygon", "polyline", "mask"},  # masks where they go as polygons
    "KeyPoint": {"point"},
}


def write(source: Source) -> Iterator[Entry]:
    """One array of tasks alone; or one for each part beside its pictures, and the interface that shows them."""
    alone = not source.terms.split and not source.terms.media
    told, lying = Names(), Names()
    for split in source.splits:
        yield Entry("all.json" if alone else f"{split or 'tasks'}.json", _document(source, split, told))
        if source.terms.media:
            for one in source.tasks(split):
                stem = lying.stem(one)
                for which, _picture in enumerate(one.pictures):
                    yield from pictures.entry(one, _picture_name(split, stem, one, which), which)
    if not alone:
        yield Entry("config.xml", [_interface(source).encode()])


def _document(source: Source, split: str, names: Names) -> Iterator[bytes]:
    yield b"["
    for number, one in enumerate(source.tasks(split), start=1):
        yield (b",\n" if number > 1 else b"\n") + as_json(_task(source, one, number, split, names.stem(one)))
    yield b"\n]\n"


def _task(source: Source, one: Decided, number: int, split: str, stem: str) -> dict[str, Any]:
    annotation = {
        "id": number,
        "completed_by": {"email": "", "id": 0},
        "result": list(RESULTS[source.project.task_type](source, one)),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": one.answered_at.isoformat(),
        "lead_time": None if one.source.duration_ms is None else one.source.duration_ms / 1000,
    }
    return {
        "id": number,
        "data": _data(source, one, split, stem),
        "meta": one.payload.get("meta") or {},
        "annotations": [annotation],
        "predictions": [],
    }


def _data(source: Source, one: Decided, split: str, stem: str) -> dict[str, Any]:
    """What Label Studio shows, and under which names we know the task."""
    payload = one.payload
    told = {"external_id": one.external_id, "confidence": one.confidence, "method": one.method, "task": one.id}
    if "text" in payload:
        return {"text": payload["text"]} | ({"title": payload["title"]} if "title" in payload else {}) | told
    if "asset" in payload:
        own = {"name": payload["name"], "sha256": payload["asset"]}
        return {"image": _picture_name(split, stem, one, 0) if one.pictures else payload["name"]} | own | told
    data: dict[str, Any] = {"prompt": payload["prompt"]} if "prompt" in payload else {}
    for which, side in enumerate(PAIR):
        shown = payload[side].get("text")
        if shown is None:
            shown = _picture_name(split, stem, one, which) if one.pictures else payload[side]["name"]
        data |= {side: shown} | ({f"{side}_item": payload[side]["item"]} if payload[side].get("item") else {})
    return data | told


def _picture_name(split: str, stem: str, one: Decided, which: int) -> str:
    second = "-second" if which else ""
    return f"images/{split + '/' if split else ''}{stem}{second}{ending(one)}"


def _regions(source: Source, one: Decided) -> Iterator[Result]:
    height, width = one.payload["height"], one.payload["width"]
    for at, region in enumerate(one.answer["regions"]):
        name = source.classes[region["label"]].name
        for part, (kind, value) in enumerate(_shape(region["shape"], height, width, source.terms.masks)):
            yield {
                "id": f"{region['id']}-{part}" if part else region["id"],
                "from_name": kind.removesuffix("labels"),
                "to_name": "image",
                "type": kind,
                "value": value | {kind: [name]},
                "original_width": width,
                "original_height": height,
                "image_rotation": 0,
                "origin": "manual",
                "meta": {"attributes": region["attributes"], "order": at},
            }


def _shape(shape: dict[str, Any], height: int, width: int, masks: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A shape as the kind of Label Studio's and its value; a mask as polygons is one for each part."""

    def percents(points: list[list[float]]) -> list[list[float]]:
        return [[x * 100 / width, y * 100 / height] for x, y in points]

    if shape["type"] == "mask" and masks != "polygons":
        yield "brushlabels", {"format": "rle", "rle": brush.encode(geometry.bitmap_from_mask(shape))}
    elif shape["type"] in ("mask", "polygon"):
        yield from (("polygonlabels", {"points": percents(ring), "closed": True}) for ring in shapes.rings(shape))
    elif shape["type"] == "box":
        (x, y), (wide, tall) = percents([shapes.box_of(shape)[:2], shapes.box_of(shape)[2:]])
        yield "rectanglelabels", {"x": x, "y": y, "width": wide, "height": tall, "rotation": 0}
    elif shape["type"] == "point":
        ((x, y),) = percents([[shape["x"], shape["y"]]])
        yield "keypointlabels", {"x": x, "y": y, "width": 0.5, "hidden": not shape.get("visible", True)}
    else:
        yield "polygonlabels", {"points": percents(shape["points"]), "closed": False}


def _spans(source: Source, one: Decided) -> Iterator[Result]:
    text = one.payload["text"]
    for span in one.answer["spans"]:
        start, end = span["start"], span["end"]
        yield {
            "id": span["id"],
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": start,
                "end": end,
                "text": text[start:end],
                "labels": [source.classes[span["label"]].name],
            },
            "origin": "manual",
            "meta": {"attributes": span["attributes"]},
        }


def _fields(source: Source, one: Decided) -> Iterator[Result]:
    shown = "image" if "asset" in one.payload else "text"
    for part in one.answer["fields"]:
        if part["field"] == PREFERRED and source.project.task_type == "preference":
            yield _preferred(part["value"])
            continue
        kind, value = _value(source, part)
        common = {"id": part["field"], "from_name": part["field"], "origin": "manual"}
        yield common | {"to_name": shown, "type": kind, "value": value}


def _value(source: Source, part: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    value = part["value"]
    if part["kind"] == "number":
        return "number", {"number": value}
    if part["kind"] == "text":
        return "textarea", {"text": [value]}
    names = [name_of(source, key) for key in (value if isinstance(value, list) else [value])]
    return ("taxonomy", {"taxonomy": [names]}) if part["kind"] == "tree" else ("choices", {"choices": names})


def _preferred(value: str) -> Result:
    """Label Studio's pairs have no tie: it is told as a choice."""
    result: Result = {"id": PREFERRED, "from_name": PREFERRED, "to_name": "first,second", "origin": "manual"}
    if value == TIE:
        return result | {"type": "choices", "value": {"choices": [TIE]}}
    return result | {"type": "pairwise", "value": {"selected": SIDES.get(value, "right")}}


RESULTS: dict[str, Callable[[Source, Decided], Iterator[Result]]] = {
    "image_regions": _regions,
    "text_spans": _spans,
    "classification": _fields,
    "preference": _fields,
}


def _interface(source: Source) -> str:
    """The labelling interface for these tasks, where it follows from the labels alone."""
    labels = "".join(f'<Label value={quoted(one.name)} background="{one.colour}"/>' for one in source.in_order)
    if source.project.task_type == "image_regions":
        return f'<View><Image name="image" value="$image"/>{"".join(_tools(source))}</View>\n'
    if source.project.task_type == "text_spans":
        return f'<View><Labels name="label" toName="text">{labels}</Labels><Text name="text" value="$text"/></View>\n'
    if source.project.task_type == "preference":
        shown = "".join(f'<Text name="{side}" value="${side}"/>' for side in PAIR)
        return f'<View><Pairwise name="preferred" toName="first,second"/>{shown}</View>\n'
    choices = labels.replace("<Label ", "<Choice ")
    return f'<View><Text name="text" value="$text"/><Choices name="label" toName="text">{choices}</Choices></View>\n'


def _tools(source: Source) -> Iterator[str]:
    """A tool for each kind of shape that labels take, with these labels. Those of points are numbered: in that order
    its converter writes them as COCO's key points, and without points it writes plain categories."""
    for kind, drawn in TOOLS.items():
        labels = [one for one in source.in_order if not one.shapes or drawn & set(one.shapes)]
        inside = "".join(
            f'<Label value={quoted(one.name)} background="{one.colour}"'
            + (f' model_index="{at}"/>' if kind == "KeyPoint" else "/>")
            for at, one in enumerate(labels)
        )
        if labels:
            yield f'<{kind}Labels name="{kind.lower()}" toName="image">{inside}</{kind}Labels>'


FORMAT = ExportFormat(
    key="label_studio",
    title="Label Studio JSON",
    note="Tasks with the decided answer as their one annotation; masks as its brush or as polygons.",
    loses="Judgements; attributes go under “meta”, which its pages don't show; a tie of a pair is a choice.",
    task_types=("image_regions", "text_spans", "classification", "preference"),
    ending=".json",
    media_type="application/json",
    write=write,
    media=True,
    masks=("rle", "polygons"),
)
