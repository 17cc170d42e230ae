"""Label Studio's JSON and tables: tasks with their data, what people annotated and what models predicted; its export
and what it takes itself. Read task by task.

The labelling interface isn't in the file, so what a task shows is told by its data: a picture by the ending of its
name, a text by its key (`text`) or by being the only text, two answers by keys that tell them apart. Everything else of
the data comes back as meta. A table (CSV, TSV) has its columns in the order of the alphabet: what is no result by its
looks is a part of the data, unless the mapping says that a column is an answer.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers import label_studio_images, label_studio_pairs, label_studio_texts
from projects.data.reading.readers.columns import ANSWER
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.json_parts import loads, parts
from projects.data.reading.readers.label_studio_results import SHORT, Answer, answers_of, expanded, is_result
from projects.data.reading.readers.labelled import labelled
from projects.data.reading.readers.listing import heads, passed_over, shown, wanted
from projects.data.reading.readers.marks import Marks
from projects.data.reading.readers.picture_files import PictureNames, is_picture, without_upload_prefix
from projects.data.reading.readers.spans import Spans
from projects.data.reading.readers.table import Make, each_row
from projects.data.reading.rows import Fault, Item, Row, Said
from projects.errors import Refused

ENDINGS = (".json",)
TABLES = (".csv", ".tsv")
TEXTS = ("text", "ner", "content", "body", "document", "dialog")
PICTURES = ("image", "img", "picture", "photo")
CONFIG = "config.xml"  # how its pages ask, which the project's settings say here
NAMED = "external_id"  # of a task's data: what others call it
OURS = {"confidence", "method", "task"}  # what Tandem's own export tells of each task among its data


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each task of every file."""
    return after(_items(files, reading), reading.skip)


def _items(files: Files, reading: Reading) -> Iterator[Item | Later]:
    task_type = reading.task_type
    pictures = PictureNames(files)
    for entry in wanted(files):
        name = entry.name
        if name.lower().endswith(TABLES):
            row = partial(_row, files, pictures, task_type, name=name)
            try:
                with files.open(name) as file:
                    yield from each_row(file, partial(_table_row, reading.columns, row))
            except Refused as refused:
                yield Fault.of(refused, shown(name))
            continue
        if not name.lower().endswith(ENDINGS):
            if not is_picture(name) and name.rpartition("/")[2] != CONFIG:
                yield passed_over(name)
            continue
        try:
            with files.open(name) as file:
                for part in parts(file):
                    if part.key == "" and part.value != []:
                        yield Later(_row, files, pictures, task_type, part.value, part.place, name)
        except Refused as refused:
            yield Fault.of(refused, shown(name))


def _table_row(chosen: Mapping[str, str], row: Callable[[Any, str], Item], names: list[str]) -> Make:
    """What makes a row of a line of a table with these columns."""
    mapping = {name.strip().lower(): target for name, target in chosen.items()}
    targets = [mapping.get(name.strip().lower()) for name in names]
    return lambda place, values: row(_short_task(names, targets, values), place)


def _short_task(names: list[str], targets: list[str | None], values: list[str]) -> dict[str, Any]:
    """A line of a table as a task of the short export."""
    data: dict[str, Any] = {}
    results: dict[str, Any] = {}
    told: dict[str, Any] = {"id": None}
    for name, target, value in zip(names, targets, values, strict=True):
        is_answer = target is not None and target.partition(".")[0] == ANSWER
        found = _result(value)
        if target == "" or not value:
            continue
        if name in SHORT:
            told[name] = value
        elif is_answer or found is not None:
            field = str(target).partition(".")[2] if is_answer else name
            results[field] = value if found is None else found
        else:
            data[name if target in (None, "meta") else str(target)] = value
    id = told.pop("id")
    by = {"annotator": told.pop("annotator", None), "annotation_id": told.pop("annotation_id", None)}
    return data | {"id": id} | {name: value for name, value in results.items() if name not in data} | by | told


def _result(value: str) -> Any:
    """What a cell says where it is a result, or a list of some; else None."""
    if not value.startswith(("[{", "{")):
        return None
    try:
        found = loads(value)
    except Refused:
        return None
    return found if all(map(is_result, found if isinstance(found, list) else [found])) else None


def _row(files: Files, pictures: PictureNames, task_type: str, task: Any, at: str, name: str) -> Item:
    place = f"{shown(name)}, {at}"
    task = expanded(task)
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        return Fault(place, "wrong-shape", "A task is an object with its data.")
    id = data.get(NAMED) or task.get("id")
    external_id = str(id) if isinstance(id, int | str) else None
    if task_type == "preference":
        return label_studio_pairs.row(task, place, external_id)
    image = _picture_key(data)
    if image and task_type != "text_spans":
        found = _picture(pictures, str(data[image]), name)
        mark = partial(_image, task)
        item = labelled(files, task_type, found, str(data[image])[:500], mark, external_id=external_id)
        return item if isinstance(item, Fault) else _moved(item, place, _meta(task, image))
    text = _text_key(data)
    if text is None:
        return Fault(place, "no-text", "The task's data has no text that could be shown, and no picture.")
    return _text(task, data, text, task_type, place, external_id)


def _moved(row: Row, place: str, meta: dict[str, Any]) -> Row:
    """A row with the task's place in the file, and the rest of its data."""
    fields = row.fields | ({"meta": meta} if meta else {})
    lost = tuple(one._replace(place=one.place.replace(row.place, place, 1)) for one in row.lost)
    return Row(**(vars(row) | {"place": place, "fields": fields, "lost": lost}))


def _picture_key(data: Mapping[str, Any]) -> str | None:
    named = [key for key in PICTURES if isinstance(data.get(key), str)]
    others = ((key, value) for key, value in data.items() if key != NAMED and isinstance(value, str))
    ended = [key for key, value in others if is_picture(_path(value))]
    return next(iter([*named, *ended]), None)


def _text_key(data: Mapping[str, Any]) -> str | None:
    named = [key for key in TEXTS if isinstance(data.get(key), str) and data[key].strip()]
    others = [key for key, value in data.items() if isinstance(value, str) and " " in value.strip()]
    alone = [key for key, value in data.items() if isinstance(value, str) and value.strip()]
    return next(iter([*named, *others, *alone]), None)


def _path(address: str) -> str:
    """The path of a file in an address of Label Studio's."""
    try:
        parts_ = urlsplit(address)
        inside = parse_qs(parts_.query).get("d", [])
    except ValueError:
        return address
    return unquote(inside[0] if inside else parts_.path)


def _picture(pictures: PictureNames, address: str, near: str) -> str | None:
    path = _path(address)
    last = path.rpartition("/")[2]
    return pictures.of(path, near) or (pictures.of(without_upload_prefix(last), near) if last else None)


def _meta(task: Mapping[str, Any], shown_key: str) -> dict[str, Any]:
    """The rest of a task's data, and its meta; what Tandem wrote into the data to tell of the task is known here."""
    data, meta = task["data"], task.get("meta")
    known = {shown_key, NAMED} | (OURS | {"name", "sha256"} if data.keys() >= OURS else set())
    rest = {key: value for key, value in data.items() if key not in known}
    return (meta if isinstance(meta, dict) else {}) | rest


def _text(
    task: dict[str, Any], data: Mapping[str, Any], key: str, task_type: str, place: str, external_id: str | None
) -> Row:
    text, meta = data[key], _meta(task, key)
    spans = Spans(task_type, place, text)
    said = tuple(one for given in answers_of(task, spans) for one in _told_text(spans, given))
    title = {"title": meta.pop("title")} if data.keys() >= OURS and isinstance(meta.get("title"), str) else {}
    fields = {"text": text} | title | ({"meta": meta} if meta else {})
    return Row(place, external_id, fields, size=2 * len(text), said=said, lost=tuple(spans.lost))


def _told_text(spans: Spans, given: Answer) -> tuple[Said, ...]:
    label_studio_texts.mark(spans, given.results, given.place)
    return given.timed(spans.said(given.by, given.score, given.predicted))


def _image(task: dict[str, Any], marks: Marks) -> tuple[Said, ...]:
    said: list[Said] = []
    for given in answers_of(task, marks):
        own = Marks(marks.task_type, marks.place, marks.width, marks.height)
        label_studio_images.mark(own, given.results, given.place)
        said += given.timed(own.said(given.by, given.score, given.predicted))
        marks.lost += own.lost
    return tuple(said)


def _recognises(files: Files) -> bool:
    for start in heads(files, ENDINGS):
        begins = start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
        if begins and b'"data"' in start and (b'"annotations"' in start or b'"predictions"' in start):
            return True
        if begins and b'"data"' in start and b'"result"' in start:
            return True
        if begins and b'"annotation_id"' in start and b'"annotator"' in start:
            return True
    headings = (start.partition(b"\n")[0] for start in heads(files, TABLES))
    return any(all(name in heading for name in (b"annotation_id", b"annotator", b"lead_time")) for heading in headings)


FORMAT = ImportFormat(
    key="label_studio",
    title="Label Studio",
    note="Annotations by who made them, predictions by their model; relations, rankings, video, audio and drafts are "
    "lost.",
    task_types=("image_regions", "text_spans", "classification", "preference"),
    endings=(*ENDINGS, *TABLES),
    recognises=_recognises,
    read=read,
)
