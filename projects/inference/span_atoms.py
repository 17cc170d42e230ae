"""spans_v1: which spans are really there, from span answers on many texts.

A text is cut wherever anybody's span starts or ends. Between two cuts everybody said one thing of every
character, so such an atom is one question, "inside a span of this label or not?", however long it is:
a tasker who took a line too much made one mistake, not ninety. Per label, the atoms of all texts go to
the confusion model (taskers with different likings to miss and to take too much), together with what the
words tell (`span_words`), in turn (`span_turns`). Runs of atoms that are inside become spans, cut
where most of those who marked both sides cut them: so bounds are weighed by who drew them.

Sources: Nguyen et al. 2017 and Simpson and Gurevych 2019 (crowdsourced sequences; ours is neither of
their models), Raykar et al. 2010 (worker models and a classifier learnt together).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.inference import arguments, geometry
from projects.inference.dawid_skene import votes
from projects.inference.matching import cluster
from projects.inference.pieces import most_common
from projects.inference.span_crossings import uncrossed
from projects.inference.span_features import Stretch
from projects.inference.span_rivals import SAME, find_rivals
from projects.inference.span_turns import in_turn
from projects.inference.span_words import Reading, lean

Floats = NDArray[np.float64]
Bounds = tuple[int, int]


@dataclass(frozen=True)
class FoundSpan:
    """Code points [start, end); `confidence` is the mean probability of its characters to be inside."""

    start: int
    end: int
    label: str
    confidence: float


@dataclass(frozen=True)
class TextEstimate:
    """The spans of one text, and the share of overlap with the truth (F1 in characters) to be expected
    of them; 1 where nothing was marked by anybody."""

    spans: list[FoundSpan]
    confidence: float


@dataclass
class _Atoms:
    stretches: list[Stretch]
    triples: NDArray[np.int64]


Marks = list[dict[Hashable, list[Bounds]]]


def infer_spans(texts: Sequence[str], answers: Sequence[Mapping[Hashable, Mapping[str, Any]]]) -> list[TextEstimate]:
    """Estimate all texts together. `answers[i]` maps tasker → text_spans answer about `texts[i]`.
    BadArgument for a span outside its text."""
    _check(texts, answers)
    labels = sorted({span["label"] for text in answers for answer in text.values() for span in answer["spans"]})
    taskers = sorted({who for text in answers for who in text}, key=repr)
    spans: list[list[FoundSpan]] = [[] for _ in texts]
    expected = np.zeros((len(texts), 2))
    for label in labels:
        marks: Marks = [
            {who: _bounds(answer, label) for who, answer in sorted(text.items(), key=lambda item: repr(item[0]))}
            for text in answers
        ]
        atoms = _cut(texts, marks, {who: n for n, who in enumerate(taskers)})
        inside = _inside(texts, atoms, len(taskers))
        for number, found, sums in _runs(atoms, inside, marks, label):
            spans[number] += found
            expected[number] += sums
    told = []
    for number, found in enumerate(spans):
        given = list(answers[number].values())
        found = _uncrossed(found + _of_disputed_names(given, found), given, texts[number])
        kept, total = expected[number]
        sure = 2 * kept / total if total else float(bool(answers[number]))
        told.append(TextEstimate(sorted(found, key=lambda s: (s.start, s.end, s.label)), float(sure)))
    return told


def _of_disputed_names(answers: Sequence[Mapping[str, Any]], found: Sequence[FoundSpan]) -> list[FoundSpan]:
    """What more than half marked under names of which none is likely: asked label by label, nothing would be there.
    Bounds and name are those of most; the confidence is the share that gave this name."""
    told = []
    for place in find_rivals([answer["spans"] for answer in answers]):
        apart = [[span] for some in place.spans for span in some]
        near = geometry.span_overlaps(*(np.array([(s["start"], s["end"]) for [s] in apart]) for _ in range(2)))
        owner = [who for who, some in enumerate(place.spans) for _ in some]
        for group in cluster(near, owner, SAME):
            members = [apart[i][0] for i in group]
            votes = Counter((span["start"], span["end"]) for span in members)
            start, end = min(votes, key=lambda one: (-votes[one], one))
            if 2 * len(group) > len(answers) and not any(one.start < end and start < one.end for one in found):
                label = most_common([span["label"] for span in members])
                share = sum(span["label"] == label for span in members) / len(answers)
                told.append(FoundSpan(start, end, label, share))
    return told


def _uncrossed(found: Sequence[FoundSpan], answers: Sequence[Mapping[str, Any]], text: str) -> list[FoundSpan]:
    """The spans of one text, of which none cross unless somebody's do."""
    places = [(one.start, one.end) for one in found]
    bounds = uncrossed(places, [one.confidence for one in found], [answer["spans"] for answer in answers], text)
    kept = [replace(one, start=place[0], end=place[1]) for one, place in zip(found, bounds, strict=True) if place]
    return list({(one.start, one.end, one.label): one for one in kept}.values())


def _check(texts: Sequence[str], answers: Sequence[Mapping[Hashable, Mapping[str, Any]]]) -> None:
    if len(texts) != len(answers):
        raise arguments.BadArgument("answers", "there must be one set of answers for each text")
    for text, given in zip(texts, answers, strict=True):
        for answer in given.values():
            if any(not 0 <= span["start"] < span["end"] <= len(text) for span in answer["spans"]):
                raise arguments.BadArgument("answers", "a span lies outside its text")


def _bounds(answer: Mapping[str, Any], label: str) -> list[Bounds]:
    return sorted({(span["start"], span["end"]) for span in answer["spans"] if span["label"] == label})


def _cut(texts: Sequence[str], marks: Marks, number: Mapping[Hashable, int]) -> _Atoms:
    stretches: list[Stretch] = []
    triples: list[NDArray[np.int64]] = []
    for document, (text, given) in enumerate(zip(texts, marks, strict=True)):
        ends = {0, len(text)} | {end for spans in given.values() for bounds in spans for end in bounds}
        cuts = np.array(sorted(ends), dtype=np.int64)
        if not given or cuts.size < 2:
            continue
        first = len(stretches)
        stretches += [Stretch(document, int(a), int(b)) for a, b in zip(cuts, cuts[1:], strict=False)]
        atoms = np.arange(first, len(stretches))
        for who, spans in given.items():
            steps = np.zeros(cuts.size, dtype=np.int64)
            for start, end in spans:
                steps[np.searchsorted(cuts, start)] += 1
                steps[np.searchsorted(cuts, end)] -= 1
            said = (steps.cumsum()[:-1] > 0).astype(np.int64)
            triples.append(np.column_stack([atoms, np.full(atoms.size, number[who]), said]))
    return _Atoms(stretches, np.concatenate(triples) if triples else np.zeros((0, 3), dtype=np.int64))


def _inside(texts: Sequence[str], atoms: _Atoms, taskers: int) -> Floats:
    """Probability of each atom to be inside a span."""
    sizes = (len(atoms.stretches), taskers, 2)
    task, worker, said = atoms.triples[np.lexsort(atoms.triples.T)].T
    marked = np.bincount(task, weights=said, minlength=sizes[0]) > 0
    reading = Reading(texts, atoms.stretches, marked)
    return in_turn(votes(task, worker, said, sizes), sizes, None, lambda belief: lean(reading, belief))[1]


def _runs(
    atoms: _Atoms, inside: Floats, marks: Marks, label: str
) -> list[tuple[int, list[FoundSpan], tuple[float, float]]]:
    """Per text: its number, its spans, and (expected overlap, size found + size expected) in characters."""
    where: dict[int, list[int]] = {}
    for n, stretch in enumerate(atoms.stretches):
        where.setdefault(stretch.document, []).append(n)
    out = []
    for document, numbers in where.items():
        found: list[FoundSpan] = []
        run: list[int] = []
        starts = np.array([atoms.stretches[n].start for n in numbers], dtype=np.int64)
        for n, parted in zip(numbers, partings(starts, list(marks[document].values())), strict=True):
            if run and (inside[n] <= 0.5 or parted):
                found.append(_span(run, atoms, inside, label))
                run = []
            if inside[n] > 0.5:
                run.append(n)
        if run:
            found.append(_span(run, atoms, inside, label))
        sizes = np.array([atoms.stretches[n].end - atoms.stretches[n].start for n in numbers])
        chance = inside[numbers]
        kept = float((sizes * chance)[chance > 0.5].sum())
        out.append((document, found, (kept, float(sizes[chance > 0.5].sum() + (sizes * chance).sum()))))
    return out


def _span(run: Sequence[int], atoms: _Atoms, inside: Floats, label: str) -> FoundSpan:
    parts = [atoms.stretches[n] for n in run]
    sizes = [part.end - part.start for part in parts]
    return FoundSpan(parts[0].start, parts[-1].end, label, float(np.average(inside[list(run)], weights=sizes)))


def partings(places: NDArray[np.int64], given: Sequence[Sequence[Bounds]]) -> NDArray[np.bool_]:
    """For each place whether most of those who marked both sides of it have two spans that meet there."""
    through = np.zeros(len(places), dtype=np.int64)
    meeting = np.zeros(len(places), dtype=np.int64)
    for spans in given:
        starts, ends = (np.sort(np.array([one[side] for one in spans], dtype=np.int64)) for side in (0, 1))
        crossed = np.searchsorted(starts, places, "left") > np.searchsorted(ends, places, "right")
        through += crossed
        meeting += ~crossed & np.isin(places, starts) & np.isin(places, ends)
    return meeting > through
