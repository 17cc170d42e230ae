"""doccano's JSON Lines, in all its dialects: spans as [start, end, label] or as entities with offsets, labels of whole
texts, pictures with classes, boxes or polygons. Offsets count code points."""

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.coco_marks import pairs
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.json_lines import objects
from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.labelled import labelled
from projects.data.reading.readers.listing import each_file, heads
from projects.data.reading.readers.marks import REGIONS as IMAGES
from projects.data.reading.readers.marks import Marks
from projects.data.reading.readers.picture_files import PictureNames, is_picture
from projects.data.reading.readers.spans import CLASSES, SPANS, Spans
from projects.data.reading.rows import Fault, Item, Row, Said
from projects.errors import Refused

ENDINGS = (".jsonl", ".json1", ".ndjson")
LABELS = ("label", "labels", "cats", "category", "categories", "entities", "annotations")
REGIONS = ("bbox", "bboxes", "segmentation", "segments")
NO_PLACE = ("relations", "Comments", "comments")
OWN = {"id", "text", "data", "filename", "meta", *NO_PLACE, *LABELS, *REGIONS}


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of every file, in the order of their names."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    pictures = PictureNames(files)
    for item in each_file(files, ENDINGS, partial(_rows, files, pictures, task_type)):
        if isinstance(item, Later) or not (item.place in pictures.names and isinstance(item, Fault)):
            yield item


def _rows(files: Files, pictures: PictureNames, task_type: str, file: BinaryIO) -> Iterator[Item | Later]:
    for place, size, value in objects(file):
        if isinstance(value, Fault):
            yield value
        elif isinstance(value.get("filename"), str):
            yield Later(_picture, files, pictures, task_type, value)
        else:
            yield Later(_row, task_type, place, size, value)


def _picture(files: Files, pictures: PictureNames, task_type: str, value: dict[str, Any]) -> Item:
    """The row of a picture: doccano's own number is no name for it, and comes back as meta."""
    named, meta = value["filename"], _meta(value)
    external_id = value.get("id") if isinstance(value.get("id"), str) else None
    if external_id is None and value.get("id") is not None:
        meta |= {"id": value["id"]}
    mark = partial(_image, value)
    return labelled(files, task_type, pictures.of(named), named[:500], mark, external_id=external_id, meta=meta)


def _image(value: dict[str, Any], marks: Marks) -> tuple[Said, ...]:
    for name, labels in _said(value, LABELS):
        for index, one in enumerate(labels):
            if isinstance(one, str):
                marks.choose(f"{name}[{index}]", one)
            else:
                marks.lose(f"{name}[{index}]", "no-place", "A class of a picture is a word.")
    for name, found in _said(value, REGIONS):
        for index, one in enumerate(found):
            try:
                shape = _shape(one)
            except Refused as refused:
                marks.lose(f"{name}[{index}]", refused.code, refused.sentence)
                continue
            marks.region(f"{name}[{index}]", one.get("label"), shape, _more(one))
    for name, index in _homeless(value):
        marks.lose(f"{name}[{index}]", "no-place", "This task type has no place for relations and comments.")
    told = REGIONS if marks.task_type == IMAGES else LABELS  # classes say nothing of what could be drawn
    said = marks.said()
    return said if any(value.get(name) is not None for name in told) else ()


def _shape(one: Any) -> dict[str, Any]:
    """A box, or a polygon whose numbers come in a row or by twos. Raises Refused."""
    if isinstance(one, dict) and {"x", "y", "width", "height"} <= one.keys():
        return {"type": "box"} | {name: one[name] for name in ("x", "y", "width", "height")}
    points = one.get("points") if isinstance(one, dict) else None
    if not isinstance(points, list) or not points:
        raise Refused("A region has a place and a size, or points.", code="wrong-shape")
    return {"type": "polygon", "points": points if isinstance(points[0], list) else pairs(points)}


def _more(one: dict[str, Any]) -> dict[str, Any]:
    """What else is said of a region."""
    known = {"id", "uuid", "label", "points", "x", "y", "width", "height"}
    return {name: value for name, value in one.items() if name not in known and value is not None}


def _row(task_type: str, place: str, size: int, value: dict[str, Any]) -> Item:
    text = value.get("text", value.get("data"))
    if not isinstance(text, str):
        return Fault(place, "no-text", "The line has no text.")
    spans = Spans(task_type, place, text)
    labels = [(f"{name}[{index}]", one) for name, found in _said(value, LABELS) for index, one in enumerate(found)]
    said: list[Said] = []
    for name, index in _homeless(value):
        spans.homeless(name.lower(), f"{name}[{index}]")
    for user in dict.fromkeys(map(_user, (one for _, one in labels))) or [""]:
        _mark(spans, [(at, one) for at, one in labels if _user(one) == user])
        said += spans.said(by=user)
    answered = any(value.get(name) is not None for name in LABELS)
    if task_type == SPANS and labels:
        answered = any(_is_span(one) for _, one in labels)  # words alone say nothing of what could be marked
    meta = _meta(value)
    fields: dict[str, Any] = {"text": text} | ({"meta": meta} if meta else {})
    id = value.get("id")
    external_id = str(id) if isinstance(id, int | str) and not isinstance(id, bool) and str(id).strip() else None
    return Row(place, external_id, fields, size=size, said=tuple(said if answered else ()), lost=tuple(spans.lost))


def _meta(value: dict[str, Any]) -> dict[str, Any]:
    """The line's further fields, and its meta, which old files have as a text of JSON."""
    meta, extra = value.get("meta"), {name: one for name, one in value.items() if name not in OWN and one is not None}
    if isinstance(meta, str) and meta.strip().startswith("{"):
        with contextlib.suppress(Refused):
            meta = loads(meta)
    return extra | (meta if isinstance(meta, dict) else {} if meta in (None, "") else {"meta": meta})


def _said(value: dict[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, list[Any]]]:
    """Everything that is said under these names, each as a list."""
    for name in names:
        found = value.get(name)
        if found is not None:
            yield name, found if isinstance(found, list) else [found]


def _homeless(value: dict[str, Any]) -> Iterator[tuple[str, int]]:
    return ((name, index) for name, found in _said(value, NO_PLACE) for index in range(len(found)))


def _user(one: Any) -> str:
    """Whose a label is, in files that say so."""
    user = one.get("user") if isinstance(one, dict) else None
    return "" if user is None else str(user)[:200]


def _mark(spans: Spans, labels: list[tuple[str, Any]]) -> None:
    whole: list[tuple[str, str]] = []
    for place, one in labels:
        if isinstance(one, str | int) and not isinstance(one, bool):
            whole.append((place, str(one)))
        elif isinstance(one, list) and _is_span(one):
            spans.span(place, one[0], one[1], one[2])
        elif isinstance(one, dict) and _is_span(one):
            spans.span(place, one["start_offset"], one["end_offset"], one.get("label"))
        elif isinstance(one, dict) and isinstance(one.get("text"), str):
            spans.lose(place, "no-place", "There is no place here for texts that were written.")
        elif isinstance(one, dict) and "label" in one:
            whole.append((place, str(one["label"])))
        else:
            spans.lose(place, "wrong-shape", "A label is a word, or a start, an end and a word.")
    if spans.task_type == CLASSES:
        texts = [text for _, text in whole]
        spans.choose("label", texts[0] if len(texts) == 1 else texts)
    else:
        for place, _ in whole:
            spans.homeless("classes of the whole text", place)


def _recognises(files: Files) -> bool:
    for start in heads(files, ENDINGS):
        first = start.decode("utf-8", "replace").lstrip("\ufeff").splitlines()[:1]
        try:
            value = loads(first[0]) if first else None
        except Refused:
            continue
        if isinstance(value, dict) and _is_doccano(value):
            return True
    return False


def _is_doccano(value: dict[str, Any]) -> bool:
    shown = isinstance(value.get("text", value.get("data", value.get("filename"))), str)
    for name in ("label", "labels", "entities", "annotations"):
        found = value.get(name)
        if isinstance(found, list) and shown:
            spans = all(map(_is_span, found))
            words = name in ("label", "labels") and all(isinstance(one, str) for one in found)
            old = name == "annotations" and all(
                isinstance(one, dict) and one.keys() & {"label", "text"} for one in found
            )
            if spans or words or old:
                return "answer" not in value and "payload" not in value
    intent = isinstance(value.get("cats"), list) and isinstance(value.get("entities"), list)
    return intent and shown or isinstance(value.get("filename"), str) and is_picture(value["filename"])


def _is_span(one: Any) -> bool:
    """Whether it is a stretch of a text, in either dialect."""
    if isinstance(one, dict):
        return {"start_offset", "end_offset"} <= one.keys()
    return isinstance(one, list) and len(one) == 3


FORMAT = ImportFormat(
    key="doccano",
    title="doccano JSONL",
    note="Spans, classes, boxes and polygons, by whose they are; relations, comments and written texts are lost.",
    task_types=("text_spans", "classification", "image_regions"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
