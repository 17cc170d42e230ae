"""ONNX: which files a graph names, and which operations it calls, read off its protocol buffers without a library.

Tensors may lie in files beside the graph; each has to be one of the model's own, and long enough. No operation may name
a file or a program. Sets of operations that onnxruntime doesn't have it refuses itself: nobody loads a library of them.
"""

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from assist.adapters.refusals import ManifestProblem

MAX_FIELDS = 1_000_000  # of the graph and all below it: two seconds; large models have a tenth
MAX_DEPTH = 64  # of graphs in graphs
FORBIDDEN = frozenset({b"EPContext", b"PyOp", b"PythonOp"})

# The messages of onnx.proto that lead to a node or a tensor: by the field's number, the message in it.
MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, SPARSE, ENTRY, FUNCTION, TRAINING = range(9)
BELOW: Mapping[int, Mapping[int, int]] = {
    MODEL: {7: GRAPH, 20: TRAINING, 25: FUNCTION},
    GRAPH: {1: NODE, 5: TENSOR, 15: SPARSE},
    NODE: {5: ATTRIBUTE},
    ATTRIBUTE: {5: TENSOR, 6: GRAPH, 10: TENSOR, 11: GRAPH, 22: SPARSE, 23: SPARSE},
    TENSOR: {13: ENTRY},
    SPARSE: {1: TENSOR, 2: TENSOR},
    FUNCTION: {7: NODE, 11: ATTRIBUTE},
    TRAINING: {1: GRAPH, 2: GRAPH},
    ENTRY: {},
}
# The texts that are looked at: of a node its operation, of an entry its name and value.
OPERATION, KEY, VALUE = 4, 1, 2
TEXTS: Mapping[int, frozenset[int]] = {NODE: frozenset({OPERATION}), ENTRY: frozenset({KEY, VALUE})}
LOCATION, OFFSET, LENGTH = b"location", b"offset", b"length"
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MAX_TEXT = 1024

Texts = dict[int, bytes]


class _Damaged(Exception):
    """What was read is no protocol buffer."""


def check(name: str, path: Path, files: Mapping[str, Path]) -> None:
    """`files`: all of the model's, by their place in its folder. Raises ManifestProblem."""
    if not path.stat().st_size:
        raise _bad(name)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            _Graphs(name, content, files).read(MODEL, 0, len(content), 0)
        except (_Damaged, IndexError):
            raise _bad(name) from None


class _Graphs:
    """One file, looked through once."""

    def __init__(self, name: str, content: mmap.mmap, files: Mapping[str, Path]) -> None:
        self._name, self._content, self._files = name, content, files
        self._folder = PurePosixPath(name).parent
        self._fields = 0

    def read(self, message: int, begin: int, end: int, depth: int) -> Texts:
        """All below a message; its own texts. Raises ManifestProblem, or _Damaged."""
        if depth > MAX_DEPTH * 3:  # a graph in a graph is three messages down
            raise ManifestProblem("too-deep", self._name, f"Its graphs are nested deeper than {MAX_DEPTH} levels.")
        texts: Texts = {}
        entries: dict[bytes, bytes] = {}
        for number, first, last in self._parts(begin, end):
            if number in TEXTS.get(message, ()):
                texts[number] = self._content[first : min(last, first + MAX_TEXT)]
            elif (below := BELOW[message].get(number)) is not None:
                inner = self.read(below, first, last, depth + 1)
                if below == ENTRY:
                    entries[inner.get(KEY, b"")] = inner.get(VALUE, b"")
        if message == NODE and texts.get(OPERATION) in FORBIDDEN:
            text = "It has an operation that names a file or a program of its own."
            raise ManifestProblem("forbidden-call", self._name, text)
        if message == TENSOR and entries:
            self._check_place(entries)
        return texts

    def _parts(self, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The number of each field of texts or messages, and where it lies."""
        at = begin
        while at < end:
            self._fields += 1
            if self._fields > MAX_FIELDS:
                raise ManifestProblem("too-large", self._name, f"Its graph has more than {MAX_FIELDS:,} parts.")
            tag, at = self._number(at)
            kind = tag & 7
            if kind == BYTES:
                size, at = self._number(at)
                if at + size > end:
                    raise _Damaged
                yield tag >> 3, at, at + size
                at += size
            elif kind == VARINT:
                _, at = self._number(at)
            elif kind in (FIXED32, FIXED64):
                at += 4 if kind == FIXED32 else 8
            else:
                raise _Damaged
        if at != end:
            raise _Damaged

    def _number(self, at: int) -> tuple[int, int]:
        value = shift = 0
        while shift < 70:
            byte = self._content[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value, at
        raise _Damaged

    def _check_place(self, entries: Mapping[bytes, bytes]) -> None:
        """That a tensor lies in a file of the model, below the graph's own folder, and that it ends there."""
        location = entries.get(LOCATION, b"").decode(errors="replace")
        path = PurePosixPath(location)
        place = str(self._folder / path)
        if path.is_absolute() or ".." in path.parts or "\\" in location or place not in self._files:
            text = "It takes numbers from a file that isn't named in model.toml."
            raise ManifestProblem("outside-folder", self._name, text)
        try:
            offset, length = (int(entries.get(key, b"0") or b"0") for key in (OFFSET, LENGTH))
        except ValueError:
            raise _Damaged from None
        if not (offset >= 0 <= length and offset + length <= self._files[place].stat().st_size):
            text = "It takes more numbers from a file than are there."
            raise ManifestProblem("missing-file", self._name, text)


def _bad(name: str) -> ManifestProblem:
    return ManifestProblem("not-onnx", name, "It is no ONNX model.")
