"""How well a model reads what is written in images: by the letters of what people wrote down of their regions.

Each line that is read belongs to the region that it lies in most, and lines of one region are read one after the other;
those that cover too little of it, a dot with the right words for one, don't read it.
Letters that were read wrong, left out or added are counted (Levenshtein 1966), of regions that were missed and of lines
where nothing is to be read all of them.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assist.learning import box_scores
from assist.learning.asked import Asked, Scores
from assist.learning.blind_verdicts import Decided
from assist.learning.figures import Kind, ratio
from assist.learning.region_masks import as_box
from assist.models import ModelVersion
from assist.runtime.client import RuntimeClient
from assist.suggestions.bindings import picture_of

INSIDE = 0.5  # of a line: it is of the region
COVERED = 0.25  # of a region, by its lines together: people draw around words loosely, and leave room between lines


class Region(NamedTuple):
    """A region where words belong: its box, and what people wrote down; "" where nobody said."""

    box: tuple[float, ...]
    words: str


@dataclass(frozen=True)
class Page:
    """What was read in one: each region's letters (decided, read, wrong), and the letters of lines beside them."""

    regions: Sequence[tuple[int, int, int]]
    beside: int

    @property
    def errors(self) -> int:
        """Letters of regions that were read wrong, left out or added."""
        return sum(wrong for *_, wrong in self.regions)

    @property
    def letters(self) -> int:
        """Of what people wrote down."""
        return sum(decided for decided, *_ in self.regions)

    @property
    def exact(self) -> int:
        """Regions that were read without an error."""
        return sum(not wrong for *_, wrong in self.regions)

    @property
    def right(self) -> float:
        """The share of all letters, decided or read, that are right. Nothing for nothing is 1."""
        whole = self.beside + sum(max(decided, read) for decided, read, _ in self.regions)
        return 1 - (self.errors + self.beside) / whole if whole else 1.0


async def written(client: RuntimeClient, version: ModelVersion, asked: Asked, decided: Sequence[Decided]) -> Scores:
    """The share of each blind picture's letters that are read right, of what would be offered: 0 without an answer,
    None of what can't be read. What is written under labels that neither model has a name for is asked of none."""
    known = box_scores.nameable(asked) & asked.written.keys()
    return [await _picture(client, version, asked, known, one) for one in decided if one.blind]


async def _picture(
    client: RuntimeClient, version: ModelVersion, asked: Asked, known: frozenset[str], one: Decided
) -> float | None:
    if not known or picture_of(one.task) is None:
        return None
    regions = [
        Region(box, plain(str(part["attributes"].get(asked.written[part["label"]], ""))))
        for part in one.answer["regions"]
        if part["label"] in known and (box := as_box(part["shape"]))
    ]
    found = await box_scores.seen(client, version, asked, one)
    if asked.unread(one.task.pk):
        return None
    lines = [
        Region(each.box, plain(words))
        for each in found or ()
        if asked.offers(each.label, each.score)
        for words in each.attributes.values()
    ]
    asked.marked[one.task.pk] = any(words for _, words in regions)
    asked.evidence[one.task.pk] = page = compared(lines, regions)
    return 0.0 if found is None else page.right


def plain(words: str) -> str:
    """One spelling of each letter, one space between words."""
    return " ".join(unicodedata.normalize("NFC", words).split())


def compared(lines: Sequence[Region], regions: Sequence[Region]) -> Page:
    """Each line by the region that it lies in. What lies where nobody said what is written tells nothing."""
    own: list[list[str]] = [[] for _ in regions]
    covered, beside = np.zeros(len(regions)), 0
    for line, shared in zip(lines, _shared(lines, regions), strict=True):
        best = int(shared.argmax()) if len(regions) else -1
        if best >= 0 and shared[best] > 0 and shared[best] >= INSIDE * _area(line):
            own[best].append(line.words)
            covered[best] += shared[best]
        else:
            beside += len(line.words)
    told = []
    for one, said, area in zip(regions, own, covered, strict=True):
        meets = area >= COVERED * _area(one)
        read, lost = (plain(" ".join(said)), 0) if meets else ("", sum(map(len, said)))
        if one.words:
            told.append((len(one.words), len(read), distance(one.words, read)))
            beside += lost
    return Page(told, beside)


def _area(one: Region) -> float:
    _, _, width, height = one.box
    return width * height


def _shared(lines: Sequence[Region], regions: Sequence[Region]) -> np.ndarray:
    """The area that each line shares with each region."""
    a, b = (np.array([one.box for one in some], float).reshape(-1, 4) for some in (lines, regions))
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    return np.clip(high - low, 0, None).prod(2)


def distance(first: str, second: str) -> int:
    """How many letters have to be changed, taken out or put in to make one of the other (Levenshtein 1966)."""
    there = np.array([ord(letter) for letter in second], int)
    steps = np.arange(len(second) + 1)
    row = steps
    for at, letter in enumerate(first, start=1):
        changed = np.concatenate([[at], np.minimum(row[:-1] + (there != ord(letter)), row[1:] + 1)])
        row = np.minimum.accumulate(changed - steps) + steps
    return int(row[-1])


FIGURES = (
    Kind("letters-wrong", ratio(lambda one: one.errors, lambda one: one.letters)),
    Kind("read-exactly", ratio(lambda one: one.exact, lambda one: len(one.regions))),
)
