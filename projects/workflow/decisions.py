"""What a reviewer decided, and taking the last of it back."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from projects import queue
from projects.errors import LaterOnIt, NotTheLast
from projects.models import Assignment, PooledGold, Project, SecondLook, Task, Verdict
from projects.quality import consensus
from projects.queue.clock import Clock
from projects.workflow.batch_closing import refuse_if_over
from taskers.models import Dispute, Person


@dataclass(frozen=True)
class Decision:
    """A reviewer's verdict, with the one that holds of its task now, if any does, and whether it may be taken back."""

    verdict: Verdict
    now: Verdict | None
    last: bool

    @property
    def stands(self) -> bool:
        return self.verdict.superseded_at is None


def of(reviewer: Person, projects: Iterable[Project], *, before: int = 0, number: int = 50) -> list[Decision]:
    """What somebody decided in these projects, the newest first; `before` is the key of a verdict to go on behind."""
    rows = _decided(reviewer).filter(task__project__in=projects)
    if before:
        rows = rows.filter(pk__lt=before)
    page = list(rows.select_related("task__project", "task__batch").defer("answer", "agreements")[:number])
    current = Verdict.objects.current().filter(task__in=[one.task_id for one in page]).select_related("decided_by")
    by_task = {one.task_id: one for one in current.defer("answer", "agreements")}
    newest = _decided(reviewer).values_list("pk", flat=True).first()
    return [Decision(one, by_task.get(one.task_id), _is_free(one, newest, reviewer)) for one in page]


@transaction.atomic
def take_back(task: Task, *, by: Person) -> Task:
    """Take back one's last decision: its task waits for a reviewer again, and the pay of the review is taken back.

    Raises NotTheLast, LaterOnIt where something newer stands on it, or StateConflict where its batch is over.
    """
    task = queue.lock(task.pk)
    verdict = Verdict.objects.current().filter(task=task).first()
    if verdict is None or verdict.pk != _decided(by).values_list("pk", flat=True).first():
        raise NotTheLast()
    refuse_if_over(task)
    if _relied_on(verdict, by):
        raise LaterOnIt()
    _release(task, by)
    return consensus.take_back(task, by)


def _release(task: Task, reviewer: Person) -> None:
    """Give back the review of a task that this reviewer may have begun anew."""
    mine = task.assignments.select_related("task__project").filter(kind="review", state="held", tasker=reviewer).first()
    if mine is not None and mine.token is not None:
        queue.release(mine, reviewer, mine.token)


def _decided(reviewer: Person) -> QuerySet[Verdict]:
    return Verdict.objects.filter(decided_by=reviewer).order_by("-pk")


def _is_free(verdict: Verdict, newest: int | None, reviewer: Person) -> bool:
    return verdict.pk == newest and verdict.superseded_at is None and not _relied_on(verdict, reviewer)


def _relied_on(verdict: Verdict, by: Person) -> bool:
    """Gold made of it, a dispute about it or answered since, an audit that it answered, somebody who is to look at it,
    did, or looks at it now: another than whoever takes it back."""
    task = OuterRef("pk")
    held = Assignment.objects.filter(task=task, kind="review", state="held", deadline__gte=Clock())
    looks = SecondLook.objects.filter(task=task)
    answered = looks.filter(state=SecondLook.State.ANSWERED, ended_at__gte=verdict.at).exclude(verdict=verdict)
    of_it = looks.filter(verdict=verdict, state__in=[SecondLook.State.OPEN, SecondLook.State.DISMISSED])
    since = Q(opened_at__gte=verdict.at) | Q(answered_at__gte=verdict.at)
    contested = Dispute.objects.filter(since, subject=f"task:{verdict.task.public_id}")
    gold = PooledGold.objects.filter(gold__task=task, retired_at=None)
    relied = Exists(gold) | Exists(contested) | Exists(answered) | Exists(of_it) | Exists(held.exclude(tasker=by))
    return Task.objects.filter(relied, pk=verdict.task_id).exists()
