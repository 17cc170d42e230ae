"""Columns of tokens with their tags: CoNLL-2003 and 2002, BIO, BIOES, BILOU and IO, a token a line, blank lines between
sentences.

The token is the first column, its tag the last. Where the file has -DOCSTART- lines, what stands between two is an
item; else each sentence is, and in Label Studio's files each task. The text is put together with a space between tokens
and a line end between sentences: what stood there before is not in the file.
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import BinaryIO, NamedTuple

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.lines import not_utf8, numbered, too_long
from projects.data.reading.readers.listing import HEAD, each_file, heads
from projects.data.reading.readers.spans import Spans
from projects.data.reading.rows import Fault, Item, Row
from projects.errors import Refused

ENDINGS = (".conll", ".conll2003", ".conll2002", ".bio", ".iob", ".bioes", ".iob2", ".tsv", ".txt")
DOCUMENT = "-DOCSTART-"
STUDIO = [b"-DOCSTART-", b"-X-", b"O"]  # Label Studio's first line; CoNLL-2003 has four columns
TAG = re.compile(r"([BIOESLU])-(.+)")
MAX_DOCUMENT = 4 * 1024 * 1024  # characters
BEGIN, END = "BSU", "ESLU"


class Line(NamedTuple):
    """A line of a document; without a token it is blank."""

    number: int
    token: str
    tag: str


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of every file, in the order of their names."""
    return after(each_file(files, ENDINGS, partial(_rows, reading.task_type)), reading.skip)


def _rows(task_type: str, file: BinaryIO) -> Iterator[Item | Later]:
    document: list[Line] = []
    faults: list[Fault] = []
    size = 0
    whole = False  # whether -DOCSTART- lines part the items
    studio = False  # whether Label Studio wrote the file: it has one such line, and a blank one behind each task
    seen = False
    for number, raw in numbered(file, blanks=True):
        line = _line(number, raw, faults)
        if line is None:
            continue
        starts = line.token == DOCUMENT
        studio = studio or (number == 1 and raw is not None and raw.split() == STUDIO)
        whole = (whole or starts) and not studio
        ends = starts or (not whole and not line.token) or size > MAX_DOCUMENT
        if ends and any(one.token for one in document):
            seen = True
            yield Later(_row, task_type, document, tuple(faults))
        if ends:
            document, faults, size = [], [], 0
        if not starts:
            document.append(line)
            size += len(line.token) + 1
    if any(one.token for one in document):
        yield Later(_row, task_type, document, tuple(faults))
    elif not seen:
        raise Refused("The file is empty.", code="empty-file")


def _line(number: int, raw: bytes | None, faults: list[Fault]) -> Line | None:
    """A line's token and tag; None for what is neither a token nor blank."""
    if raw is None:
        faults.append(too_long(number))
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        faults.append(not_utf8(f"line {number}", problem.start + 1))
        return None
    if text.startswith("# ") and "=" in text:
        return None
    parts = text.split("\t") if "\t" in text else text.split()
    if not text.strip():
        return Line(number, "", "")
    if len(parts) < 2:
        faults.append(
            Fault(f"line {number}", "wrong-columns", "A line has a token and a tag; this one was taken for O.")
        )
        return Line(number, text.strip(), "O")
    return Line(number, parts[0].strip(), parts[-1].strip())


def _row(task_type: str, document: list[Line], faults: tuple[Fault, ...]) -> Item:
    first = next(one.number for one in document if one.token)
    text, places = _text(document)
    spans = Spans(task_type, f"line {first}", text)
    for start, end, label, line in entities(one.tag for one in document):
        spans.span(f"line {document[line].number}", places[start][0], places[end][1], label)
    lost = (*faults, *spans_lost(spans))
    return Row(f"line {first}", None, {"text": text}, size=2 * len(text), said=spans.said(), lost=lost)


def spans_lost(spans: Spans) -> list[Fault]:
    """What couldn't be kept, with the line alone as its place."""
    return [one._replace(place=one.place.partition(", ")[2] or one.place) for one in spans.lost]


def _text(document: list[Line]) -> tuple[str, list[tuple[int, int]]]:
    """The text, and where each line's token stands in it."""
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    between = ""
    for line in document:
        if not line.token:
            between = "\n" if pieces else ""
            places.append((at, at))
            continue
        pieces.append(between + line.token)
        at += len(between)
        places.append((at, at + len(line.token)))
        at += len(line.token)
        between = " "
    return "".join(pieces), places


def entities(tags: Iterable[str]) -> Iterator[tuple[int, int, str, int]]:
    """The entities of a row of tags: first and last place, label, and the place to tell of it. A blank tag ends one."""
    label, first, last, open_ = "", 0, 0, False
    for at, tag in enumerate(tags):
        match = TAG.fullmatch(tag)
        outside = tag in ("", "O", "_", "-")
        kind, name = (match[1], match[2]) if match else ("I", tag)
        if open_ and (outside or kind in BEGIN or name != label):
            yield first, last, label, first
            open_ = False
        if outside:
            continue
        if not open_:
            label, first, open_ = name, at, True
        last = at
        if kind in END:
            yield first, last, label, first
            open_ = False
    if open_:
        yield first, last, label, first


def _recognises(files: Files) -> bool:
    return any(map(_looks_like_columns, heads(files, ENDINGS)))


def _looks_like_columns(start: bytes) -> bool:
    lines = [line for line in start.decode("utf-8", "replace").splitlines()[:200] if line.strip()]
    if lines and lines[0].startswith(DOCUMENT):
        return True
    parts = [
        line.split("\t") if "\t" in line else line.split() for line in (lines[:-1] if len(start) >= HEAD else lines)
    ]
    columns = [one for one in parts if not one[0].startswith("#")]
    same = len(columns) > 1 and all(len(one) == len(columns[0]) > 1 for one in columns)
    return same and all(one[-1] == "O" or TAG.fullmatch(one[-1]) for one in columns)


FORMAT = ImportFormat(
    key="conll",
    title="CoNLL, BIO columns",
    note="Tokens with tags become texts with spans; the spaces between tokens are made up, other columns are lost.",
    task_types=("text_spans",),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
