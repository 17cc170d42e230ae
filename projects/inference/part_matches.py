"""Which parts of several answers to one task are about the same thing, so that they can be weighed part by part.

Regions match as they do where answers are merged, spans by the words that they share, fields by their names. A match is
a list of (number of the answer, number of the part), never two of one answer, in the order of the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from projects.inference.geometry import span_overlaps
from projects.inference.matching import cluster
from projects.inference.regions import things_in
from projects.inference.spans import SHARED

Answer = Mapping[str, Any]
Match = list[tuple[int, int]]


def of_regions(answers: Sequence[Answer], iou: float) -> list[Match]:
    """In the order in which they were drawn, by the first answer that has each."""
    return sorted(sorted(one.members) for one in things_in(answers, iou))


def of_spans(answers: Sequence[Answer]) -> list[Match]:
    """In the order of the text."""
    said = [(who, n, span) for who, answer in enumerate(answers) for n, span in enumerate(answer["spans"])]
    if not said:
        return []
    bounds = np.array([(span["start"], span["end"]) for *_, span in said])
    groups = cluster(span_overlaps(bounds, bounds), [who for who, *_ in said], SHARED)
    groups.sort(key=lambda group: min((said[i][2]["start"], said[i][2]["end"]) for i in group))
    return [sorted((said[i][0], said[i][1]) for i in group) for group in groups]


def of_fields(answers: Sequence[Answer]) -> list[Match]:
    """In the order in which the fields are asked, as far as the answers tell it."""
    found: dict[str, Match] = {}
    for who, answer in enumerate(answers):
        for n, part in enumerate(answer["fields"]):
            found.setdefault(part["field"], []).append((who, n))
    return list(found.values())
