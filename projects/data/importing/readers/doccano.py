"""doccano's JSON Lines, in all its dialects: spans as [start, end, label] or as entities with offsets, labels of whole
texts, pictures with classes. Offsets count code points."""

from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from projects.data.connectors.files import Files
from projects.data.importing.format import ImportFormat, Reading
from projects.data.importing.readers.going_on import Later, after
from projects.data.importing.readers.json_lines import objects
from projects.data.importing.readers.json_parts import loads
from projects.data.importing.readers.labelled import labelled
from projects.data.importing.readers.listing import each_file, heads
from projects.data.importing.readers.marks import Marks
from projects.data.importing.readers.picture_files import PictureNames, is_picture
from projects.data.importing.readers.spans import CLASSES, Spans
from projects.data.importing.rows import Fault, Item, Row, Said
from projects.errors import Refused

ENDINGS = (".jsonl", ".json1", ".ndjson")
LABELS = ("label", "labels", "cats", "category", "categories", "entities", "annotations")
OWN = {"id", "text", "data", "filename", "meta", "relations", "Comments", "comments", "annotation_approver", *LABELS}


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
            name = pictures.of(value["filename"])
            yield Later(partial(labelled, files, task_type, name, value["filename"][:500], partial(_image, value)))
        else:
            yield Later(_row, task_type, place, size, value)


def _image(value: dict[str, Any], marks: Marks) -> tuple[Said, ...]:
    labels = _labels(value)
    if labels is None:
        return ()
    for one in labels if isinstance(labels, list) else [labels]:
        if isinstance(one, str):
            marks.choose("label", one)
        else:
            marks.lose("label", "no-place", "Only classes of pictures are read here.")
    return marks.said()


def _row(task_type: str, place: str, size: int, value: dict[str, Any]) -> Item:
    text = value.get("text", value.get("data"))
    if not isinstance(text, str):
        return Fault(place, "no-text", "The line has no text.")
    spans = Spans(task_type, place, text)
    labels = _labels(value)
    if labels is not None:
        _mark(spans, labels)
    said = spans.said() if labels is not None else ()
    for name in ("relations", "Comments", "comments"):
        if value.get(name):
            spans.lose(name, "no-place", "This task type has no place for relations and comments.")
    extra = {name: one for name, one in value.items() if name not in OWN}
    meta = value["meta"] if isinstance(value.get("meta"), dict) else {}
    fields: dict[str, Any] = {"text": text} | ({"meta": {**extra, **meta}} if extra or meta else {})
    id = value.get("id")
    external_id = str(id) if isinstance(id, int | str) and not isinstance(id, bool) and str(id).strip() else None
    return Row(place, external_id, fields, size=size, said=said, lost=tuple(spans.lost))


def _labels(value: dict[str, Any]) -> Any:
    """What is said of the line; None where nothing is."""
    return next((value[name] for name in LABELS if value.get(name) is not None), None)


def _mark(spans: Spans, labels: Any) -> None:
    found = labels if isinstance(labels, list) else [labels]
    whole = [one for one in found if isinstance(one, str | int) and not isinstance(one, bool)]
    for index, one in enumerate(found):
        place = f"label[{index}]"
        if isinstance(one, list) and len(one) == 3:
            spans.span(place, one[0], one[1], one[2])
        elif isinstance(one, dict) and {"start_offset", "end_offset"} <= one.keys():
            spans.span(place, one["start_offset"], one["end_offset"], one.get("label"))
        elif isinstance(one, dict) and isinstance(one.get("text"), str):
            spans.lose(place, "no-place", "There is no place here for texts that were written.")
        elif isinstance(one, dict) and "label" in one:
            whole.append(one["label"])
        elif one not in whole:
            spans.lose(place, "wrong-shape", "A label is a word, or a start, an end and a word.")
    texts = [str(one) for one in whole]
    if spans.task_type == CLASSES:
        spans.choose("label", texts[0] if len(texts) == 1 else texts)
    else:
        for _ in texts:
            spans.homeless("classes of the whole text")


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
            spans = all(
                isinstance(one, list) and len(one) == 3 or isinstance(one, dict) and _offsets(one) for one in found
            )
            words = name in ("label", "labels") and all(isinstance(one, str) for one in found)
            if spans or words:
                return "answer" not in value and "payload" not in value
    return isinstance(value.get("filename"), str) and is_picture(value["filename"])


def _offsets(one: dict[str, Any]) -> bool:
    return {"start_offset", "end_offset"} <= one.keys()


FORMAT = ImportFormat(
    key="doccano",
    title="doccano JSONL",
    note="Spans and classes; relations, comments and written texts are lost.",
    task_types=("text_spans", "classification"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
