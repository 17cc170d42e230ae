"""spans_v1 on one text: which stretches are inside a span, by who marked them, and where the spans end.

A text is cut wherever anybody's span starts or ends. Between two cuts everybody said one thing of every character, so
such a stretch is one question, "inside a span of this label or not?", however long it is: a tasker who took a line too
much made one mistake, not ninety. What an estimate over all texts (`span_questions`) said of taskers and of words
answers it. Stretches that are inside become spans, cut where most of those who marked both sides cut them: so bounds
are weighed by who drew them. Each label is cut by itself, but where people call one thing differently (`span_rivals`)
its names are cut together: whether something is there comes first, and then what it is, by how well those name who
say so and by the words.

Sources: Nguyen et al. 2017 and Simpson and Gurevych 2019 (crowdsourced sequences; ours is neither of their models),
Raykar et al. 2010 (worker models and a classifier learnt together).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from projects.inference import geometry
from projects.inference.instance_level import LIKELY, Bools, ByParts, Floats, Ints, Judges, Merged, Where
from projects.inference.matching import cluster
from projects.inference.naming import Called
from projects.inference.outcome import Answer
from projects.inference.pieces import common_attributes, common_provenance
from projects.inference.span_crossings import uncrossed
from projects.inference.span_questions import estimate_spans
from projects.inference.span_rivals import find_rivals
from projects.inference.spans import SHARED

Span = Mapping[str, Any]
Said = tuple[int, Span]  # by which answer, and what
OTHER_LABEL = 0.999  # how far two spans are alike that differ in their label alone


@dataclass(frozen=True)
class _Cut:
    """The stretches between all bounds of one label, or of rival ones at one place: [start, end), (stretches, answers)
    who marked each, and which are asked about here: not those where a label has rivals, cut together elsewhere."""

    labels: Sequence[str]
    start: Ints
    end: Ints
    said: Bools
    asked: Bools
    spans: list[list[Span]]  # of each answer

    @property
    def label(self) -> str:
        """The one label, as questions name it; none for rivals."""
        return self.labels[0] if len(self.labels) == 1 else ""

    @property
    def marked(self) -> _Cut:
        """Only what anybody marked."""
        some = self.asked & self.said.any(axis=1)
        return replace(self, start=self.start[some], end=self.end[some], said=self.said[some], asked=self.asked[some])

    def chances(self, judges: Judges) -> Floats:
        """How likely each stretch is inside a span; of rivals, the one of which words tell most speaks for all."""
        return np.max([judges.chances_in(one, self.start, self.end, self.said) for one in self.labels], axis=0)


@dataclass(frozen=True)
class _Run:
    """One span: code points [start, end), and the chance that it is right."""

    start: int
    end: int
    right: float


@dataclass(frozen=True)
class _Doubted:
    """A stretch that was marked and isn't kept, the chance that it is a span, and (answers) who marked it."""

    start: int
    end: int
    chance: float
    said: Bools


def ask(answers: Sequence[Answer], thresholds: Mapping[str, Any], text: str) -> tuple[Bools, Sequence[Where]]:
    """Who marked which stretch, label by label. What lies between, before and after is asked too: who marks little and
    who marks much are told apart by what nobody marked."""
    nobody = np.zeros((1, len(answers)), dtype=bool)
    rows: list[Bools] = []
    where: list[Where] = []
    asked: list[bool] = []
    for cut in _cuts(answers):
        rows += [nobody, cut.said, nobody]
        bounds = [0, *cut.start.tolist(), int(cut.end[-1]), max(len(text), int(cut.end[-1]))]
        where += [(cut.label, start, end) for start, end in pairwise(bounds)]
        asked += [bool(cut.label), *cut.asked.tolist(), bool(cut.label)]  # around rivals each label is asked about
    if not rows:
        return nobody, [("", 0, len(text))]
    # A span that begins or ends its text has nothing before or behind it.
    some = np.array(asked) & np.array([start < end for _, start, end in where])
    return np.concatenate(rows)[some], [one for one, is_some in zip(where, some, strict=True) if is_some]


def merge(answers: Sequence[Answer], judges: Judges, thresholds: Mapping[str, Any]) -> Merged:
    """The spans that are likelier there than not, in the order of their places; none cross unless somebody's own do."""
    exact = thresholds.get("span_match", "exact") == "exact"
    found: list[tuple[dict[str, Any], float]] = []
    doubted: list[_Doubted] = []
    for cut in (one.marked for one in _cuts(answers)):
        if not cut.start.size:  # only where it has rivals
            continue
        runs, left_out = _runs(cut, cut.chances(judges), exact)
        doubted += left_out
        found += [_span(cut, run, some, judges) for run, some in zip(runs, _members(cut, runs), strict=True)]
    bounds = uncrossed(
        [(span["start"], span["end"]) for span, _ in found],
        [right for _, right in found],
        [answer["spans"] for answer in answers],
        judges.text,
    )
    found = [
        (span | {"start": place[0], "end": place[1]}, right)
        for (span, right), place in zip(found, bounds, strict=True)
        if place
    ]
    found.sort(key=lambda pair: (pair[0]["start"], pair[0]["end"], pair[0]["label"]))
    spans = [{"id": f"s{n}", **span} for n, (span, _) in enumerate(found, start=1)]
    return Merged({"spans": spans}, np.array([right for _, right in found]), _missing(doubted, spans, judges))


def called(answers: Sequence[Answer], thresholds: Mapping[str, Any]) -> list[list[Called]]:
    """What each stretch was called by those who marked it, or most of it."""
    marks = sorted(
        (span["start"], span["end"], span["label"], who)
        for who, answer in enumerate(answers)
        for span in answer["spans"]
    )
    if not marks:
        return []
    bounds, labels = np.array([mark[:2] for mark in marks]), np.array([mark[2] for mark in marks], dtype=object)
    alike = geometry.span_overlaps(bounds, bounds)
    # Of two spans in one place, each of another label, each goes with those of its own.
    alike.data *= np.where(labels[alike.row] == labels[alike.col], 1.0, OTHER_LABEL)
    groups = cluster(alike, [who for *_, who in marks], SHARED * OTHER_LABEL)
    return [[(marks[i][3], marks[i][2]) for i in group] for group in groups]


SPANS = ByParts(ask, merge, estimate_spans, called)


def _cuts(answers: Sequence[Answer]) -> list[_Cut]:
    """One of each label, and one of each place where labels are rivals."""
    by_label: dict[str, list[list[Span]]] = {}
    for who, answer in enumerate(answers):
        for span in answer["spans"]:
            by_label.setdefault(span["label"], [[] for _ in answers])[who].append(span)
    places = find_rivals([answer["spans"] for answer in answers])
    apart = [span for place in places for some in place.spans for span in some]
    cuts = [
        _cut([label], by_label[label], [one for one in apart if one["label"] == label]) for label in sorted(by_label)
    ]
    rivals = [_cut(place.labels, place.spans, []) for place in places]
    return cuts + [replace(one, asked=np.asarray(one.said.any(axis=1))) for one in rivals]


def _cut(labels: Sequence[str], spans: list[list[Span]], apart: Sequence[Span]) -> _Cut:
    bounds = np.unique([edge for some in spans for span in some for edge in (span["start"], span["end"])])
    said = np.stack([_covered(bounds, some) for some in spans], axis=1)
    return _Cut(labels, bounds[:-1], bounds[1:], said, ~_covered(bounds, apart), spans)


def _covered(bounds: Ints, spans: Sequence[Span]) -> Bools:
    """Which stretches between these bounds lie in any of the spans."""
    steps = np.zeros(bounds.size, dtype=np.int64)
    np.add.at(steps, np.searchsorted(bounds, [span["start"] for span in spans]), 1)
    np.add.at(steps, np.searchsorted(bounds, [span["end"] for span in spans]), -1)
    return steps.cumsum()[:-1] > 0


def _missing(doubted: Sequence[_Doubted], kept: Sequence[Span], judges: Judges) -> Floats:
    """How likely something is there at each place where nothing is kept. Where some gave a place one label and some
    another, all of them say that something is there."""
    taken = np.array([(span["start"], span["end"]) for span in kept], dtype=np.int64).reshape(-1, 2)
    places: list[_Doubted] = []
    for one in sorted(doubted, key=lambda one: (one.start, one.end)):
        apart = not places or one.start >= places[-1].end
        if apart or bool(((taken[:, 0] < one.end) & (taken[:, 1] > one.start)).any()):
            places.append(one)
        else:
            last, said = places[-1], places[-1].said | one.said
            joined = float(judges.chances(said[None])[0])
            places[-1] = _Doubted(last.start, max(last.end, one.end), max(joined, last.chance, one.chance), said)
    return np.array([one.chance for one in places])


def _runs(cut: _Cut, chances: Floats, exact: bool) -> tuple[list[_Run], list[_Doubted]]:
    """The spans, and the stretches that belong to none."""
    inside = chances > LIKELY
    touching = np.append(False, cut.end[:-1] == cut.start[1:]) if len(chances) else np.zeros(0, dtype=bool)
    given = [[(span["start"], span["end"]) for span in some] for some in cut.spans]
    begins = ~touching | np.append(True, inside[1:] != inside[:-1])[: len(chances)]
    begins |= inside & _partings(cut.start, given)
    firsts = np.flatnonzero(begins)
    runs, left_out = [], []
    for first, after in zip(firsts, np.append(firsts[1:], len(chances)), strict=True):
        # A neighbour that somebody marked may belong to it too; bounds that are disputed are one doubt, not many.
        before = chances[first - 1] if first and touching[first] and not inside[first - 1] else 0.0
        behind = chances[after] if after < len(chances) and touching[after] and not inside[after] else 0.0
        if inside[first]:
            doubt = min(float(chances[first:after].min()), 1 - float(before), 1 - float(behind))
            right = doubt if exact else float(chances[first:after].max())
            runs.append(_Run(int(cut.start[first]), int(cut.end[after - 1]), right))
        elif not (touching[first] or (after < len(chances) and touching[after])):
            likeliest = first + int(chances[first:after].argmax())
            place = int(cut.start[first]), int(cut.end[after - 1])
            left_out.append(_Doubted(*place, float(chances[likeliest]), cut.said[likeliest]))
    return runs, left_out


def _partings(places: Ints, given: Sequence[Sequence[tuple[int, int]]]) -> Bools:
    """For each place whether most of those who marked both sides of it have two spans that meet there."""
    through = np.zeros(len(places), dtype=np.int64)
    meeting = np.zeros(len(places), dtype=np.int64)
    for spans in given:
        starts, ends = (np.sort(np.array([one[side] for one in spans], dtype=np.int64)) for side in (0, 1))
        crossed = np.searchsorted(starts, places, "left") > np.searchsorted(ends, places, "right")
        through += crossed
        meeting += ~crossed & np.isin(places, starts) & np.isin(places, ends)
    return meeting > through


def _members(cut: _Cut, runs: Sequence[_Run]) -> list[list[Said]]:
    """For each run the one span of each answer that shares most with it, if any shares enough."""
    members: list[list[Said]] = [[] for _ in runs]
    bounds = np.array([(run.start, run.end) for run in runs]).reshape(-1, 2)
    for who, some in enumerate(cut.spans):
        if not (some and runs):
            continue
        overlap = geometry.span_overlaps(bounds, np.array([(span["start"], span["end"]) for span in some]))
        best: dict[int, tuple[float, int]] = {}
        for run, which, share in zip(overlap.row.tolist(), overlap.col.tolist(), overlap.data.tolist(), strict=True):
            if share >= SHARED and (share, -which) > best.get(run, (0.0, 0)):
                best[run] = (share, -which)
        for run, (_, which) in best.items():
            members[run].append((who, some[-which]))
    return members


def _span(cut: _Cut, run: _Run, members: Sequence[Said], judges: Judges) -> tuple[dict[str, Any], float]:
    """A run as a span, and the chance that it is right: that it is there, and is what it is called."""
    label, sure = cut.label, 1.0
    if not label:
        said = members or [(who, span) for who, some in enumerate(cut.spans) for span in some]
        names = [span["label"] for _, span in said]
        label, sure = judges.name([who for who, _ in said], names, (run.start, run.end))
    told = {
        "start": run.start,
        "end": run.end,
        "label": label,
        "attributes": common_attributes([span for _, span in members if span["label"] == label]),
        "provenance": common_provenance([span for _, span in members]),
    }
    return told, run.right * sure
