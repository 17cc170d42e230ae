"""Looking at open tasks and putting some first. The only writer of SelectionRound and SelectedTask.

A round is a job: it keeps which tasks it looks at, asks the model of a handful at a time, lets their lots fall in one
transaction, and then puts first what they chose, by the queue's own verb. One that was killed goes on where it stood.
The lots are kept before anything is put first, so that nothing is steered without being known for it.
"""

import contextlib
import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, Concat, Now
from django.utils import timezone
from procrastinate.contrib.django import app

from assist.errors import CopilotError
from assist.learning import erased
from assist.learning.blind_verdicts import group_of
from assist.learning.reasons import REASONS
from assist.learning.selection import draw, uncertainty
from assist.models import ModelVersion, SelectedTask, Selection, SelectionRound
from projects import access, queue
from projects.configuration.project_events import tell
from projects.models import Assignment, Project, Task
from taskers import access as roles
from taskers.errors import StateConflict
from taskers.models.people import Role

JOB = "assist.jobs.select"
MADE = "selection_made"  # the event: tasks were put first
MOST = 2_000  # tasks of one round
LEAST = 20  # that are worth looking at
HANDFUL = 64
LEFT = 0.2  # of what was put first: once no more of it is open, there is another round
PAUSE, AFTER_A_FAULT = timedelta(minutes=10), timedelta(hours=1)  # between two rounds
RUNNING, DONE, STOPPED, FAILED = (SelectionRound.State[name] for name in ("RUNNING", "DONE", "STOPPED", "FAILED"))

log = logging.getLogger(__name__)


def begin_due() -> int:
    """Begin a round wherever one is due; returns how many plans are on. One that fails doesn't keep the others."""
    rows = list(
        Selection.objects.filter(state=Selection.State.ON).select_related("project__organization", "arranged_by")
    )
    for selection in rows:
        try:
            if _looks_after(selection):
                begin(selection)
        except (CopilotError, StateConflict) as problem:
            log.info("Nothing is chosen in %s: %s", selection.project_id, problem.text)
        except Exception:
            log.exception("What is labelled next in %s couldn't be looked at.", selection.project_id)
    return len(rows)


def begin(selection: Selection) -> SelectionRound | None:
    """A round, where one is due; None where none is. Raises CopilotError where the runtime has to be asked and is
    away."""
    project, last = selection.project, selection.rounds.order_by("-pk").first()
    if project.state != Project.State.LIVE or not _due(last):
        return None
    some = sample(project)
    version = uncertainty.asks(project, some) if some else None
    if version is None:
        return None
    keys = list(_pool(project, last.pk if last else 0)[:MOST])
    return None if len(keys) < LEAST else _begun(selection, version, keys)


@transaction.atomic
def _begun(selection: Selection, version: ModelVersion, keys: Sequence[int]) -> SelectionRound | None:
    terms = {"share": selection.share, "random_share": selection.random_share, "looked_at": len(keys)}
    try:
        with transaction.atomic():
            made = SelectionRound.objects.create(selection=selection, version=version, **terms)
    except IntegrityError:
        return None  # another worker began it
    SelectedTask.objects.bulk_create(SelectedTask(round=made, task=key) for key in keys)
    hand_over(made.pk, selection.project_id)
    return made


def hand_over(key: int, project: int) -> None:
    """Have a worker see to it, one of a project at a time."""
    app.configure_task(JOB, queue="copilot", lock=f"select:{project}").defer(round_key=key)


def run(key: int) -> str:
    """Bring a round to its end; returns its state, "" where it is over already. Asking twice does no harm."""
    rows = SelectionRound.objects.select_related(
        "version", "selection__project__organization", "selection__arranged_by"
    )
    found = rows.filter(pk=key, state=RUNNING).first()
    if found is None:
        return ""
    if found.chosen_at is None:
        try:
            while (some := _unasked(found)) and rows.filter(pk=key, state=RUNNING).exists():
                _ask(found, some)
        except CopilotError as problem:
            return _end(found, FAILED, problem.text)
        if not found.tasks.filter(doubt__isnull=False).exists():
            return _end(found, FAILED, REASONS["no-doubts"] % {"model": found.version})
        if not _choose(found):
            return STOPPED  # somebody turned it off meanwhile
    _put_first(found)
    return _end(found, DONE)


def stop(selection: Selection) -> None:
    """A round that is under way is over; what was put first stays so."""
    for found in selection.rounds.filter(state=RUNNING):
        _end(found, STOPPED, REASONS["selection-off"])


def _due(last: SelectionRound | None) -> bool:
    """Whether little of what was put first is still to be had, or nothing ever was."""
    if last is None:
        return True
    if last.state == RUNNING or last.ended_at is None:
        return False
    if timezone.now() - last.ended_at < (PAUSE if last.state == DONE else AFTER_A_FAULT):
        return False
    first = list(last.tasks.filter(first=True).values_list("task", flat=True))
    return _open_ones(last.selection.project, Task.objects.filter(pk__in=first)).count() <= LEFT * len(first)


def _open_ones(project: Project, rows: QuerySet[Task]) -> QuerySet[Task]:
    """Of live batches, and nobody ever had them in hands; what was erased would teach nothing."""
    rows = rows.exclude(pk__in=erased.tasks(project))
    mine = Assignment.objects.filter(task=OuterRef("pk")).order_by()
    rows = rows.filter(batch__state="live", withheld=Task.Withheld.NOT)
    return rows.filter(Exists(mine.filter(kind="judge", state="open"))).exclude(Exists(mine.exclude(state="open")))


def sample(project: Project) -> Task | None:
    """Any one of the tasks that may be looked at; None where there is none."""
    return next(iter(_usual_ones(project).order_by()[:1]), None)


def _usual_ones(project: Project) -> QuerySet[Task]:
    return _open_ones(project, Task.objects.filter(project=project, priority=Task.Priority.NORMAL))


def _pool(project: Project, salt: int) -> QuerySet[Task, int]:
    """The tasks to look at, in an order that knows nothing of what is in them."""
    mixed = MD5(Concat(Cast("pk", TextField()), Value(f" {project.public_id} {salt}")))
    return _usual_ones(project).order_by(mixed).values_list("pk", flat=True)


def _unasked(found: SelectionRound) -> list[int]:
    return list(found.tasks.filter(asked=False).order_by("pk").values_list("task", flat=True)[:HANDFUL])


def _ask(found: SelectionRound, keys: Sequence[int]) -> None:
    """Of those that are still here. Raises CopilotError."""
    tasks = list(Task.objects.filter(pk__in=keys).select_related("asset", "project").order_by("pk"))
    doubts = uncertainty.of(found.selection.project, found.version, tasks) if tasks else {}
    rows = list(found.tasks.filter(task__in=keys))
    for row in rows:
        row.asked, row.doubt = True, doubts.get(row.task)
    SelectedTask.objects.bulk_update(rows, ["asked", "doubt"])


@transaction.atomic
def _choose(found: SelectionRound) -> bool:
    """Let all lots fall; False where the round ended meanwhile."""
    if not SelectionRound.objects.select_for_update().filter(pk=found.pk, state=RUNNING).exists():
        return False
    rows = list(found.tasks.order_by("pk"))
    tasks = Task.objects.in_bulk([row.task for row in rows])
    rows = [row for row in rows if row.task in tasks]
    told = [(str(tasks[row.task].public_id), group_of(tasks[row.task]), row.doubt) for row in rows]
    terms = {"share": found.share, "random_share": found.random_share}
    drawn = draw.draw(str(found.selection.project.public_id), found.pk, told, **terms)
    for row, chance, random, first in zip(rows, drawn.propensity, drawn.random, drawn.first, strict=True):
        row.propensity, row.random, row.first = float(chance), bool(random), bool(first)
    SelectedTask.objects.bulk_update(rows, ["propensity", "random", "first"], batch_size=500)
    counts = {"first": int(drawn.first.sum()), "by_lot": int((drawn.first & drawn.random).sum())}
    SelectionRound.objects.filter(pk=found.pk).update(chosen_at=Now(), looked_at=len(rows), **counts)
    found.first = counts["first"]
    return True


def _put_first(found: SelectionRound) -> None:
    """By the queue's own verb; what is so already, by a manager or before this was killed, stays."""
    keys = list(found.tasks.filter(first=True).values_list("task", flat=True))
    chosen = Task.objects.filter(pk__in=keys)
    for task in _open_ones(found.selection.project, chosen).select_related("project").order_by("pk"):
        with contextlib.suppress(StateConflict):
            queue.prioritize(task, Task.Priority.FIRST, by=found.selection.arranged_by)


@transaction.atomic
def _end(found: SelectionRound, state: str, reason: str = "") -> str:
    running = SelectionRound.objects.filter(pk=found.pk, state=RUNNING)
    if not running.update(state=state, reason=reason[:300], ended_at=Now()):
        return STOPPED
    SelectedTask.objects.filter(round=found, propensity=None).delete()  # their lots never fell
    if state == DONE:
        terms = {"model": str(found.version), "tasks": found.first}
        tell(MADE, found.selection.project, found.selection.arranged_by, **terms)
    return state


def _looks_after(selection: Selection) -> bool:
    """Whether whoever arranged it may still do so; if not, it is off."""
    allowed, project = (*access.MANAGE, Role.ML_ENGINEER), selection.project
    if roles.may(selection.arranged_by, project.organization, *allowed, project_key=project.public_id):
        return True
    stop(selection)
    Selection.objects.filter(pk=selection.pk).update(state=Selection.State.OFF)
    return False


def open_keys() -> Iterable[tuple[int, int]]:
    """The rounds under way, each with its project."""
    return SelectionRound.objects.filter(state=RUNNING).values_list("pk", "selection__project_id")


def give_up(key: int, reason: str) -> None:
    """End one that nobody brings to its end, and say why."""
    _end(SelectionRound.objects.select_related("version", "selection__project").get(pk=key), FAILED, reason)
