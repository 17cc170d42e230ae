"""Taking tasks out of all that models learn from: no later snapshot holds them, and the files of those that do are
removed. The only writer of Erasure, ErasedTask and Tombstone.

A snapshot's file is named by what is in it, so it can't be rewritten: it goes, and a tombstone says how much of it was
erased, when and why. What learnt from it is known by its lineage (registry/lineage.py). A job that was killed begins
anew: it marks first and removes then, and each step may be done twice.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from assist.learning import erased_selection, follow, snapshots, training
from assist.learning.erased_selection import Selected
from assist.learning.search import searches
from assist.learning.splits import GATE
from assist.models import (
    ErasedTask,
    Erasure,
    EvaluationAnswer,
    Search,
    Snapshot,
    SnapshotRow,
    Tombstone,
    TrainingRun,
)
from projects.configuration.project_events import tell
from projects.data import archive
from projects.errors import Refused, WorkerCrashed
from projects.models import ArchivedTask, Project, Task, Verdict
from taskers.errors import StateConflict
from taskers.models import Person

JOB = "assist.jobs.erase"
MOST = 1_000  # tasks at once that are named
MOST_SELECTED = 250_000  # that are found by what they have in common
PIECE = 50_000  # of them that one job sees to
AFTER_CRASH = timedelta(hours=1)
WAITING, DONE = Erasure.State
NEWEST = 20


def begin(project: Project, tasks: Collection[UUID], *, reason: str, by: Person) -> Erasure:
    """Have these tasks teach no model any more; see begin_with."""
    return begin_with(project, erased_selection.named(tasks), reason=reason, by=by)


@transaction.atomic
def begin_with(project: Project, selected: Selected, *, reason: str, by: Person) -> Erasure:
    """Have these tasks teach no model any more; a worker empties what holds them, piece by piece where they are many:
    the last piece is returned, and once it is done all are. Raises Refused for tasks that aren't the project's and
    without a reason, StateConflict where all of them are erased already."""
    if not reason.strip():
        raise Refused("Say why they are erased.", code="blank", place="reason")
    tasks, most = selected.tasks, MOST if selected.of == Erasure.Of.TASKS else MOST_SELECTED
    if not tasks and selected.of != Erasure.Of.TASKS:
        raise Refused("No task of this project is like that.", code="none-found", place=selected.of)
    if not 0 < len(tasks) <= most:
        raise _too_many(selected, most)
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    found = dict(_keys(project, tasks))
    if strange := sorted(str(one) for one in tasks - set(found)):
        raise Refused("There is no such task here: %(task)s.", code="unknown-task", place="tasks", task=strange[0])
    known = set(ErasedTask.objects.filter(task__in=found.values()).values_list("task", flat=True))
    fresh = {public: key for public, key in found.items() if key not in known}
    if not fresh:
        raise StateConflict("All of these were erased before.")
    left = iter(fresh.items())
    while piece := list(islice(left, PIECE)):
        made = Erasure.objects.create(project=project, of=selected.of, reason=reason.strip(), asked_by=by)
        rows = (ErasedTask(erasure=made, task=key, public_id=one) for one, key in piece)
        ErasedTask.objects.bulk_create(rows, batch_size=5_000)
        tell("erasure_asked", project, by, erasure=str(made.public_id), tasks=len(piece))
        hand_over(made.pk, project.pk)
    return made


def _too_many(selected: Selected, most: int) -> Refused:
    if selected.of == Erasure.Of.TASKS:
        return Refused("From 1 to %(most)s tasks at once.", code="out-of-range", place="tasks", most=most)
    text = "%(number)s tasks are like that, and %(most)s at once may be: erase some by a value of their metadata first."
    return Refused(text, code="out-of-range", place="tasks", most=most, number=len(selected.tasks))


def _keys(project: Project, tasks: Collection[UUID]) -> Iterator[tuple[UUID, int]]:
    for rows in (Task.objects, ArchivedTask.objects):
        yield from rows.filter(project=project, public_id__in=tasks).values_list("public_id", "pk")


def hand_over(key: int, project: int, pause: timedelta = timedelta(0)) -> None:
    """Have a worker see to it. While it does no snapshot of the project is written, nor the other way round: none that
    was begun before comes to hold what is erased."""
    terms: dict[str, Any] = {"schedule_in": {"seconds": pause.total_seconds()}} if pause else {}
    app.configure_task(JOB, queue="copilot", lock=snapshots.lock(project), **terms).defer(erasure_key=key)


def run(key: int) -> str:
    """Mark what holds these tasks, then remove it; returns the state. One that was killed begins anew; asking twice
    does no harm."""
    erasure = Erasure.objects.select_related("project__organization", "asked_by").filter(pk=key, state=WAITING).first()
    if erasure is None:
        return ""
    tasks = list(erasure.tasks.values_list("task", flat=True))
    for snapshot, rows, learnt in _holding(erasure.project, _verdicts(erasure.project, tasks)):
        terms = {"rows": rows, "learnt": learnt, "sha256": snapshot.sha256}
        Tombstone.objects.get_or_create(erasure=erasure, snapshot=snapshot, defaults=terms)
        _stop(snapshot)
    follow.anew(erasure.project)
    EvaluationAnswer.objects.filter(score__task__in=tasks, score__evaluation__project=erasure.project).delete()
    snapshots.clear(erasure.project)
    for stone in erasure.tombstones.filter(emptied_at=None).select_related("snapshot"):
        snapshots.empty(stone.snapshot)
        Tombstone.objects.filter(pk=stone.pk).update(emptied_at=Now())
    with transaction.atomic():
        if Erasure.objects.filter(pk=key, state=WAITING).update(state=DONE, ended_at=Now()):
            told = {"tasks": len(tasks), "snapshots": erasure.tombstones.count()}
            tell("erasure_done", erasure.project, erasure.asked_by, erasure=str(erasure.public_id), **told)
    return DONE


def _verdicts(project: Project, tasks: Sequence[int]) -> frozenset[int]:
    """The keys of all that was ever decided of these tasks, also where it is archived."""
    lines = ArchivedTask.objects.filter(project=project, pk__in=tasks)
    live = Verdict.objects.filter(task__in=tasks).values_list("pk", flat=True)
    return erased_selection.met(live.all, lambda: (one.pk for line in lines for one in archive.find(line).verdicts))


def _holding(project: Project, verdicts: Collection[int]) -> Iterator[tuple[Snapshot, int, int]]:
    """The snapshots that hold some of these verdicts, with how many, and how many of them a recipe was given."""
    rows = SnapshotRow.objects.filter(verdict__in=verdicts, snapshot__project=project, snapshot__state="ready")
    counted = rows.values("snapshot").annotate(rows=Count("pk"), learnt=Count("pk", filter=~Q(split=GATE)))
    found = Snapshot.objects.in_bulk([one["snapshot"] for one in counted])
    for one in counted:
        yield found[one["snapshot"]], one["rows"], one["learnt"]


def _stop(snapshot: Snapshot) -> None:
    """End what learns from it just now, whose copies go with it."""
    for run_of in TrainingRun.objects.filter(snapshot=snapshot, state__in=training.OPEN):
        with contextlib.suppress(StateConflict):
            training.stop(run_of)
    for search in Search.objects.filter(snapshot=snapshot, state=Search.State.RUNNING):
        with contextlib.suppress(StateConflict):
            searches.stop(search)


def open_keys() -> Iterable[tuple[int, int]]:
    """The erasures that aren't done, each with its project."""
    return Erasure.objects.filter(state=WAITING).values_list("pk", "project_id")


def go_on(key: int, reason: str) -> None:
    """One that failed again and again is still owed: it is handed over anew, for as long as it takes."""
    hand_over(key, Erasure.objects.get(pk=key).project_id)


def go_on_later(key: int, problem: WorkerCrashed) -> None:
    """One that killed its workers is still owed, but gives the others time."""
    erasure = Erasure.objects.get(pk=key)
    if erasure.state == WAITING:
        hand_over(key, erasure.project_id, AFTER_CRASH)


def of(project: Project) -> Sequence[Erasure]:
    """A project's newest erasures, the newest first, with what they emptied."""
    return list(counted(project).prefetch_related("tombstones__snapshot").order_by("-pk")[:NEWEST])


def counted(project: Project) -> QuerySet[Erasure]:
    """A project's erasures, each with the `number` of its tasks."""
    return Erasure.objects.filter(project=project).annotate(number=Count("tasks")).select_related("asked_by")
