"""Verdicts that no model had a hand in: the only ones that say how good a model is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from django.db.models import QuerySet

from assist.learning import erased, taught_elsewhere
from assist.learning.splits import GATE, VALIDATION, calibrates, split_of
from assist.models import MeasuredScores, ModelVersion, SelectedTask, Suggestion
from assist.registry import lineage
from projects.configuration.terms import terms_of
from projects.models import Annotation, Project, Task, VerdictEntry
from projects.quality import votes
from projects.quality.consensus import AUTO, IMPORTED
from taskers.models import Person

MOST_LOOKED_AT = 20_000  # verdicts
CHUNK = 500
UNPROVEN = (Person.Kind.MODEL, Person.Kind.IMPORTED)


@dataclass(frozen=True)
class Decided:
    """A task, what was decided of it under the labels of today, and whether people found it without any help."""

    entry: VerdictEntry
    answer: dict[str, Any]
    blind: bool

    @property
    def task(self) -> Task:
        return self.entry.task

    @property
    def group(self) -> str:
        return group_of(self.task)


def group_of(task: Task) -> str:
    """What tasks that show the same have in common: their image, or their text."""
    if asset := task.payload.get("asset"):
        return str(asset)
    text = task.payload.get("text")
    return sha256(str(text).encode()).hexdigest() if text else str(task.public_id)


def newest(project: Project, most: int) -> list[Decided]:
    """The newest decided tasks, newest first, without what a model decided alone and what today's labels can't say."""
    return _read(project, _decided(project).order_by("-pk")[:most])


def after(project: Project, key: int, most: int) -> list[Decided]:
    """Those of the lines after this one, the oldest first."""
    return _read(project, _decided(project).filter(pk__gt=key).order_by("pk")[:most])


def for_judging(project: Project, two: Sequence[ModelVersion], most: int) -> list[Decided]:
    """Of the newest MOST_LOOKED_AT: the newest `most`, and of the older ones those that may judge these two, until
    there are `most` of these; newest first."""
    may, keys = _may_judge(project, two), _newest_keys(project)
    kept, judges = list[Decided](), 0
    for start in range(0, len(keys), CHUNK):
        some = _read(project, _decided(project).filter(pk__in=keys[start : start + CHUNK]).order_by("-pk"))
        for place, one in enumerate(_judging(some, may), start):
            if place < most or one.blind:
                kept.append(one)
            judges += one.blind
            if judges == most:
                return kept
    return kept


def _decided(project: Project) -> QuerySet[VerdictEntry]:
    """The lines of what people decided, one for each task, without those that were erased."""
    rows = VerdictEntry.objects.filter(project=project, label="").exclude(verdict__method=AUTO)
    return rows.exclude(task__in=erased.tasks(project))


def _newest_keys(project: Project, since: datetime | None = None) -> list[int]:
    """Of the newest MOST_LOOKED_AT lines those of what was decided since, newest first."""
    lines = VerdictEntry.objects.filter(project=project, label="").order_by("-pk").values("pk")[:MOST_LOOKED_AT]
    rows = _decided(project).filter(pk__in=lines)
    if since is not None:
        rows = rows.filter(verdict__at__gte=since)
    return list(rows.order_by("-pk").values_list("pk", flat=True))


def _read(project: Project, rows: QuerySet[VerdictEntry]) -> list[Decided]:
    entries, terms = list(rows.select_related("task__asset", "task__batch", "verdict")), terms_of(project)
    answers = [votes.known_answer(terms, one.task, one.verdict.answer) for one in entries]
    return [
        Decided(entry, answer, bool(blind))
        for entry, answer, blind in zip(entries, answers, found_blind(entries), strict=True)
        if answer is not None
    ]


def unseen(project: Project, two: Sequence[ModelVersion], decided: Sequence[Decided]) -> Sequence[Decided]:
    """Those that may judge two models (`_may_judge`)."""
    return _judging(decided, _may_judge(project, two))


def _judging(decided: Sequence[Decided], may: Callable[[str], bool]) -> list[Decided]:
    """Those of which no model said when their turn came."""
    fair = unsteered([one.entry for one in decided])
    return [
        replace(one, blind=bool(one.blind and own and may(one.group))) for one, own in zip(decided, fair, strict=True)
    ]


def _may_judge(project: Project, two: Sequence[ModelVersion]) -> Callable[[str], bool]:
    """Of which groups: where either learnt from this project's verdicts, those alone that none ever learns from; none
    that taught either in another project; where the scores of either were measured here, none that says how far they
    may be believed (`calibrating`)."""
    key, learnt, known = str(project.public_id), _learnt_here(project, two), taught_elsewhere.knows(project, two)
    measured = MeasuredScores.objects.filter(project=project, version__in=two).exists()

    def judges(group: str) -> bool:
        fresh = not learnt or split_of(key, group) == GATE
        return fresh and not known(group) and not (measured and calibrates(key, group))

    return judges


def calibrating(project: Project, version: ModelVersion, decided: Sequence[Decided]) -> Sequence[Decided]:
    """The blind ones that say how far a model's scores may be believed: none of them ever judges it, nor did it learn
    from them."""
    key, learnt = str(project.public_id), _learnt_here(project, [version])
    known, fair = taught_elsewhere.knows(project, [version]), unsteered([one.entry for one in decided])
    blind = [one for one, own in zip(decided, fair, strict=True) if own and one.blind and calibrates(key, one.group)]
    return [one for one in blind if not known(one.group) and (not learnt or split_of(key, one.group) == VALIDATION)]


def _learnt_here(project: Project, versions: Sequence[ModelVersion]) -> bool:
    return lineage.snapshots_of(versions).filter(project=project).exists()


def newest_key(project: Project) -> int:
    """The key of the newest line of the verdicts' index of a project; 0 before the first."""
    newest = VerdictEntry.objects.filter(project=project).order_by("-pk").values_list("pk", flat=True)
    return newest.first() or 0


def found_blind(entries: Sequence[VerdictEntry]) -> np.ndarray:
    """Which verdicts are on tasks that people alone have answered, none of whom was shown a suggestion for it."""
    rows = Annotation.objects.filter(task__in=[entry.task_id for entry in entries])
    helped = with_help(Work(*one) for one in rows.values_list("task_id", "assignment_id", "tasker__kind"))
    return np.array([entry.task_id not in helped and entry.verdict.method != IMPORTED for entry in entries])


def unsteered(entries: Sequence[VerdictEntry]) -> np.ndarray:
    """Which verdicts are on tasks whose turn didn't depend on what a model made of them (learning/selection/): models
    do worse on what they chose for their doubts, and better on what they left."""
    rows = SelectedTask.objects.steered().filter(task__in=[entry.task_id for entry in entries])
    steered = set(rows.values_list("task", flat=True))
    return np.array([entry.task_id not in steered for entry in entries], dtype=bool)


def reached(project: Project, since: datetime | None, number: int) -> bool:
    """Whether so many verdicts were found without any model's help since then, of the newest MOST_LOOKED_AT; since ever
    without it."""
    fields = ("task_id", "verdict__method")

    def blind(keys: Sequence[int]) -> int:
        some = VerdictEntry.objects.filter(pk__in=keys).select_related("verdict").only(*fields)
        return int(found_blind(list(some)).sum())

    return _counted(_newest_keys(project, since), number, blind)


def judges_reached(project: Project, two: Sequence[ModelVersion], since: datetime, number: int) -> bool:
    """Whether so many tasks were decided since then that may judge these two, of the newest MOST_LOOKED_AT."""
    may = _may_judge(project, two)

    def judging(keys: Sequence[int]) -> int:
        some = _read(project, VerdictEntry.objects.filter(pk__in=keys))
        return sum(one.blind for one in _judging(some, may))

    return _counted(_newest_keys(project, since), number, judging)


def _counted(keys: Sequence[int], number: int, count: Callable[[Sequence[int]], int]) -> bool:
    """Whether so many of these count. It is known as soon as there are enough, or too few are left."""
    found = 0
    for start in range(0, len(keys), CHUNK):
        if found + len(keys) - start < number:
            return False
        found += count(keys[start : start + CHUNK])
        if found >= number:
            return True
    return False


class Work(NamedTuple):
    """That somebody answered a task."""

    task: int
    assignment: int
    kind: str  # of whom


def with_help(work: Iterable[Work]) -> set[int]:
    """The tasks that a model answered, or somebody to whom a suggestion was shown, or of whom nobody knows: whose work
    came in with files."""
    work = list(work)
    keys = [one.assignment for one in work]
    shown = set(Suggestion.objects.filter(assignment_key__in=keys).values_list("assignment_key", flat=True))
    return {one.task for one in work if one.assignment in shown or one.kind in UNPROVEN}


def digest(decided: Sequence[Decided]) -> str:
    """The sha256 of these tasks and what was decided of them, in no order."""
    lines = sorted(f"{one.task.public_id} {one.entry.verdict.public_id}" for one in decided)
    return sha256("\n".join(lines).encode()).hexdigest()
