"""Tasks that people say are broken: withheld once several people say so, and none is believed without limit.

Until then whoever reported one gets another task, and somebody else is asked, as after a skip. A known answer leaves
the stock by the same count, so that a report tells its reporter nothing of what was reported.
"""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from projects.errors import TooManyReports
from projects.models import Assignment, AssignmentRules, BrokenReport, DayTally, PooledGold, Project, Task, limits
from projects.queue.claim_numbers import choose_anew
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.queue.leases import end
from projects.queue.slots import lock, restore, withhold
from taskers.errors import StateConflict
from taskers.models import Person

SAID = "Reported as broken: "
FIRST_FEW = 3  # that anybody may report in a day, however little they did
DAY = timedelta(days=1)


@transaction.atomic
def report(assignment: Assignment, tasker: Person, token: UUID, *, note: str) -> None:
    """Say that a task is broken. Raises LeaseLost, or TooManyReports beyond what one person may report in a day.

    It is withheld, and a manager asked, once as many people say so as the project's rules want; else others are asked.
    """
    task = lock(assignment.task_id)
    rules = AssignmentRules.objects.filter(project=task.project_id).first() or AssignmentRules(project=task.project)
    choose_anew([tasker])  # one report at a time, so that what was counted stays true
    if _reported_today(tasker, task.project) >= _allowed(tasker, task.project, rules):
        raise TooManyReports()
    end(assignment, tasker, token, state="skipped", reason="broken", note=note)
    terms = {"project": task.project, "task": task, "assignment": assignment, "tasker": tasker}
    BrokenReport.objects.create(**terms, note=note[: limits.NOTE])
    if people_against(task) >= rules.reporters:
        _withhold(task, by=tasker, note=note)


@transaction.atomic
def uphold(task: Task, *, by: Person) -> None:
    """A manager says that a task is broken: it is withheld. Raises StateConflict where nobody reports it."""
    task = lock(task.pk)
    _settle(task, BrokenReport.Outcome.BROKEN, by)
    _withhold(task, by=by, note=_("A manager looked at it."))


@transaction.atomic
def dismiss(task: Task, *, by: Person) -> None:
    """A manager says that nothing is wrong with a task: it is handed out again. Raises StateConflict where nobody
    reports it."""
    task = lock(task.pk)
    _settle(task, BrokenReport.Outcome.FINE, by)
    if task.withheld == Task.Withheld.BROKEN:
        restore(task, by=by)
    doubted = PooledGold.objects.filter(gold__task=task, suspect_why__startswith=SAID)
    doubted.update(suspect_at=None, suspect_why="")


@dataclass(frozen=True)
class Reported:
    """A task that people say is broken."""

    task: Task
    reports: list[BrokenReport]  # the oldest first, each with its tasker


@dataclass(frozen=True)
class Reporter:
    """How somebody's reports fared lately."""

    reports: int
    fine: int  # of them: nothing was wrong


def reported(project: Project) -> QuerySet[Task]:
    """The tasks that people say are broken and nobody of the office has looked at, those longest waiting first."""
    waiting = BrokenReport.objects.open().filter(project=project, task=OuterRef("pk")).order_by("at")
    rows = Task.objects.filter(pk__in=BrokenReport.objects.open().filter(project=project).values("task"))
    return rows.annotate(since=Subquery(waiting.values("at")[:1])).order_by("since", "pk")


def with_reports(tasks: Sequence[Task]) -> list[Reported]:
    """These tasks, each with what was said of it."""
    said: dict[int, list[BrokenReport]] = {task.pk: [] for task in tasks}
    for one in BrokenReport.objects.open().filter(task__in=tasks).select_related("tasker").order_by("pk"):
        said[one.task_id].append(one)
    return [Reported(task, said[task.pk]) for task in tasks]


def reporters(project: Project, taskers: Iterable[int]) -> dict[int, Reporter]:
    """How these people's reports in a project fared in the last 30 days, by their keys."""
    rows = BrokenReport.objects.filter(project=project, tasker__in=set(taskers), at__gt=Clock() - 30 * DAY)
    fine = Count("pk", filter=Q(outcome=BrokenReport.Outcome.FINE))
    counted = rows.order_by().values("tasker").annotate(reports=Count("pk"), fine=fine)
    return {one["tasker"]: Reporter(one["reports"], one["fine"]) for one in counted}


def people_against(task: Task) -> int:
    """How many people say that it is broken, since a manager last looked."""
    return BrokenReport.objects.open().filter(task=task).values("tasker").distinct().count()


def _settle(task: Task, outcome: str, by: Person) -> None:
    rows = BrokenReport.objects.open().filter(task=task)
    if not rows.update(outcome=outcome, settled_by=by, settled_at=Clock()):
        raise StateConflict("Nobody says any more that this task is broken.")
    emit_of_task("reports_settled", task, by, outcome=outcome)


def _withhold(task: Task, *, by: Person, note: str) -> None:
    PooledGold.objects.filter(gold__task=task, suspect_at=None).update(
        suspect_at=Clock(), suspect_why=f"{SAID}{note}"[:200]
    )
    # Decided or withheld meanwhile: the reports stand all the same.
    with contextlib.suppress(StateConflict):
        withhold(task, Task.Withheld.BROKEN, by=by, note=note[: limits.WITHHELD_NOTE])


def _reported_today(tasker: Person, project: Project) -> int:
    return BrokenReport.objects.filter(tasker=tasker, project=project, at__gt=Clock() - DAY).count()


def _allowed(tasker: Person, project: Project, rules: AssignmentRules) -> int:
    """How many tasks somebody may report in a day: a few, and then a share of what they do."""
    rows = DayTally.objects.filter(tasker=tasker, project=project, at__gt=Clock() - DAY)
    done = rows.aggregate(sum=Sum("judgements"))["sum"] or 0
    return min(rules.reports_daily, FIRST_FEW + int(rules.reports_share * done))
