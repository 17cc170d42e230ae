"""Merging span answers whose taskers agree: matched spans, majority bounds and majority label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy

from projects.inference import geometry
from projects.inference.matching import cluster
from projects.inference.outcome import Answer
from projects.inference.pieces import common_attributes, common_provenance, most_common
from projects.inference.span_crossings import Bounds, uncrossed

Said = list[tuple[int, Mapping[str, Any]]]  # by which answer, and what

# Spans of different labels match only when no spans of one label do.
OTHER_LABEL = 0.5
# Spans with less of their joint length in common are not the same span.
SHARED = 0.05


def merge_spans(answers: Sequence[Answer]) -> Answer:
    """One answer from several: each span found by more than half of the answers, with the bounds most
    of its finders chose (the middle ones where no two chose the same) and the label most chose, the first in the
    alphabet where none was. No two cross unless somebody's own do."""
    found = [(who, span) for who, answer in enumerate(answers) for span in answer["spans"]]
    found.sort(key=lambda pair: (pair[1]["start"], pair[1]["end"], pair[1]["label"]))
    if not found:
        return {"spans": []}
    groups, rest = _unanimous(found, len(answers))
    if rest:
        places = cluster(_similarity([span for _, span in rest]), [who for who, _ in rest], SHARED)
        groups += [[rest[i][1] for i in place] for place in places]
    groups = [group for group in groups if 2 * len(group) > len(answers)]
    said = [answer["spans"] for answer in answers]
    chosen = [_bounds(group) for group in groups]
    bounds = uncrossed(chosen, [len(group) for group in groups], said)
    kept = [_one(group, place) for group, place in zip(groups, bounds, strict=True) if place]
    if bounds != chosen:  # what was moved may have come to lie on its like
        kept = list({(span["start"], span["end"], span["label"]): span for span in kept}.values())
    kept.sort(key=lambda span: (span["start"], span["end"], span["label"]))
    return {"spans": [{"id": f"s{n}", **span} for n, span in enumerate(kept, start=1)]}


def _unanimous(found: Said, answers: int) -> tuple[list[list[Mapping[str, Any]]], Said]:
    """The spans that all answers have alike, and the rest; nothing of the rest could join them in a cluster."""
    alike: dict[tuple[int, int, str], Said] = {}
    for who, span in found:
        alike.setdefault((span["start"], span["end"], span["label"]), []).append((who, span))
    groups, rest = [], []
    for some in alike.values():
        if len(some) == answers and len({who for who, _ in some}) == answers:
            groups.append([span for _, span in some])
        else:
            rest += some
    return groups, rest


def _similarity(spans: Sequence[Mapping[str, Any]]) -> scipy.sparse.coo_array:
    bounds = np.array([(span["start"], span["end"]) for span in spans])
    labels = np.array([span["label"] for span in spans], dtype=object)
    overlap = geometry.span_overlaps(bounds, bounds)
    overlap.data = np.where(labels[overlap.row] == labels[overlap.col], overlap.data, overlap.data * OTHER_LABEL)
    return overlap


def _one(members: Sequence[Mapping[str, Any]], bounds: Bounds) -> dict[str, Any]:
    return {
        "start": bounds[0],
        "end": bounds[1],
        "label": most_common([span["label"] for span in members]),
        "attributes": common_attributes(members),
        "provenance": common_provenance(members),
    }


def _bounds(members: Sequence[Mapping[str, Any]]) -> Bounds:
    votes = Counter((span["start"], span["end"]) for span in members).most_common(2)
    if len(votes) == 1 or votes[0][1] > votes[1][1]:
        return votes[0][0]
    starts, ends = (sorted(span[key] for span in members) for key in ("start", "end"))
    middle = (len(members) - 1) // 2
    start, end = starts[middle], ends[len(members) - 1 - middle]
    return (start, end) if start < end else (members[0]["start"], members[0]["end"])
