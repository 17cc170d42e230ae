"""How well a model reads what is written in images: by the letters of what people wrote down of their regions.

Each line that is read belongs to the region that it lies in most, and lines of one region are read one after the other.
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

INSIDE = 0.5  # of the smaller of a line and a region: they are of each other


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
    """The share of each blind picture's letters that are read right, of what would be offered."""
    return [await _picture(client, version, asked, one) for one in decided if one.blind]


async def _picture(client: RuntimeClient, version: ModelVersion, asked: Asked, one: Decided) -> float | None:
    regions = [
        Region(box, plain(str(part["attributes"].get(asked.written[part["label"]], ""))))
        for part in one.answer["regions"]
        if part["label"] in asked.written and (box := as_box(part["shape"]))
    ]
    if picture_of(one.task) is None or (one.answer["regions"] and not any(words for _, words in regions)):
        return None
    found = await box_scores.seen(client, version, asked, one)
    lines = [
        Region(each.box, plain(words))
        for each in found
        if asked.offers(each.label, each.score)
        for words in each.attributes.values()
    ]
    page = compared(lines, regions)
    asked.evidence[one.task.pk] = page
    return page.right


def plain(words: str) -> str:
    """One spelling of each letter, one space between words."""
    return " ".join(unicodedata.normalize("NFC", words).split())


def compared(lines: Sequence[Region], regions: Sequence[Region]) -> Page:
    """Each line by the region that it lies in. What lies where nobody said what is written tells nothing."""
    own: list[list[str]] = [[] for _ in regions]
    beside = 0
    for line, shares in zip(lines, _inside(lines, regions), strict=True):
        best = int(shares.argmax()) if len(regions) else -1
        if best >= 0 and shares[best] >= INSIDE:
            own[best].append(line.words)
        else:
            beside += len(line.words)
    read = [plain(" ".join(said)) for said in own]
    told = [(one.words, said) for one, said in zip(regions, read, strict=True) if one.words]
    return Page([(len(words), len(said), distance(words, said)) for words, said in told], beside)


def _inside(lines: Sequence[Region], regions: Sequence[Region]) -> np.ndarray:
    """What each line shares with each region, of the smaller of both."""
    a, b = (np.array([one.box for one in some], float).reshape(-1, 4) for some in (lines, regions))
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    shared = np.clip(high - low, 0, None).prod(2)
    smaller = np.minimum(a[:, 2:].prod(1)[:, None], b[:, 2:].prod(1)[None])
    return np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0)


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
