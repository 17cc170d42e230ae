"""What words and stretches of a text are like, by the names of plain features."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

TOKEN = re.compile(r"\w+|[^\w\s]")
REPEATED = re.compile(r"(.)\1+")
ENDING = 3  # letters of a word's end that are a feature
LONGEST = 6  # of the sizes that are told apart: 64 words and more


@dataclass(frozen=True)
class Stretch:
    """Code points [start, end) of document number `document`."""

    document: int
    start: int
    end: int


class Tokens(NamedTuple):
    """The words of one text: where each starts and ends, its plain form and its shape."""

    start: Ints
    end: Ints
    words: Sequence[str]
    shapes: Sequence[str]

    def within(self, start: int, end: int) -> tuple[int, int]:
        """The first word that a stretch [start, end) touches, and the one after its last."""
        first = int(np.searchsorted(self.end, start, side="right"))
        return first, max(first, int(np.searchsorted(self.start, end)))


def read(text: str) -> Tokens:
    """The words of a text."""
    found = list(TOKEN.finditer(text))
    starts, ends = (np.array([one.span()[side] for one in found], dtype=np.int64) for side in (0, 1))
    words = [one.group() for one in found]
    return Tokens(starts, ends, [_plain(word) for word in words], [_shape(word) for word in words])


# One verdict asks several times of the same text.
read_again = lru_cache(maxsize=8)(read)


def of_word(tokens: Tokens, at: int) -> Sequence[str]:
    """Of a word: itself, its neighbours, its shape and ending, its place. As many of each word, so that rows can be
    counted."""
    word, shape = tokens.words[at], tokens.shapes[at]
    before, behind = _beside(tokens.words, at, at + 1)
    before_shape, behind_shape = _beside(tokens.shapes, at, at + 1)
    return (
        f"is {word}",
        f"after {before}",
        f"before {behind}",
        f"pair with last {before} {word}",
        f"pair with next {word} {behind}",
        f"ends {word[-ENDING:]}",
        f"shape {shape}",
        f"after shape {before_shape}",
        f"before shape {behind_shape}",
        f"place {10 * at // len(tokens.words)}",
    )


def of_stretch(tokens: Tokens, first: int, after: int) -> Iterator[str]:
    """Of the words [first, after) together: which there are, where they begin and end, and how many they are."""
    words, shapes = tokens.words[first:after], tokens.shapes[first:after]
    for side, near in zip(("after", "before"), _beside(tokens.words, first, after), strict=True):
        yield f"{side} {near}"
    for side, near in zip(("after", "before"), _beside(tokens.shapes, first, after), strict=True):
        yield f"{side} shape {near}"
    yield f"place {10 * first // max(len(tokens.words), 1)}"
    yield from (f"has {word}" for word in words)
    yield from (f"has {one} {two}" for one, two in zip(words, words[1:], strict=False))
    yield from (f"has shape {shape}" for shape in shapes)
    yield from (f"ends {word[-ENDING:]}" for word in words)
    if words:
        yield from (f"first {words[0]}", f"last {words[-1]}", f"first shape {shapes[0]}", f"last shape {shapes[-1]}")
        yield f"size {min(int(np.log2(len(words))), LONGEST)}"


def _beside(line: Sequence[str], first: int, after: int) -> tuple[str, str]:
    return line[first - 1] if first else "<", line[after] if after < len(line) else ">"


def _plain(token: str) -> str:
    return "<number>" if token.isdigit() else token.lower()


def _shape(token: str) -> str:
    """Of "McKay": XxXx; each sign stands for as many of its kind as follow each other."""
    kinds = ("X" if sign.isupper() else "x" if sign.isalpha() else "d" if sign.isdigit() else sign for sign in token)
    return REPEATED.sub(r"\1", "".join(kinds))
