"""Hugging Face's datasets, as Parquet files from their hub or as the Arrow folder that `save_to_disk` writes; with
pictures inside them or beside. Read without the package `datasets`: what its columns are is written in the files.

ClassLabel columns become answers, `tokens` with a tag each a text with spans, `objects` boxes; else a row is a row of a
table.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.conll import entities
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.hugging_face_things import SPANS, mark_spans, name_of, names_in, region, things_in
from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.labelled import labelled
from projects.data.reading.readers.listing import is_wanted, listed, passed_over, seekable, shown, text_of, wanted
from projects.data.reading.readers.marks import Marks
from projects.data.reading.readers.nesting import NestedTooDeep
from projects.data.reading.readers.parquet import AT_ONCE, check_row, damaged, each_row, opened, plain
from projects.data.reading.readers.picture_files import Inside, PictureNames, is_picture
from projects.data.reading.readers.spans import Spans
from projects.data.reading.rows import Fault, Item, Row, Said
from projects.errors import Refused

ARROW, PARQUET = (".arrow",), (".parquet",)
MAX_INFO = 32 * 1024 * 1024
TAIL = 256 * 1024
TAGS = ("ner_tags", "tags", "labels", "ner")
ANSWER = "answer_"  # how the columns begin in which Tandem's export has answers
OURS = {"task", "batch", "confidence", "method", "decided_at", "meta"}  # the columns of every such export
UNKNOWN = -1  # the number of a class that isn't said


class Columns(NamedTuple):
    """Which columns are what."""

    features: dict[str, Any]
    picture: str | None
    text: str | None
    tokens: str | None
    tags: str | None
    objects: str | None
    classes: dict[str, list[str]]  # of ClassLabel columns, the names
    answers: tuple[str, ...] = ()  # the columns in which Tandem's own export has answers


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of every file, in the order of their names."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    pictures = PictureNames(files)
    for entry in wanted(files):
        name = entry.name
        if not name.lower().endswith(ARROW + PARQUET):
            if not is_picture(name) and not name.endswith((".json", ".md", ".gitattributes")):
                yield passed_over(name)
            continue
        try:
            with files.open(name) as file:
                for number, (columns, values) in enumerate(_rows(files, name, file), start=1):
                    place = f"{shown(name)}, row {number}"
                    yield Later(partial(_row, files, pictures, task_type, place, columns, values))
        except Refused as refused:
            yield Fault.of(refused, shown(name))


def _rows(files: Files, name: str, file: BinaryIO) -> Iterator[tuple[Columns, dict[str, Any]]]:
    """Each row of a file, with its columns. Raises Refused."""
    if name.lower().endswith(PARQUET):
        with seekable(file) as open_file:
            table = opened(open_file)
            columns = _columns(files, name, table.schema_arrow)
            for values in each_row(table):
                yield columns, dict(zip(table.schema_arrow.names, values, strict=True))
        return
    import pyarrow
    from pyarrow import ipc

    try:
        with ipc.open_stream(file) as stream:
            columns = _columns(files, name, stream.schema)
            for batch in stream:
                batch.validate(full=True)  # a damaged one may point anywhere, and is believed
                for at in range(0, batch.num_rows, AT_ONCE):
                    piece = batch.slice(at, AT_ONCE)
                    for number in range(piece.num_rows):
                        check_row(piece, number)
                    for values in piece.to_pylist():
                        yield columns, values
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, StopIteration) as problem:
        raise damaged(problem) from None


def _columns(files: Files, name: str, schema: Any) -> Columns:
    features = _features(schema) or _info(files, name)
    names = list(schema.names)
    kinds = {column: _kind(features.get(column)) for column in names}
    of = lambda kind: next((column for column in names if kinds[column] == kind), None)  # noqa: E731
    answers = [column for column in names if column.startswith(ANSWER)] if set(names) >= OURS else []
    kinds |= dict.fromkeys(answers, "answer")
    tagged = [column for column in (*TAGS, *names) if kinds.get(column) == "classes"]
    texts = [column for column in ("text", "sentence", "content", *names) if kinds.get(column) == "text"]
    texts = [column for column in texts if column not in ("id", "file_name")]
    tokens = "tokens" if kinds.get("tokens") == "texts" else None
    classes = {column: list(features[column].get("names") or ()) for column in names if kinds[column] == "class"}
    return Columns(
        features,
        of("picture"),
        texts[0] if texts else None,
        tokens,
        tagged[0] if tagged else None,
        of("objects"),
        classes,
        tuple(answers),
    )


def _features(schema: Any) -> dict[str, Any]:
    """What the file says of its columns. Raises NestedTooDeep."""
    raw = (schema.metadata or {}).get(b"huggingface")
    if raw is None or len(raw) > MAX_INFO:
        return {}
    try:
        told = loads(raw.decode("utf-8", "replace"))
    except NestedTooDeep:
        raise
    except Refused:
        return {}
    return _of_info(told.get("info") if isinstance(told, dict) else None)


def _info(files: Files, name: str) -> dict[str, Any]:
    """What dataset_info.json beside the file says of its columns."""
    folder = name.rpartition("/")[0]
    beside = f"{folder}/dataset_info.json" if folder else "dataset_info.json"
    try:
        return _of_info(loads(text_of(files, beside, MAX_INFO)))
    except (Refused, OSError):
        return {}


def _of_info(told: Any) -> dict[str, Any]:
    features = told.get("features") if isinstance(told, dict) else None
    return {str(name): one for name, one in features.items()} if isinstance(features, dict) else {}


def _kind(feature: Any) -> str:
    """What a column holds, of what matters here."""
    if isinstance(feature, list) and len(feature) == 1:
        inner = _kind(feature[0])
        return {"class": "classes", "text": "texts"}.get(inner, "objects" if isinstance(feature[0], dict) else "")
    if not isinstance(feature, dict):
        return ""
    type_ = feature.get("_type")
    if type_ in ("Sequence", "List", "LargeList"):
        within = feature.get("feature")
        held = {"class": "classes", "text": "texts"}.get(_kind(within), "")
        return held or ("objects" if isinstance(within, dict) and "bbox" in within else "")
    if type_ is None and "bbox" in feature:
        return "objects"
    if type_ == "Value":
        return "text" if feature.get("dtype") in ("string", "large_string") else ""
    return {"Image": "picture", "ClassLabel": "class"}.get(str(type_), "")


def _row(
    files: Files, pictures: PictureNames, task_type: str, place: str, columns: Columns, values: dict[str, Any]
) -> Item:
    shown_columns = {columns.picture, columns.text, columns.tokens, columns.tags, columns.objects}
    shown_columns |= {*columns.classes, *columns.answers}
    lost: list[Fault] = []
    meta: dict[str, Any] = {}
    for name, value in values.items():
        if name in shown_columns and not (name == columns.text and columns.picture) or value is None:
            continue
        try:
            meta[name] = plain(value, name)
        except Refused as refused:
            lost.append(Fault.of(refused, place))
    meta = _of_ours(meta) if values.keys() >= OURS else meta
    id = meta.pop("external_id", None) or meta.pop("id", None)
    external_id = str(id) if isinstance(id, int | str) and str(id).strip() else None
    pictured = columns.picture and (values.get(columns.picture) is not None or not values.get(columns.text or ""))
    if pictured and task_type != "text_spans":
        found = _picture(files, pictures, task_type, place, columns, values, external_id)
    else:
        found = _text(task_type, place, columns, values, external_id)
    if isinstance(found, Fault):
        return found
    fields = found.fields | ({"meta": meta} if meta else {})
    return Row(**(vars(found) | {"fields": fields, "lost": (*found.lost, *lost), "place": place}))


def _of_ours(meta: dict[str, Any]) -> dict[str, Any]:
    """What came with a task, of a row that Tandem wrote: what it told of the task beside that is known here."""
    try:
        told = loads(meta.get("meta") or "{}")
    except Refused:
        told = {}
    known = OURS | {"file_name", "width", "height", "title"}
    rest = {name: value for name, value in meta.items() if name not in known}
    return rest | (told if isinstance(told, dict) else {})


def _picture(
    files: Files,
    pictures: PictureNames,
    task_type: str,
    place: str,
    columns: Columns,
    values: dict[str, Any],
    external_id: str | None,
) -> Item:
    told = values.get(columns.picture or "")
    told = told if isinstance(told, Mapping) else {"path": told}
    data, path = told.get("bytes"), told.get("path")
    called = path if isinstance(path, str) and path else place
    name: str | None = called
    if isinstance(data, bytes) and data:
        files = Inside(called, data)
        external_id = external_id or (place if called == place else called)
    else:
        name = pictures.of(called)
    item = labelled(files, task_type, name, called, partial(_mark, columns, values), external_id=external_id)
    return item._replace(place=place) if isinstance(item, Fault) else item


def _mark(columns: Columns, values: dict[str, Any], marks: Marks) -> tuple[Said, ...]:
    told = False
    for field, name in _classes(columns, values):
        marks.choose(field, name, field)
        told = True
    for field, value in _answers(columns, values):
        marks.choose(field, value, field, "answer")
        told = True
    things = values.get(columns.objects or "")
    if columns.objects and isinstance(things, Mapping | list):
        told = True
        feature = columns.features[columns.objects]
        inner = feature.get("feature", feature) if isinstance(feature, dict) else feature[0]
        names = names_in(inner)
        for index, (thing, label) in enumerate(things_in(things)):
            region(marks, f"{columns.objects}[{index}]", thing, name_of(names, label))
    return marks.said() if told else ()


def _answers(columns: Columns, values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What Tandem's own export says of the row, by field: classes by their names, numbers and texts as they are."""
    for column in columns.answers:
        value, feature = values.get(column), columns.features.get(column)
        if value is None:
            continue
        inner = feature[0] if isinstance(feature, list) else feature
        inner = inner.get("feature", inner) if isinstance(inner, dict) else {}
        if inner.get("_type") == "ClassLabel":
            names = list(inner.get("names") or ())
            value = [name_of(names, one) for one in value] if isinstance(value, list) else name_of(names, value)
        yield column.removeprefix(ANSWER), value


def _classes(columns: Columns, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is said of the whole row: the column and the class's name."""
    for field, names in columns.classes.items():
        value = values.get(field)
        if value is not None and value != UNKNOWN:
            yield field, name_of(names, value)


def _text(task_type: str, place: str, columns: Columns, values: dict[str, Any], external_id: str | None) -> Item:
    tokens = values.get(columns.tokens or "") if columns.tokens and columns.tags else None
    if isinstance(tokens, list):
        return _tagged(task_type, place, columns, values, external_id, [str(one or "") for one in tokens])
    text = values.get(columns.text or "")
    if not isinstance(text, str):
        return Fault(place, "no-text", "The row has no text.")
    spans = Spans(task_type, place, text)
    known = [*_classes(columns, values), *_answers(columns, values)]
    for field, name in known:
        spans.choose(field, name, field)
    things = values.get(columns.objects or "")
    marked = columns.objects == SPANS and isinstance(things, list)
    if marked:
        mark_spans(spans, columns.features[SPANS][0], things)
    said = spans.said() if known or marked else ()
    title = {"title": values["title"]} if values.keys() >= OURS and values.get("title") else {}
    return Row(place, external_id, {"text": text} | title, size=2 * len(text), said=said, lost=tuple(spans.lost))


def _tagged(
    task_type: str, place: str, columns: Columns, values: dict[str, Any], external_id: str | None, tokens: list[str]
) -> Item:
    """A text of tokens, each with the number of its tag."""
    text = " ".join(tokens)
    feature = columns.features[columns.tags or ""]
    inner = feature[0] if isinstance(feature, list) else feature.get("feature", {})
    names = list(inner.get("names") or ())
    numbers = values.get(columns.tags or "")
    tags = [name_of(names, one) for one in numbers] if isinstance(numbers, list) else []
    spans = Spans(task_type, place, text)
    if len(tags) != len(tokens):
        spans.lose(columns.tags or "", "wrong-columns", "There are not as many tags as tokens.")
        tags = []
    starts = [0]
    for token in tokens:
        starts.append(starts[-1] + len(token) + 1)
    for first, last, label, at in entities(tags):
        spans.span(f"token {at + 1}", starts[first], starts[last] + len(tokens[last]), label)
    said = spans.said() if tags or not tokens else ()
    return Row(place, external_id, {"text": text}, size=2 * len(text), said=said, lost=tuple(spans.lost))


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files) if is_wanted(entry.name)]
    if any(name.endswith(".arrow") for name in names) and any(name.endswith("dataset_info.json") for name in names):
        return True
    return any(_tells(files, name) for name in [one for one in names if one.lower().endswith(PARQUET)][:3])


def _tells(files: Files, name: str) -> bool:
    """Whether a Parquet file says what its columns are to `datasets`: at its end."""
    with files.open(name) as file:
        if not file.seekable():
            return False
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        return b"huggingface" in file.read()


FORMAT = ImportFormat(
    key="hugging_face",
    title="Hugging Face dataset",
    note="Pictures and texts with their classes, tagged tokens, and boxes in “objects”; other columns become meta.",
    task_types=("image_regions", "text_spans", "classification"),
    endings=ARROW + PARQUET,
    recognises=_recognises,
    read=read,
)
