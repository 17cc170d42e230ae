"""One verb for up to a hundred thousand tasks: a worker goes through them, each task in a transaction of its own.

What a single task refuses is written down and passed by. Killed at any moment, it goes on with the task it was at: that
a task is done and that the next one's turn has come is one transaction.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from projects import queue
from projects.errors import Refused, WorkerCrashed
from projects.models import BulkAction, BulkTrace, Project, Task
from projects.workflow import bulk_verbs
from projects.workflow.bulk_verbs import VERBS, check
from taskers.database.prepared import ask
from taskers.errors import NotFound, Problem, StateConflict, made_of
from taskers.models import Person
from taskers.outbox.events import emit

JOB = "projects.jobs.run_bulk_action"
MOST = 100_000  # tasks at once
PIECE = 250  # that one job does before others have their turn
FAULTS = 100  # that are kept


SLICE = """
SELECT tasks[position + 1 : position + %(piece)s::int], position, verb, terms::text, asked_by_id
FROM projects_bulkaction WHERE id = %(action)s::bigint AND state = 'running'
"""
ADVANCE = """
UPDATE projects_bulkaction SET position = position + 1,
  done = done + CASE WHEN %(fault)s::text = '' THEN 1 ELSE 0 END,
  skipped = skipped + CASE WHEN %(fault)s::text = '' THEN 0 ELSE 1 END,
  faults = CASE WHEN %(fault)s::text = '' OR jsonb_array_length(faults) >= %(most)s::int THEN faults
    ELSE faults || nullif(%(fault)s::text, '')::jsonb END
WHERE id = %(action)s::bigint AND position = %(position)s::int AND state = 'running'
RETURNING position = total
"""


class Overtaken(Exception):
    """Somebody else did this task of the action, or stopped it."""


class Ask(NamedTuple):
    """What is asked of each task, and by whom."""

    verb: str
    terms: Mapping[str, Any]
    by: Person


@transaction.atomic
def act(task: Task, verb: str, terms: Mapping[str, Any], *, by: Person) -> None:
    """Do it to one task, now. Raises what the verb raises."""
    check(verb, terms)
    task = queue.lock(task.pk)
    VERBS[verb](task, terms, by)


@transaction.atomic
def start(
    project: Project, verb: str, tasks: Sequence[int], *, by: Person, terms: Mapping[str, Any] | None = None
) -> BulkAction:
    """Have a worker do it to these tasks of the project, by their keys; one that is named twice is one. Raises Refused:
    too many, none, a bad verb; StateConflict where somebody named isn't found."""
    terms, tasks = dict(terms or {}), list(dict.fromkeys(tasks))
    check(verb, terms)
    bulk_verbs.check_here(project, verb, terms)
    if not tasks:
        raise Refused("There are no such tasks here.", code="no-tasks", place="tasks")
    if len(tasks) > MOST:
        raise Refused("At most %(most)s tasks at once.", code="too-many-tasks", place="tasks", most=MOST)
    return _begin(project, verb, tasks, terms, by)


def _begin(
    project: Project,
    verb: str,
    tasks: Sequence[int],
    terms: dict[str, Any],
    by: Person,
    undoes: BulkAction | None = None,
) -> BulkAction:
    made = BulkAction.objects.create(
        project=project, verb=verb, terms=terms, tasks=list(tasks), total=len(tasks), asked_by=by, undoes=undoes
    )
    _tell("bulk_action_begun", made, by)
    app.configure_task(JOB, queue="jobs").defer(action_key=made.pk)
    return made


@transaction.atomic
def undo(action: BulkAction, *, by: Person) -> BulkAction:
    """Have a worker bring the tasks that an action changed back to how they were, once; what somebody changed since is
    left. Raises StateConflict while it runs, where it was undone, or nothing of it can be."""
    action = BulkAction.objects.select_for_update().defer("tasks").select_related("project").get(pk=action.pk)
    if action.state == BulkAction.State.RUNNING:
        raise StateConflict("Stop it first, or wait for its end.", code="running")
    if BulkAction.objects.filter(undoes=action).exists():
        raise StateConflict("It was undone already.", code="undone")
    tasks = list(BulkTrace.objects.filter(action=action).order_by("-pk").values_list("task", flat=True))
    if not tasks:
        raise StateConflict("Nothing of it can be undone.", code="not-undoable")
    terms = {"of": str(action.public_id), "verb": action.verb}
    return _begin(action.project, BulkAction.Verb.UNDO, tasks, terms, by, undoes=action)


def undoable(action: BulkAction) -> bool:
    """Whether something of it can be undone, and wasn't yet."""
    return BulkTrace.objects.filter(action=action).exists() and not BulkAction.objects.filter(undoes=action).exists()


@transaction.atomic
def stop(action: BulkAction, *, by: Person) -> BulkAction:
    """Do it to no further task; what is done stays done. Raises StateConflict when it has ended."""
    running = BulkAction.objects.filter(pk=action.pk, state=BulkAction.State.RUNNING)
    if not running.update(state=BulkAction.State.STOPPED, ended_at=Now()):
        raise StateConflict("It has ended already.")
    action.refresh_from_db()
    _tell("bulk_action_ended", action, by)
    return action


def end_crashed(action_key: int, problem: WorkerCrashed) -> None:
    """Do it to no further task, since that killed the workers; what is done stays done, and the reason is listed."""
    action = BulkAction.objects.select_related("project__organization", "asked_by").get(pk=action_key)
    fault = {"task": "", "external_id": "", "code": problem.code, "text": problem.text} | made_of(problem.sentence)
    running = BulkAction.objects.filter(pk=action_key, state=BulkAction.State.RUNNING)
    if running.update(state=BulkAction.State.STOPPED, ended_at=Now(), faults=[fault, *action.faults][:FAULTS]):
        _tell("bulk_action_ended", action, action.asked_by)


def of_project(project: Project) -> QuerySet[BulkAction]:
    """A project's, without the tasks they are about."""
    return BulkAction.objects.filter(project=project).select_related("project", "asked_by").defer("tasks")


def one_of(project: Project, public_id: UUID) -> BulkAction:
    """One of them; NotFound for every other."""
    found = of_project(project).filter(public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def go_on(action_key: int) -> int:
    """Do the next PIECE of an action and have the rest done after others had their turn; returns how many it did."""
    found = ask(SLICE, {"action": action_key, "piece": PIECE})
    if not found:
        return 0
    keys, position, verb, terms, by = found[0]
    asked = Ask(verb, json.loads(terms) | {"action": action_key}, Person.objects.get(pk=by))
    for at, key in enumerate(keys):
        try:
            if _step(action_key, position + at, key, asked):
                return at + 1
        except Overtaken:
            return at
    app.configure_task(JOB, queue="jobs", priority=-1).defer(action_key=action_key)
    return len(keys)


@transaction.atomic
def _step(action_key: int, position: int, task_key: int, asked: Ask) -> bool:
    """Do it to one task, or write down why not; whether it was the last. Raises Overtaken."""
    fault = _done(action_key, task_key, asked)
    moved = ask(
        ADVANCE,
        {
            "action": action_key,
            "position": position,
            "fault": json.dumps(fault) if fault else "",
            "most": FAULTS,
        },
    )
    if not moved:
        raise Overtaken()
    ((last,),) = moved
    if last:
        ended = BulkAction.objects.select_related("project").defer("tasks").get(pk=action_key)
        BulkAction.objects.filter(pk=action_key).update(state=BulkAction.State.DONE, ended_at=Now())
        _tell("bulk_action_ended", ended, asked.by)
    return last


def _done(action_key: int, task_key: int, asked: Ask) -> dict[str, Any] | None:
    """Do it and keep how the task was, or say why the task refuses."""
    task = None
    try:
        with transaction.atomic():
            task = queue.lock(task_key)
            was = bulk_verbs.before(task, asked.verb, asked.terms)
            VERBS[asked.verb](task, asked.terms, asked.by)
            if was is not None:
                BulkTrace.objects.create(action_id=action_key, task=task, before=was)
    except Problem as problem:
        named = {"task": str(task.public_id), "external_id": task.external_id} if task else {}
        said = {"code": problem.code, "text": problem.text} | made_of(problem.sentence)
        return {"task": "", "external_id": ""} | named | said
    return None


def _tell(kind: str, action: BulkAction, by: Person) -> None:
    emit(
        kind,
        organization_id=action.project.organization_id,
        actor_id=by.pk,
        project_key=action.project.public_id,
        subject=f"bulk:{action.public_id}",
        verb=action.verb,
        tasks=action.total,
    )
