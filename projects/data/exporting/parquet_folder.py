"""Parquet files as Hugging Face's `datasets` loads them from a folder, pictures inside, columns typed.

What a column is for `datasets` stands in the file as its own features do; other readers see plain columns. Rows go into
a temporary file group by group, so that one group is held. pyarrow is loaded when it is needed: it weighs.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from projects.data.exporting import pictures, shapes
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import Names, ending
from projects.data.exporting.pieces import pieces_of
from projects.data.exporting.source import Source
from projects.task_types.preference import PAIR, PREFERRED, Preference

PARTS = {"": "train", "train": "train", "val": "validation", "test": "test"}
GROUP_ROWS = 1000
GROUP_BYTES = 16 * 1024 * 1024  # of pictures in one group
FILE_ROWS = 100_000  # in one file; the next row begins another
FILE_BYTES = 500 * 1024 * 1024

STRING, NUMBER, FLAG, INTEGER = ({"dtype": dtype, "_type": "Value"} for dtype in ("string", "float64", "bool", "int64"))
PICTURE = {"_type": "Image"}
Features = dict[str, Any]
Row = dict[str, Any]


def write(source: Source) -> Iterator[Entry]:
    """data/PART-NUMBER.parquet, and a card that says what is in them. A part without tasks has no file: `datasets`
    reads none that is empty."""
    features = features_of(source)
    names = Names()
    for split in source.splits:
        rows = _rows(source, split, names)
        number, more = 0, True
        while more:
            with tempfile.TemporaryFile() as file:
                count, more = _fill(file, rows, features)
                if not count:
                    break
                yield Entry(f"data/{PARTS[split]}-{number:05d}.parquet", pieces_of(file), packed=False)
            number += 1
    yield Entry("README.md", [f"# {source.project.name}\n\nMade by Tandem; loads by datasets.load_dataset.\n".encode()])


def _fill(file: Any, rows: Iterator[Row], features: Features) -> tuple[int, bool]:
    """Write the next rows into a file; how many, and whether it was full before they ended."""
    import pyarrow as arrow
    from pyarrow import parquet

    schema = arrow.schema(
        [arrow.field(name, _kind(one)) for name, one in features.items()],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    count = size = 0
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        group: list[Row] = []
        held = 0
        for row in rows:
            group.append(row)
            held += row.pop("", 0)
            if len(group) >= GROUP_ROWS or held >= GROUP_BYTES:
                writer.write_table(arrow.Table.from_pylist(group, schema=schema))
                count, size, group, held = count + len(group), size + held, [], 0
                if count >= FILE_ROWS or size >= FILE_BYTES:
                    return count, True
        if group:
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))
    return count + len(group), False


def _kind(feature: Any) -> Any:
    """A feature as Arrow's type."""
    import pyarrow as arrow

    if isinstance(feature, list):
        return arrow.list_(_kind(feature[0]))
    match feature.get("_type") if isinstance(feature.get("_type"), str) else None:
        case "Value":
            names = {"string": arrow.string, "float64": arrow.float64, "bool": arrow.bool_, "int64": arrow.int64}
            return names[feature["dtype"]]()
        case "ClassLabel":
            return arrow.int64()
        case "Image":
            return arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    return arrow.struct([arrow.field(name, _kind(one)) for name, one in feature.items()])


def features_of(source: Source) -> Features:
    """The columns of a project, as `datasets` describes them."""
    ids = {"external_id": STRING, "task": STRING, "batch": STRING}
    last = {"confidence": NUMBER, "method": STRING, "decided_at": STRING, "meta": STRING}
    return ids | COLUMNS[source.project.task_type](source) | last


def _label(names: Sequence[str]) -> Features:
    return {"names": list(names), "_type": "ClassLabel"}


def _of_regions(source: Source) -> Features:
    region: Features = {
        "id": STRING,
        "label": _label(source.names),
        "type": STRING,
        "bbox": [NUMBER],
        "points": [[NUMBER]],
        "visible": FLAG,
    }
    drawn: dict[str, Features] = {"png": {"mask": PICTURE}, "polygons": {"polygons": [[[NUMBER]]]}}
    region |= drawn.get(source.terms.masks, {"rle": STRING})
    region |= {"attributes": STRING}
    picture = {"image": PICTURE} if source.terms.media else {}
    return picture | {"file_name": STRING, "width": INTEGER, "height": INTEGER, "regions": [region]}


def _of_spans(source: Source) -> Features:
    span = {"id": STRING, "start": INTEGER, "end": INTEGER, "label": _label(source.names), "attributes": STRING}
    return {"text": STRING, "title": STRING, "spans": [span]}


def _of_fields(source: Source) -> Features:
    """Each field that was ever asked for, in columns that no other name takes."""
    shown: Features = {"text": STRING, "file_name": STRING} | ({"image": PICTURE} if source.terms.media else {})
    if source.project.task_type == Preference.key:
        shown = {"prompt": STRING} | {name: STRING for side in PAIR for name in (side, f"{side}_item")}
        if source.terms.media:
            shown |= {f"{side}_image": PICTURE for side in PAIR}
    kinds = {"number": NUMBER, "text": STRING}
    for key, kind in _asked(source).items():
        one = kinds.get(kind) or _label(source.names)
        shown[f"answer_{key}"] = [one] if kind in ("multiple", "tree") else one
    return shown


def _asked(source: Source) -> dict[str, str]:
    """The fields of all versions of the settings with their kinds, the newest first."""
    found = {PREFERRED: "choice"} if source.project.task_type == Preference.key else {}
    for one in source.asked:
        found.setdefault(one["key"], one["kind"])
    return found


def _rows(source: Source, split: str, names: Names) -> Iterator[Row]:
    """The rows of a part; under "" how many bytes of pictures each holds."""
    said = SAID[source.project.task_type]
    for one in source.tasks(split):
        row: Row = {
            "external_id": one.external_id,
            "task": one.id,
            "batch": one.batch,
            "confidence": one.confidence,
            "method": one.method,
            "decided_at": one.at.isoformat(),
            "meta": json.dumps(one.payload.get("meta") or {}, ensure_ascii=False),
        }
        stem = names.stem(one)
        shown = [{"bytes": pictures.whole(one, at), "path": f"{stem}{ending(one)}"} for at in range(len(one.pictures))]
        yield row | said(source, one, shown) | {"": sum(len(picture["bytes"]) for picture in shown)}


def _regions(source: Source, one: Decided, shown: list[Row]) -> Row:
    payload = one.payload
    row: Row = {"file_name": payload["name"], "width": payload["width"], "height": payload["height"]}
    row["regions"] = [_region(source, region) for region in one.answer["regions"]]
    return row | ({"image": shown[0]} if shown else {})


def _region(source: Source, region: dict[str, Any]) -> Row:
    shape = region["shape"]
    kind, points = shape["type"], shape.get("points", [])
    if kind == "point":
        points = [[shape["x"], shape["y"]]]
    row: Row = {
        "id": region["id"],
        "label": source.classes[region["label"]].number,
        "type": kind,
        "bbox": shapes.box_of(shape),
        "points": [[float(value) for value in point] for point in points],
        "visible": shape.get("visible"),
        "attributes": json.dumps(region["attributes"], ensure_ascii=False),
    }
    if kind != "mask":
        return row
    if source.terms.masks == "png":
        return row | {"mask": {"bytes": shapes.png(shapes.bitmap(shape, *shape["size"])), "path": None}}
    if source.terms.masks == "polygons":
        return row | {"polygons": shapes.rings(shape)}
    return row | {"rle": json.dumps({"size": shape["size"], "counts": shape["counts"]})}


def _spans(source: Source, one: Decided, shown: list[Row]) -> Row:
    spans = [
        {name: span[name] for name in ("id", "start", "end")}
        | {
            "label": source.classes[span["label"]].number,
            "attributes": json.dumps(span["attributes"], ensure_ascii=False),
        }
        for span in one.answer["spans"]
    ]
    return {"text": one.payload["text"], "title": one.payload.get("title"), "spans": spans}


def _fields(source: Source, one: Decided, shown: list[Row]) -> Row:
    payload = one.payload
    row: Row = {"text": payload.get("text"), "file_name": payload.get("name")}
    if shown:
        row["image"] = shown[0]
    if source.project.task_type == Preference.key:
        row = {"prompt": payload.get("prompt")}
        for at, side in enumerate(PAIR):
            row |= {
                side: payload[side].get("text") or payload[side].get("name"),
                f"{side}_item": payload[side].get("item"),
            }
            row |= {f"{side}_image": shown[at]} if len(shown) == 2 else {}
    for part in one.answer["fields"]:
        row[f"answer_{part['field']}"] = _value(source, part)
    return row


def _value(source: Source, part: dict[str, Any]) -> Any:
    value = part["value"]
    if part["kind"] == "number":
        return float(value)
    if part["kind"] == "text":
        return value
    found = [source.classes[key].number for key in (value if isinstance(value, list) else [value])]
    return found if isinstance(value, list) else found[0]


COLUMNS = {
    "image_regions": _of_regions,
    "text_spans": _of_spans,
    "classification": _of_fields,
    "preference": _of_fields,
}
SAID = {"image_regions": _regions, "text_spans": _spans, "classification": _fields, "preference": _fields}

FORMAT = ExportFormat(
    key="parquet",
    title="Parquet (Hugging Face)",
    note="A folder that datasets.load_dataset loads, pictures inside, labels as classes; val is called validation.",
    loses="Provenance and judgements; attributes and meta are JSON in a text.",
    task_types=("image_regions", "text_spans", "classification", "preference"),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
    media=True,
    masks=("rle", "polygons", "png"),
)
