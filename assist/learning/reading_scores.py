"""How well a model reads what is written in images: by the letters of what people wrote down of their regions.

Each line that is read belongs to the region that it lies in most, and lines of one region are read one after the other;
those that cover too little of it, a dot with the right words for one, don't read it.
Letters that were read wrong, left out or added are counted (Levenshtein 1966), of regions that were missed and of lines
where nothing is to be read all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from assist.learning import box_scores
from assist.learning.asked import Asked, Scores
from assist.learning.blind_verdicts import Decided
from assist.learning.figures import Kind, ratio
from assist.learning.line_matches import COVERED, Region, area, distance, lying_in, plain, right_lines, written_down
from assist.models import ModelVersion
from assist.runtime.client import RuntimeClient
from assist.suggestions.bindings import picture_of
from assist.suggestions.seen_boxes import Seen


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
    marked = written_down([part for part in one.answer["regions"] if part["label"] in known], asked.written)
    found = await box_scores.seen(client, version, asked, one)
    if asked.unread(one.task.pk):
        return None
    sure = partial(_sure, asked, version)
    offered = [each for each in found or () if asked.offers(each.label, sure(each))]
    lines = [Region(each.box, plain(words)) for each in offered for words in each.attributes.values()]
    asked.marked[one.task.pk] = any(region.words for _, region in marked)
    asked.evidence[one.task.pk] = page = compared(lines, [region for _, region in marked])
    if all(each.score is not None for each in found or ()):
        told = right_lines([each for each in offered if each.attributes], marked)
        asked.was_sure(one.task.pk, ((sure(each), right) for each, right in told))
    return 0.0 if found is None else page.right


def _sure(asked: Asked, version: ModelVersion, one: Seen) -> float | None:
    return asked.sure(version, one.score, one.label)


def compared(lines: Sequence[Region], regions: Sequence[Region]) -> Page:
    """Each line by the region that it lies in. What lies where nobody said what is written tells nothing."""
    own: list[list[str]] = [[] for _ in regions]
    covered, beside = np.zeros(len(regions)), 0
    for line, (place, shared) in zip(lines, lying_in(lines, regions), strict=True):
        if place >= 0:
            own[place].append(line.words)
            covered[place] += shared
        else:
            beside += len(line.words)
    told = []
    for one, said, shared in zip(regions, own, covered, strict=True):
        meets = shared >= COVERED * area(one)
        read, lost = (plain(" ".join(said)), 0) if meets else ("", sum(map(len, said)))
        if one.words:
            told.append((len(one.words), len(read), distance(one.words, read)))
            beside += lost
    return Page(told, beside)


FIGURES = (
    Kind("letters-wrong", ratio(lambda one: one.errors, lambda one: one.letters)),
    Kind("read-exactly", ratio(lambda one: one.exact, lambda one: len(one.regions))),
)
