"""Leases: kept alive by a heartbeat, given back, run out. A held promise that ends unsubmitted is replaced at once."""

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from projects.errors import AlreadySubmitted, LeaseLost, WrongToken
from projects.models import Assignment, AssignmentRules, Project, Task, limits
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.queue.metrics import EXPIRIES
from projects.queue.slots import fill, lock, withhold
from taskers.database.prepared import ask, ask_rows
from taskers.errors import Problem, StateConflict
from taskers.models import Person

DUE = """
SELECT a.id, a.task_id FROM projects_assignment a
WHERE a.held_at IS NOT NULL AND a.ended_at IS NULL AND a.state || '' = 'held' AND a.deadline < clock_timestamp()
  AND (%(projects)s::bigint[] IS NULL OR EXISTS (
    SELECT FROM projects_batch b WHERE b.id = a.batch_id AND b.project_id = ANY(%(projects)s::bigint[])))
ORDER BY a.deadline LIMIT %(limit)s::int
"""

# A group shares one token, and lives by one heartbeat. Nobody waits for a disk for it: should the machine fail in the
# next half second, the lease ends when it would have without, and the next heartbeat comes long before.
RENEW = """
UPDATE projects_assignment a SET deadline = clock_timestamp() + make_interval(secs => s.lease_seconds)
FROM projects_projectsettings s
WHERE s.project_id = %(project)s::bigint AND s.version = %(version)s::int
  AND a.tasker_id + 0 = %(tasker)s::bigint AND a.state = 'held' AND a.token = %(token)s::uuid
  AND EXISTS (
    SELECT FROM projects_assignment mine WHERE mine.id = %(assignment)s::bigint AND mine.token = %(token)s::uuid
      AND (mine.tasker_id, mine.state || '') IS NOT DISTINCT FROM (%(tasker)s::bigint, 'held'))
  AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'
RETURNING a.id, a.deadline
"""


class RanOut(NamedTuple):
    """An assignment whose lease ran out."""

    id: int
    task_id: int


SKIP_REASONS = {
    "unclear": "The instructions don't say what to do here",
    "too-hard": "Too hard to decide",
    "wrong-language": "A language I don't read",
    "not-for-me": "I'd rather not see this",
    "later": "I'd like to do it later",
    "other": "Something else",
}
SKIPPED_BY_MANY = "%(people)s people skipped it. The last one: %(why)s"  # as it is kept

# What becomes of a skipped task: others are asked, and this tasker not again; it comes back at the end, to this tasker
# too; or it waits for a reviewer. A project may choose otherwise for each reason (AssignmentRules.skip_modes).
SKIP_MODES = ("others", "me", "review")
USUAL_MODES = {"later": "me"}
# After so many people who wouldn't do a task a reviewer looks at it, whatever their reasons: as many as usually judge
# one at most, and it would else be offered to everybody in turn and then wait for nobody. After a look as many again.
MOST_SKIPS = 3


def refuse_wrong_token(assignment: Assignment, token: UUID) -> None:
    """Raises WrongToken where this was never the token of this work. Each piece of work has one, all its life."""
    if assignment.token != token:
        raise WrongToken()


def no_longer_held(assignment: Assignment, tasker: Person, token: UUID) -> StateConflict:
    """Why this tasker's work is no longer in hand: they handed it in, in another tab perhaps, or its lease ran out."""
    rows = Assignment.objects.filter(pk=assignment.pk, tasker=tasker, token=token)
    submitted = rows.filter(state=Assignment.State.SUBMITTED).exists()
    return AlreadySubmitted() if submitted else LeaseLost()


def renew(assignment: Assignment, tasker: Person, token: UUID) -> datetime:
    """Hold work for another lease. Raises LeaseLost when it is no longer in these hands, or WrongToken."""
    terms = {
        "project": assignment.task.project_id,
        "version": assignment.settings_version or 0,
        "assignment": assignment.pk,
        "tasker": tasker.pk,
        "token": token,
    }
    for key, deadline in ask(RENEW, terms):
        if key == assignment.pk:
            return deadline
    refuse_wrong_token(assignment, token)
    raise no_longer_held(assignment, tasker, token)


def release(assignment: Assignment, tasker: Person, token: UUID) -> None:
    """Give work back untouched. Raises LeaseLost or WrongToken."""
    end(assignment, tasker, token, state="released")


@transaction.atomic
def skip(assignment: Assignment, tasker: Person, token: UUID, *, reason: str, note: str = "") -> None:
    """Say no to a task, with a reason of SKIP_REASONS; what becomes of it is the project's to say (SKIP_MODES)."""
    if reason not in SKIP_REASONS:
        raise Problem(
            "Choose one of %(choices)s.", code="bad-skip-reason", place="reason", choices=", ".join(SKIP_REASONS)
        )
    rules = AssignmentRules.objects.filter(project=assignment.task.project_id).first()
    mode = (rules.skip_modes if rules else {}).get(reason) or USUAL_MODES.get(reason, "others")
    state = "released" if mode == "me" else "skipped"
    end(assignment, tasker, token, state=state, reason=reason, note=note)
    # Counted for gold and left-out work too: else the time of a skip would tell which it was.
    people = _declined(assignment.task, tasker) if mode == "others" else 0
    if assignment.kind != Assignment.Kind.JUDGE:
        return
    said = note or SKIP_REASONS[reason]
    if people:
        mode, said = "review", SKIPPED_BY_MANY % {"people": people, "why": said}
    if mode == "review":
        with contextlib.suppress(StateConflict):  # decided or withheld meanwhile: the skip stands all the same
            withhold(assignment.task, Task.Withheld.REVIEW, by=tasker, note=said[: limits.WITHHELD_NOTE])


@transaction.atomic
def force_release(assignment: Assignment, *, by: Person) -> None:
    """A manager takes work out of somebody's hands. Raises StateConflict when nobody holds it."""
    task = lock(assignment.task_id)
    taken = Assignment.objects.filter(pk=assignment.pk, state="held")
    if not taken.update(state="released", ended_at=Clock(), reason="by-manager"):
        raise StateConflict("Nobody holds this work any more.")
    fill(task)
    emit_of_task("released", assignment.task, by, assignment=assignment.pk)


def held(project: Project):
    """What is held in a project, those running out first: what a manager looks over and may `force_release`."""
    rows = Assignment.objects.filter(batch__project=project, state="held", held_at__isnull=False, ended_at=None)
    return rows.select_related("task", "tasker").order_by("deadline", "pk")


def expire_due(*, projects: Sequence[Project] | None = None, limit: int = 200) -> int:
    """End leases that ran out, by the database's clock; returns how many. Each in a transaction of its own."""
    terms = {"projects": None if projects is None else [one.pk for one in projects], "limit": limit}
    return sum(_expire(one.id, one.task_id) for one in ask_rows(DUE, terms, RanOut))


@transaction.atomic
def _expire(pk: int, task_id: int) -> int:
    task = lock(task_id)
    # Asked again under the lock: a heartbeat or a submit may have come first.
    due = Assignment.objects.filter(pk=pk, state="held", deadline__lt=Clock())
    if not due.update(state="expired", ended_at=Clock()):
        return 0
    fill(task)
    assignment = Assignment.objects.get(pk=pk)
    assignment.task = task
    emit_of_task("expired", assignment.task, None, assignment=assignment.pk)
    transaction.on_commit(EXPIRIES.inc)
    return 1


@transaction.atomic
def end(assignment: Assignment, tasker: Person, token: UUID, *, state: str, reason: str = "", note: str = "") -> None:
    """What was held ends unsubmitted, and is replaced. Raises LeaseLost or WrongToken."""
    task = lock(assignment.task_id)
    mine = _held_by(assignment, tasker, token)
    if not mine.update(state=state, ended_at=Clock(), reason=reason, note=note[: limits.NOTE]):
        refuse_wrong_token(assignment, token)
        raise no_longer_held(assignment, tasker, token)
    fill(task)
    emit_of_task(state, assignment.task, tasker, assignment=assignment.pk, reason=reason)


def _declined(task: Task, tasker: Person) -> int:
    """How many people skipped a task, where this tasker's skip is one too many; else 0. Models wouldn't know."""
    if tasker.kind != Person.Kind.HUMAN:
        return 0
    skips = Assignment.objects.filter(task=task, kind="judge", state="skipped", tasker__kind=Person.Kind.HUMAN)
    people = skips.values("tasker").distinct().count()
    return people if people % MOST_SKIPS == 0 else 0


def _held_by(assignment: Assignment, tasker: Person, token: UUID):
    return Assignment.objects.filter(pk=assignment.pk, state="held", tasker=tasker, token=token)
