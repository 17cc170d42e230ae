"""spaCy's DocBin, read without spaCy: entities, span groups, and categories of whole texts.

A DocBin is one zlib stream of one msgpack map, so it is unpacked whole, up to MAX_DOCBIN_BYTES; more is refused.
"""

import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import msgpack
import numpy as np

from projects.data.connectors.files import Files
from projects.data.limits import MAX_DOCBIN_BYTES, MAX_MSGPACK_OBJECTS, MIB
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.listing import PIECE, each_file, heads
from projects.data.reading.readers.spans import Spans
from projects.data.reading.rows import Item, Row
from projects.data.spacy_numbers import BEGIN, INSIDE, SPAN, SYMBOLS, string_number
from projects.errors import Refused
from taskers.errors import sentence
from taskers.files import msgpack_objects

ENDINGS = (".spacy",)
SURE = 0.5  # a category from this score on is one of the text
NEEDED = ("attrs", "tokens", "spaces", "lengths", "strings")
BAD = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    struct.error,
    msgpack.UnpackException,
    OverflowError,
    AttributeError,
)


class Packed(NamedTuple):
    """A DocBin in memory."""

    attrs: list[int]
    tokens: np.ndarray  # tokens × attributes
    spaces: np.ndarray
    starts: np.ndarray  # of each document, in tokens, and the end
    strings: dict[int, str]
    cats: list[Any]
    groups: list[Any]
    data: list[Any]


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The documents of every file, in the order of their names."""
    return after(each_file(files, ENDINGS, partial(_rows, reading.task_type)), reading.skip)


def _rows(task_type: str, file: BinaryIO) -> Iterator[Item | Later]:
    try:
        packed = _packed(_objects(_unpacked(file)))
    except BAD as problem:
        raise _damaged(problem) from None
    for number in range(len(packed.starts) - 1):
        yield Later(_row, packed, number, task_type)


def _damaged(problem: Exception) -> Refused:
    reason = (str(problem) or type(problem).__name__).rstrip(".")[:200]
    return Refused("This is no DocBin, or it is damaged: %(problem)s.", code="not-a-docbin", problem=reason)


def _objects(data: bytes | bytearray, **options: Any) -> Any:
    """What msgpack packed. Raises ValueError, and msgpack's own."""
    return msgpack_objects.unpacked(data, MAX_MSGPACK_OBJECTS, **options)


def _unpacked(file: BinaryIO) -> bytearray:
    """What is in the zlib stream. Raises Refused."""
    unpacker = zlib.decompressobj()
    unpacked = bytearray()
    try:
        while piece := file.read(PIECE):
            while piece:
                unpacked += unpacker.decompress(piece, PIECE)
                if len(unpacked) > MAX_DOCBIN_BYTES:
                    text = "The DocBin unpacks to more than %(most)s MiB; split it."
                    raise Refused(text, code="too-large", most=MAX_DOCBIN_BYTES // MIB)
                piece = unpacker.unconsumed_tail
    except zlib.error as problem:
        raise _damaged(problem) from None
    if not unpacker.eof:
        raise Refused("The file is cut off.", code="cut-off")
    return unpacked


def _packed(told: Any) -> Packed:
    """The columns of a DocBin. Raises one of BAD where they don't fit each other."""
    missing = [name for name in NEEDED if name not in told]
    if missing:
        raise ValueError(f"it has no {missing[0]}")
    attrs = [int(one) for one in told["attrs"]]
    if len(told["lengths"]) > 4 * MAX_MSGPACK_OBJECTS:
        raise ValueError(f"it holds more than {MAX_MSGPACK_OBJECTS} documents; split it")
    if not all(isinstance(one, str) for one in told["strings"]):
        raise ValueError("its words are no texts")
    lengths = np.frombuffer(told["lengths"], dtype="<i4").astype(np.int64)
    tokens = np.frombuffer(told["tokens"], dtype="<u8").reshape(-1, len(attrs))
    spaces = np.frombuffer(told["spaces"], dtype=bool)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    if (lengths < 0).any() or starts[-1] != len(tokens) or len(spaces) != len(tokens):
        raise ValueError("its columns have different lengths")
    strings = {number: name for name, number in SYMBOLS.items()}
    strings |= {string_number(one): one for one in told["strings"]}
    columns = [list(told.get(name) or ()) for name in ("cats", "span_groups", "user_data")]
    return Packed(attrs, tokens, spaces, starts, strings, *columns)


def _row(packed: Packed, number: int, task_type: str) -> Item:
    place = f"document {number + 1}"
    low, high = int(packed.starts[number]), int(packed.starts[number + 1])
    rows, spaces = packed.tokens[low:high], packed.spaces[low:high]
    text, bounds, unknown = _text(packed, rows, spaces)
    spans = Spans(task_type, place, text)
    if unknown:
        lost = sentence("Tokens that are in no list of the file's words: %(number)s. Each is “�”.", number=unknown)
        spans.lose("", "unknown-word", lost)
    _entities(spans, packed, rows, bounds)
    external_id = None
    try:
        _groups(spans, packed, number, bounds)
        external_id = _external_id(spans, packed, number)
        _categories(spans, packed, number)
    except BAD as problem:
        damaged = sentence("Its span groups or data can't be read: %(reason)s.", reason=type(problem).__name__)
        spans.lose("", "damaged-entry", damaged)
    return Row(place, external_id, {"text": text}, size=2 * len(text), said=spans.said(), lost=tuple(spans.lost))


def _text(packed: Packed, rows: np.ndarray, spaces: np.ndarray) -> tuple[str, list[tuple[int, int]], int]:
    """The text, the bounds of its tokens, and how many words are in no list."""
    column = packed.attrs.index(SYMBOLS["ORTH"]) if SYMBOLS["ORTH"] in packed.attrs else 0
    pieces, bounds, at, unknown = [], [], 0, 0
    for word, space in zip(rows[:, column].tolist(), spaces.tolist(), strict=True):
        token = packed.strings.get(word)
        unknown += token is None
        token = "�" if token is None else token
        bounds.append((at, at + len(token)))
        pieces.append(token + " " if space else token)
        at += len(pieces[-1])
    return "".join(pieces), bounds, unknown


def _entities(spans: Spans, packed: Packed, rows: np.ndarray, bounds: list[tuple[int, int]]) -> None:
    if SYMBOLS["ENT_IOB"] not in packed.attrs or SYMBOLS["ENT_TYPE"] not in packed.attrs:
        return
    tags = rows[:, packed.attrs.index(SYMBOLS["ENT_IOB"])].tolist()
    labels = rows[:, packed.attrs.index(SYMBOLS["ENT_TYPE"])].tolist()
    first = -1
    for at, tag in enumerate([*tags, 0]):
        if first >= 0 and (tag != INSIDE or labels[at] != labels[first]):
            spans.span(f"token {first + 1}", bounds[first][0], bounds[at - 1][1], packed.strings.get(labels[first], ""))
            first = -1
        if tag == BEGIN or (tag == INSIDE and first < 0 and labels[at]):
            first = at


def _groups(spans: Spans, packed: Packed, number: int, bounds: list[tuple[int, int]]) -> None:
    """The spans of every group, by their tokens: a file may have lost the white space that offsets count."""
    if number >= len(packed.groups) or not packed.groups[number]:
        return
    told = _objects(packed.groups[number])
    for group in told if isinstance(told, dict | list) else ():
        held = _objects(group)
        name = held["name"] if isinstance(held.get("name"), str) else ""
        for at, raw in enumerate(held["spans"]):
            _, _, label, first, end, _, _ = SPAN.unpack(raw)
            place = f"{name}, span {at + 1}"
            if 0 <= first < end <= len(bounds):
                spans.span(place, bounds[first][0], bounds[end - 1][1], packed.strings.get(label, ""))
            else:
                spans.lose(place, "span-outside-text", "The span lies outside the document.")


def _external_id(spans: Spans, packed: Packed, number: int) -> str | None:
    """The external id that Tandem's own export keeps; other data of a document is told."""
    raw = packed.data[number] if number < len(packed.data) else None
    told = _objects(raw, use_list=False) if isinstance(raw, bytes) and raw else {}
    if isinstance(told, dict):
        id = told.get("external_id")
        if told.keys() - {"external_id", "task"}:
            spans.lose("", "unknown-field", "The document's own data (user_data) isn't kept.")
        return id if isinstance(id, str) else None
    if told:
        spans.lose("", "unknown-field", "The document's own data (user_data) isn't kept.")
    return None


def _categories(spans: Spans, packed: Packed, number: int) -> None:
    cats = packed.cats[number] if number < len(packed.cats) else None
    if isinstance(cats, dict) and cats:
        found = [str(name) for name, score in cats.items() if isinstance(score, int | float) and score >= SURE]
        spans.choose("cats", found)


def _recognises(files: Files) -> bool:
    return any(found[:1] == b"\x78" for found in heads(files, ENDINGS))


FORMAT = ImportFormat(
    key="docbin",
    title="spaCy DocBin",
    note="Entities and span groups become spans, categories classes; tags, parses and vectors are lost.",
    task_types=("text_spans", "classification"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
