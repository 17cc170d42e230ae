"""WebAnno's TSV 3, as INCEpTION writes it too: a file is a document, a line a token, columns are features of layers.

Of a span layer the feature called `value`, `label` or `category`, or its first, is the label; the others are
attributes. Relations, chains and slots have no place here, and are told. Offsets count UTF-16 units there.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.listing import heads, passed_over, shown, text_of, wanted
from projects.data.reading.readers.spans import Spans, Utf16
from projects.data.reading.rows import Fault, Item, Row
from projects.errors import Refused

ENDINGS = (".tsv", ".txt")
START = "#FORMAT=WebAnno TSV "
VERSION = 3
MAX_FILE = 16 * 1024 * 1024  # bytes; each of its lines may be empty, and takes eight
MAX_OFFSET = 4 * 1024 * 1024
TOKEN = re.compile(r"(\d+)-(\d+)(?:\.\d+)?")
OFFSETS = re.compile(r"(\d{1,9})-(\d{1,9})")
NUMBER = re.compile(r"[0-9]{1,9}")
VALUE = re.compile(r"(.*?)(?:\[(\d{1,9})\])?", re.DOTALL)
PARTS = re.compile(r"(?:[^|\\]|\\.|\\$)+", re.DOTALL)  # of a cell, between bars that aren't escaped
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
LETTERS = {"t": "\t", "n": "\n", "r": "\r"}
LABELS = ("value", "label", "category", "ner")
OTHERS = {"#T_RL=": "relations", "#T_CH=": "chains"}
SLOTS = "slots"
SLOT = "ROLE_"  # begins the name of a column of roles; who fills them stands in the next, by their places


class Layer(NamedTuple):
    """A layer of spans, and in which columns its features are: those of slots have no name."""

    name: str
    features: tuple[str, ...]
    first: int
    fillers: frozenset[int]  # which of them say who fills a slot: numbers in brackets are theirs, not the span's


Columns = dict[int, str]  # a column that has no place here -> what it is


class Found(NamedTuple):
    """A span that is still growing."""

    start: int
    end: int
    values: tuple[str, ...]
    line: int


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each document."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    for entry in wanted(files):
        if entry.name.lower().endswith(ENDINGS):
            yield Later(partial(_row, files, task_type, entry.name))
        else:
            yield passed_over(entry.name)


def _row(files: Files, task_type: str, name: str) -> Item:
    try:
        lines = text_of(files, name, MAX_FILE).replace("\r\n", "\n").split("\n")
        _check_version(lines[0])
        layers, others = _layers(lines)
        text = _text(lines)
    except Refused as refused:
        return Fault.of(refused, shown(name))
    spans = Spans(task_type, shown(name), text)
    for place, what in _filled(lines, others):
        spans.homeless(what, place)
    at = Utf16(text)
    for layer in layers:
        for found in _found(spans, lines, layer):
            label, attributes = _told(layer, found.values)
            spans.span(f"line {found.line}", at(found.start), at(found.end), label, attributes)
    return Row(shown(name), name, {"text": text}, size=2 * len(text), said=spans.said(), lost=tuple(spans.lost))


def _check_version(line: str) -> None:
    """Refused for what is no WebAnno TSV, and for a version that isn't known here."""
    version = line.removeprefix(START).strip()
    number = version.partition(".")[0]
    if not line.startswith(START) or not NUMBER.fullmatch(number) or int(number) < VERSION:
        raise Refused("This is no WebAnno TSV 3.", code="not-read", place="line 1")
    if int(number) > VERSION:
        text = "This is WebAnno TSV %(version)s; here 3 is read. Export it as that."
        raise Refused(text, code="newer-version", place="line 1", version=version[:20])


def _layers(lines: list[str]) -> tuple[list[Layer], Columns]:
    """The layers of spans, and the columns of all that has no place here."""
    layers: list[Layer] = []
    others: Columns = {}
    column = 3
    for line in lines:
        if not line.startswith(("#T_SP=", *OTHERS)):
            if TOKEN.match(line):
                break
            continue
        name, *features = line[6:].split("|")
        if line.startswith("#T_SP="):
            kept, fillers = _features(features)
            layers.append(Layer(name.rpartition(".")[2], kept or ("value",), column, fillers))
            others |= {column + at: SLOTS for at in fillers}
        else:
            others |= {column + at: OTHERS[line[:6]] for at in range(len(features))}
        column += max(1, len(features))
    return layers, others


def _features(features: list[str]) -> tuple[tuple[str, ...], frozenset[int]]:
    """The features of a layer, "" for those of slots; and which columns say who fills a slot."""
    roles = {at for at, one in enumerate(features) if one.startswith(SLOT)}
    fillers = frozenset(at + 1 for at in roles if at + 1 < len(features))
    return tuple("" if at in roles | fillers else one for at, one in enumerate(features)), fillers


def _text(lines: list[str]) -> str:
    """The document's text: each sentence where its first token says, with line ends between. Raises Refused."""
    pieces: list[str] = []
    units = 0
    waiting: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("#Text="):
            waiting.append(_plain(line[6:]))
        elif waiting and TOKEN.match(line):
            start = _offsets(line, number)[0]
            sentence = "\n".join(waiting)
            pieces.append("\n" * max(0, start - units) + sentence)
            units = max(start, units) + len(sentence.encode("utf-16-le")) // 2
            waiting = []
    return "".join(pieces)


def _offsets(line: str, number: int) -> tuple[int, int]:
    cells = line.split("\t")
    match = OFFSETS.fullmatch(cells[1]) if len(cells) > 1 else None
    if match is None or int(match[2]) > MAX_OFFSET:
        raise Refused("A token has its place and its offsets.", code="wrong-shape", place=f"line {number}")
    return int(match[1]), int(match[2])


def _plain(text: str) -> str:
    return ESCAPED.sub(lambda found: LETTERS.get(found[1], found[1]), text)


def _filled(lines: list[str], columns: Columns) -> Iterator[tuple[str, str]]:
    """The places of cells of these columns that hold something, and what it is."""
    for number, line in enumerate(lines, start=1):
        if TOKEN.match(line):
            cells = dict(enumerate(line.split("\t")))
            told = (what for column, what in columns.items() if _says(cells.get(column, "_"), what))
            yield from ((f"line {number}", what) for what in dict.fromkeys(told))


def _says(cell: str, what: str) -> bool:
    """Whether a cell says something: a star is a slot that nobody fills, but a relation that has no name. Of slots it
    is asked who fills them, for roles need no name either."""
    parts = (VALUE.fullmatch(part) for part in PARTS.findall(cell))
    return any(part and part[1] not in (("_", "*", "") if what == SLOTS else ("_", "")) for part in parts)


def _found(spans: Spans, lines: list[str], layer: Layer) -> Iterator[Found]:
    """The spans of a layer: cells with the same number in brackets are one, others each by itself."""
    growing: dict[str, Found] = {}
    for number, line in enumerate(lines, start=1):
        if not TOKEN.match(line):
            continue
        try:
            start, end = _offsets(line, number)
        except Refused as refused:
            spans.lose(refused.place, refused.code, refused.sentence)
            continue
        cells = line.split("\t")[layer.first : layer.first + len(layer.features)]
        if len(cells) < len(layer.features):
            spans.lose(f"line {number}", "wrong-columns", "The line has fewer columns than there are features.")
            continue
        for id, values in _stacked(cells, layer.fillers):
            before = growing.pop(id, None) if id else None
            if before is None and not id:
                yield Found(start, end, values, number)
            else:
                growing[id] = (
                    Found(before.start, end, values, before.line) if before else Found(start, end, values, number)
                )
    yield from growing.values()


def _stacked(cells: list[str], fillers: frozenset[int]) -> list[tuple[str, tuple[str, ...]]]:
    """What lies over one token, one by one: the number in brackets, "" for none, and the value of each feature as it is
    written."""
    columns = [PARTS.findall(cell) or ["_"] for cell in cells]
    found = []
    for at in range(max(map(len, columns))):
        parts = [VALUE.fullmatch(column[at] if at < len(column) else "_") for column in columns]
        values = tuple(part[1] if part else "_" for part in parts)
        id = next((part[2] for at, part in enumerate(parts) if part and part[2] and at not in fillers), "")
        if set(values) != {"_"}:
            found.append((id, values))
    return found


def _told(layer: Layer, values: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """A span's label and attributes."""
    names = [feature.rpartition(".")[2] for feature in layer.features]
    told = {
        name: _plain(value) for name, value in zip(names, values, strict=True) if name and value not in ("_", "*", "")
    }
    named = [name for name in names if name]
    chosen = next((name for name in LABELS if name in named), named[0] if named else "")
    return told.pop(chosen, layer.name), told


def _recognises(files: Files) -> bool:
    return any(start.decode("utf-8", "replace").lstrip("\ufeff").startswith(START) for start in heads(files, ENDINGS))


FORMAT = ImportFormat(
    key="webanno",
    title="WebAnno TSV 3",
    note="Span layers become spans with attributes; relations, chains and slots are lost.",
    task_types=("text_spans",),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
