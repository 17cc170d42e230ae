"""spaCy's DocBin, written without spaCy: `DocBin().from_disk(path)` reads it, `spacy train` takes it.

A DocBin is one zlib stream of one msgpack map whose columns are as long as the corpus, so spaCy itself builds
it in memory; and importing spaCy costs a web process hundreds of megabytes. Here each column grows in a
temporary file, and the map is written from those. `doc.ents` holds what doesn't overlap
(projects.data.exporting.tokens), `doc.spans["sc"]` all spans, `doc.user_data` the task's ids.
"""

import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any

import msgpack

from projects.data.exporting.decided import Decided
from projects.data.exporting.format import ExportFormat, one_file
from projects.data.exporting.pieces import pieces_of
from projects.data.exporting.source import Source
from projects.data.exporting.tokens import Bounds, cuts_of, tokenize, without_overlaps
from projects.data.spacy_numbers import BEGIN, INSIDE, OUTSIDE, SPAN, SYMBOLS, string_number
from projects.errors import Refused

VERSION = "0.1"  # of DocBin's own layout
ATTRIBUTES = [SYMBOLS["ORTH"], SYMBOLS["ENT_IOB"], SYMBOLS["ENT_TYPE"]]
ROW = struct.Struct("<QQQ")
SPOOLED = 4 * 1024 * 1024
REMEMBERED = 200_000  # words kept in mind so as not to be written twice; twice does no harm
LARGEST = 2**32 - 1  # bytes in one msgpack column

# A column that is one block of bytes, and those that are lists of values, in the order of the file.
BLOCKS = ("tokens", "spaces", "lengths")
LISTS = ("strings", "cats", "flags", "span_groups", "user_data")


class Columns:
    """The columns of a DocBin, each in a temporary file."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self.files = {name: self._spool() for name in BLOCKS + LISTS}
        self.counts = dict.fromkeys(LISTS, 0)
        self._words: set[str] = set()

    def _spool(self) -> IO[bytes]:
        # Closed with the stack.
        return self._open.enter_context(tempfile.SpooledTemporaryFile(max_size=SPOOLED))  # noqa: SIM115

    def close(self) -> None:
        self._open.close()

    def add(self, one: Decided, called: Callable[[str], str] = str) -> None:
        """Add one document, its labels as they are `called`."""
        text = one.payload["text"]
        spans = [{**span, "label": called(span["label"])} for span in one.answer["spans"]]
        words = _with_white_space(text, tokenize(text, cuts_of(spans)))
        tags = _tags(words, without_overlaps(spans))
        string = self._string
        rows = [
            ROW.pack(string(text[start:end]), tag, string(label))
            for (start, end, _), (tag, label) in zip(words, tags, strict=True)
        ]
        self.files["tokens"].write(b"".join(rows))
        self.files["spaces"].write(bytes(is_space for _, _, is_space in words))
        self.files["lengths"].write(struct.pack("<i", len(words)))
        self._append("cats", msgpack.packb({}))
        self._append("flags", msgpack.packb({"has_unknown_spaces": False}))
        group = {"name": "sc", "attrs": {}, "spans": [self._span(words, span) for span in spans]}
        self._append("span_groups", msgpack.packb(msgpack.packb({msgpack.packb(group): ["sc"]})))
        ids = {"external_id": one.external_id, "task": one.id}
        self._append("user_data", msgpack.packb(msgpack.packb(ids)))

    def _append(self, name: str, value: bytes) -> None:
        self.files[name].write(value)
        self.counts[name] += 1

    def _span(self, words: Sequence[tuple[int, int, bool]], span: dict[str, Any]) -> bytes:
        first, last = _inside(words, span)
        label = self._string(span["label"])
        return SPAN.pack(0, 0, label, first, last + 1, words[first][0], words[last][1])

    def _string(self, word: str) -> int:
        if word and word not in self._words:
            if len(self._words) >= REMEMBERED:
                self._words.clear()
            self._words.add(word)
            self._append("strings", msgpack.packb(word))
        return string_number(word)


def pieces(source: Source, split: str) -> Iterator[bytes]:
    """One .spacy file; nothing is sent before the last task is read."""
    columns = Columns()
    try:
        for one in source.tasks(split):
            columns.add(one, source.tag)
        if columns.files["tokens"].tell() > LARGEST:
            text = "This is too much text for one DocBin; export it batch by batch."
            raise Refused(text, code="export-too-large")
        packer = zlib.compressobj()
        for piece in _map(columns):
            if packed := packer.compress(piece):
                yield packed
        yield packer.flush()
    finally:
        columns.close()


def _map(columns: Columns) -> Iterator[bytes]:
    packer = msgpack.Packer()
    yield packer.pack_map_header(2 + len(BLOCKS) + len(LISTS))
    yield packer.pack("version") + packer.pack(VERSION)
    yield packer.pack("attrs") + packer.pack(ATTRIBUTES)
    for name in BLOCKS:
        file = columns.files[name]
        yield packer.pack(name) + b"\xc6" + struct.pack(">I", file.tell())
        yield from pieces_of(file)
    for name in LISTS:
        yield packer.pack(name) + packer.pack_array_header(columns.counts[name])
        yield from pieces_of(columns.files[name])


def _with_white_space(text: str, tokens: Sequence[Bounds]) -> list[tuple[int, int, bool]]:
    """spaCy's tokens (start, end, followed by a space): white space beyond one space is a token of its own."""
    words: list[tuple[int, int, bool]] = []
    at = 0
    for start, end in [*tokens, (len(text), len(text))]:
        if words and text[at : at + 1] == " " and at < start:
            words[-1] = (*words[-1][:2], True)
            at += 1
        if at < start:
            words.append((at, start, False))
        if start < end:
            words.append((start, end, False))
        at = end
    return words


def _tags(words: Sequence[tuple[int, int, bool]], spans: Sequence[Any]) -> list[tuple[int, str]]:
    tags = [(OUTSIDE, "")] * len(words)
    for span in spans:
        first, last = _inside(words, span)
        tags[first : last + 1] = [(INSIDE, span["label"])] * (last + 1 - first)
        tags[first] = (BEGIN, span["label"])
    return tags


def _inside(words: Sequence[tuple[int, int, bool]], span: Any) -> tuple[int, int]:
    """The first and last token of a span; white space at its ends is left out, as spaCy asks for.

    Each span has some: it isn't blank, and tokens are cut at its bounds. The words are searched by halves.
    """
    low, high = 0, len(words)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if words[middle][1] <= span["start"] else (low, middle)
    last = low
    while last + 1 < len(words) and words[last + 1][0] < span["end"]:
        last += 1
    return low, last


FORMAT = ExportFormat(
    key="docbin",
    title="spaCy DocBin",
    note="One .spacy file for spaCy 3. Entities without overlaps; all spans in the span group “sc”.",
    loses="Attributes, titles and meta; of the entities those that overlap, which the span group has.",
    task_types=("text_spans",),
    ending=".spacy",
    media_type="application/octet-stream",
    write=one_file(pieces, ".spacy"),
)
