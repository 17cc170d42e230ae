"""How well a model finds what people marked in images: F1 of each picture by its boxes, and average precision beside.

A box counts where it is of the right label and shares at least half with the box of what people marked there; the surer
comes first, each marked thing is found once (Everingham and others, "The Pascal Visual Object Classes Challenge", 2010;
as COCO reads the curve, at 101 places: Lin and others, "Microsoft COCO", 2014).
"""

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from assist.errors import CopilotError
from assist.learning.asked import UNREADABLE, Asked, Scores, patiently
from assist.learning.blind_verdicts import Decided
from assist.learning.box_matches import Marked, matched, score_of
from assist.learning.figures import Kind, Value, ratio
from assist.learning.region_masks import as_box
from assist.models import ModelVersion
from assist.runtime.client import RuntimeClient
from assist.suggestions.bindings import picture_of, read_picture
from assist.suggestions.seen_boxes import Seen, named

RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True)
class Found:
    """One box: its label, how sure, its IoU with the marked thing that it is of (0: of none), whether it is offered."""

    label: str
    score: float
    overlap: float
    offered: bool


@dataclass(frozen=True)
class Picture:
    """What is marked in a picture, by label, and what was found there."""

    marked: Mapping[str, int]
    found: Sequence[Found]

    @property
    def overlaps(self) -> list[float]:
        """Of what is offered and is of something."""
        return [one.overlap for one in self.found if one.offered and one.overlap]

    @property
    def f1(self) -> float:
        """By what is offered. Nothing for nothing is 1."""
        both = sum(self.marked.values()) + sum(one.offered for one in self.found)
        return 2 * len(self.overlaps) / both if both else 1.0


async def boxes(client: RuntimeClient, version: ModelVersion, asked: Asked, decided: Sequence[Decided]) -> Scores:
    """F1 of each blind picture by the boxes that would be offered: 0 without an answer, None of what can't be read.
    What neither of the two models has a label for is asked of none."""
    known = nameable(asked)
    return [await _picture(client, version, asked, known, one) for one in decided if one.blind]


async def _picture(
    client: RuntimeClient, version: ModelVersion, asked: Asked, known: frozenset[str], one: Decided
) -> float | None:
    if not known or picture_of(one.task) is None:
        return None
    regions = one.answer["regions"]
    marked = [(part["label"], box) for part in regions if (box := as_box(part["shape"])) and part["label"] in known]
    found = await seen(client, version, asked, one)
    if asked.unread(one.task.pk):
        return None
    asked.marked[one.task.pk] = bool(marked)
    asked.evidence[one.task.pk] = picture = compared(found or (), marked, version, asked)
    scored = all(each.score is not None for each in found or ())
    offered = [each for each in picture.found if scored and each.offered]
    asked.was_sure(one.task.pk, ((asked.sure(version, each.score, each.label), bool(each.overlap)) for each in offered))
    return 0.0 if found is None else picture.f1


async def seen(client: RuntimeClient, version: ModelVersion, asked: Asked, one: Decided) -> list[Seen] | None:
    """What a model finds in a picture, by the project's labels; what of it would be offered is heard. None, and the
    fault is heard, where the picture can't be read or it has no answer."""
    picture = picture_of(one.task)
    assert picture is not None
    asked.about(one.task.pk)
    try:
        supply = partial(asyncio.to_thread, read_picture, picture)
        found = (await patiently(partial(client.boxes, str(version), picture.sha256, supply)))["boxes"]
    except CopilotError as problem:
        if problem.code not in UNREADABLE:
            raise
        asked.heard[one.task.pk] = {"fault": problem.code}
        return None
    all_of_it = named(found, asked.mapping, asked.labels, version.terms.get("label_map"), asked.written)
    asked.heard[one.task.pk] = {
        "regions": [_as_region(each) for each in all_of_it if _is_offered(each, version, asked)]
    }
    return all_of_it


def _is_offered(one: Seen, version: ModelVersion, asked: Asked) -> bool:
    return asked.offers(one.label, asked.sure(version, one.score, one.label))


def _as_region(one: Seen) -> dict[str, Any]:
    x, y, width, height = one.box
    shape = {"type": "box", "x": x, "y": y, "width": width, "height": height}
    return {"label": one.label, "shape": shape, "attributes": dict(one.attributes)}


def nameable(asked: Asked) -> frozenset[str]:
    """The labels that one of the two models has a name for; all, where one doesn't say which names it has."""
    if not all(one.terms.get("labels") for one in asked.versions):
        return asked.labels
    return frozenset(each.label for one in asked.versions for each in _names(one, asked))


def _names(version: ModelVersion, asked: Asked) -> list[Seen]:
    """A box under each of its names; of a reader with something written in it."""
    words = "a" if version.capability == ModelVersion.Capability.READ else ""
    found = [(0, 0, 1, 1, name, None, words) for name in version.terms["labels"]]
    return named(found, asked.mapping, asked.labels, version.terms.get("label_map"), asked.written)


def compared(found: Sequence[Seen], marked: Sequence[Marked], version: ModelVersion, asked: Asked) -> Picture:
    """Each box with what it is of, and whether it would be offered."""
    rows = [
        Found(one.label, score_of(one), overlap, _is_offered(one, version, asked))
        for one, overlap in matched(found, marked)
    ]
    return Picture(Counter(label for label, _ in marked), rows)


def average_precision(pictures: Sequence[Picture]) -> Value:
    """The mean of the labels' average precisions, over the labels that are marked anywhere."""
    found: dict[str, list[tuple[float, int, bool]]] = defaultdict(list)
    for at, picture in enumerate(pictures):
        for one in picture.found:
            found[one.label].append((one.score, at, bool(one.overlap)))
    labels = sorted({label for one in pictures for label in one.marked})
    marked = {label: np.array([one.marked.get(label, 0) for one in pictures], float) for label in labels}
    curves = [_precision(found[label], marked[label]) for label in labels]

    def value(counts: np.ndarray) -> float:
        known = [one for curve in curves if not math.isnan(one := curve(counts))]
        return float(np.mean(known)) if known else math.nan

    return value


def _precision(found: Sequence[tuple[float, int, bool]], marked: np.ndarray) -> Value:
    """Of one label: its boxes as (score, picture, whether it is right), and how many are marked in each picture. Those
    that are as sure as each other come all at once, so that nothing hangs on the order of the pictures."""
    surest = sorted(found, key=lambda one: -one[0])
    where, right = np.array([at for _, at, _ in surest], int), np.array([hit for *_, hit in surest], float)
    ends = np.flatnonzero(np.diff([score for score, *_ in surest], append=-np.inf))

    def value(counts: np.ndarray) -> float:
        wanted = float(counts @ marked)
        if not wanted:
            return math.nan
        weights = counts[where]
        hits, all_of_them = np.cumsum(weights * right)[ends], np.cumsum(weights)[ends]
        precision = hits / np.maximum(all_of_them, np.spacing(1))
        precision = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
        return float(precision[np.searchsorted(hits / wanted, RECALLS)].mean())

    return value


FIGURES = (
    Kind("average-precision", average_precision),
    Kind("overlap", ratio(lambda one: sum(one.overlaps), lambda one: len(one.overlaps))),
)
