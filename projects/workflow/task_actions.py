"""What a manager does to single tasks and to work in people's hands."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from projects import queue
from projects.errors import AlreadyDecided, Refused
from projects.models import Gold, PooledGold, Project, Task, Verdict, limits
from projects.quality import consensus
from projects.quality.effects import pay_undecided
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.workflow import corrections
from projects.workflow.batch_closing import refuse_if_over
from taskers.errors import StateConflict
from taskers.models import Person

BY_HAND = {Task.Withheld.MANAGER, Task.Withheld.CANCELLED}


@transaction.atomic
def requeue(task: Task, *, by: Person) -> Task:
    """Hand a task out again, whatever became of it: a withheld one as it is, a decided one to one more person.

    Raises StateConflict when it is being handed out already, its batch is over, or its verdict is in use as a known
    answer.
    """
    task = queue.lock(task.pk)
    refuse_if_over(task)
    if Verdict.objects.current().filter(task=task).exists():
        refuse_if_known(task)
        return consensus.reopen(task, by=by)
    task = queue.restore(task, by=by)
    # Everything wanted may have come in while it was withheld; of a known answer nothing is.
    if task.wanted:
        consensus.consider(task)
    return task


@transaction.atomic
def withhold(task: Task, *, by: Person, note: str = "") -> Task:
    """Hold a task back. Raises AlreadyDecided or StateConflict."""
    return queue.withhold(task, Task.Withheld.MANAGER, by=by, note=note)


@transaction.atomic
def hand_out_again(task: Task, *, by: Person) -> Task:
    """Hand out again what a manager held back or cancelled. Raises StateConflict for every other, and where its batch
    is over."""
    if queue.lock(task.pk).withheld not in BY_HAND:
        raise StateConflict("Nobody holds this task back.", code="not-held")
    return requeue(task, by=by)


@transaction.atomic
def dismiss_reports(task: Task, *, by: Person) -> None:
    """Say that nothing is wrong with a task that is reported as broken: it is handed out again, or decided where all
    that is wanted came in meanwhile. Raises StateConflict where nobody reports it."""
    broken = queue.lock(task.pk).withheld == Task.Withheld.BROKEN
    queue.dismiss(task, by=by)
    task = queue.lock(task.pk)
    if broken and task.wanted:
        consensus.consider(task)


@transaction.atomic
def send_to_review(task: Task, *, by: Person, note: str = "") -> Task:
    """Have a reviewer decide an undecided task, whatever came in of it. Raises AlreadyDecided or StateConflict."""
    refuse_if_over(task)
    refuse_if_known(task)
    return queue.withhold(task, Task.Withheld.REVIEW, by=by, note=note)


@transaction.atomic
def put_first(task: Task, *, by: Person) -> Task:
    """Hand an undecided task out before the others of its batch; one that is held back, once it is handed out again.

    Raises AlreadyDecided, and StateConflict where it is first already, gold or cancelled, or its batch is over.
    """
    task = queue.lock(task.pk)
    refuse_if_over(task)
    refuse_if_known(task)
    refuse_if_settled(task)
    return queue.prioritize(task, Task.Priority.FIRST, by=by)


def put_in_turn(task: Task, *, by: Person) -> Task:
    """Hand a task out in its turn again, behind what is open now. Raises StateConflict where it wasn't put first."""
    return queue.prioritize(task, Task.Priority.NORMAL, by=by)


@transaction.atomic
def bring_back(task: Task, *, withheld: str, wanted: int, by: Person) -> Task:
    """Bring a withheld task back to how it was: with as many judgements wanted, and withheld for another reason or not
    at all. Raises StateConflict where it isn't withheld any more, or was decided since."""
    task = queue.lock(task.pk)
    if not task.withheld or Verdict.objects.current().filter(task=task).exists():
        raise StateConflict("It isn't withheld any more.", code="changed-since")
    refuse_if_over(task)
    task = queue.restore(task, by=by)
    if task.wanted != wanted:
        change = queue.raise_wanted if task.wanted < wanted else queue.lower_wanted
        task = change(task, wanted, by=by)
    if withheld:
        return queue.withhold(task, withheld, by=by)
    if task.wanted:
        consensus.consider(task)
    return task


@transaction.atomic
def lower_overlap(task: Task, wanted: int, *, by: Person) -> Task:
    """Ask for fewer judgements of an undecided task. Raises AlreadyDecided, and StateConflict where more came in or are
    being made."""
    refuse_if_over(task)
    task = queue.lower_wanted(task, wanted, by=by)
    if not task.withheld:
        consensus.consider(task)
    return task


@transaction.atomic
def cancel(task: Task, *, by: Person, note: str = "") -> Task:
    """Ask nobody about a task any more; what came in is paid as promised. Raises AlreadyDecided, and StateConflict
    where it is gold, somebody works on it or may correct an answer, or it was cancelled already."""
    corrections.end_due(task.pk)
    task = queue.lock(task.pk)
    refuse_if_known(task)
    if Verdict.objects.current().filter(task=task).exists():
        raise AlreadyDecided()
    if queue.is_correctable(task):
        raise StateConflict("An answer to this task may still be corrected.", code="in-work")
    came_in = queue.ask_nobody(task)
    if task.withheld and task.withheld != Task.Withheld.CANCELLED:
        queue.restore(task, by=by)
    task = queue.withhold(task, Task.Withheld.CANCELLED, by=by, note=note)
    if came_in:
        pay_undecided(task)
    return task


@transaction.atomic
def amend(task: Task, meta: Mapping[str, Any], *, by: Person) -> Task:
    """Say more, or something else, in a task's metadata; null takes a field out. The row that it was loaded from is
    still known as the same. Raises Refused."""
    check_meta(meta)
    task = queue.lock(task.pk)
    before = task.payload.get("meta")
    kept = (before if isinstance(before, dict) else {}) | dict(meta)
    kept = {name: value for name, value in kept.items() if value is not None}
    check_meta(kept)
    if kept == before:
        return task
    task.payload = {name: value for name, value in task.payload.items() if name != "meta"} | {"meta": kept}
    Task.objects.filter(pk=task.pk).update(payload=task.payload)
    emit_of_task("task_amended", task, by, changed=sorted(meta))
    return task


def check_meta(meta: object) -> None:
    """Raises Refused for metadata that can't be kept."""
    if not isinstance(meta, Mapping) or len(json.dumps(meta)) > limits.META:
        text = "Metadata is an object of at most %(most)s characters."
        raise Refused(text, code="bad-meta", place="meta", most=limits.META)


@transaction.atomic
def raise_overlap(task: Task, wanted: int, *, by: Person | None) -> Task:
    """Ask for more judgements of an undecided task; one that waited for review goes back to the taskers.

    Raises StateConflict when its batch is over, or while it is a known answer: then nobody judges it.
    """
    refuse_if_over(task)
    refuse_if_known(task)
    return queue.raise_wanted(task, wanted, by=by)


@transaction.atomic
def make_ordinary(task: Task, *, by: Person) -> Task:
    """Have a task judged whose known answer isn't used any more: it is an answer like another from now on.

    Raises StateConflict while it is in use, where the task is ordinary work or decided, or its batch is over.
    """
    task = queue.lock(task.pk)
    refuse_if_known(task)
    refuse_if_over(task)
    task = queue.take_up(task, by=by)
    Gold.objects.filter(task=task, retired_at=None).update(retired_at=Clock())
    return task


def refuse_if_settled(task: Task) -> None:
    """Raises AlreadyDecided, or StateConflict for a cancelled task. The caller holds its lock."""
    if task.withheld == Task.Withheld.CANCELLED:
        raise StateConflict("This task is cancelled.", code="cancelled")
    if Verdict.objects.current().filter(task=task).exists():
        raise AlreadyDecided()


def refuse_if_known(task: Task) -> None:
    """Raises StateConflict for gold that is in use. The caller holds its lock."""
    if PooledGold.objects.filter(gold__task=task, retired_at=None).exists():
        raise StateConflict("This task is gold; take it out first.", code="in-gold-pool")


def force_release_all(project: Project, person: Person, *, by: Person) -> int:
    """Take everything that somebody holds in a project out of their hands; returns how many pieces.

    Each is a transaction of its own: what is handed in at this very moment stays handed in.
    """
    taken = 0
    for held in queue.held(project).filter(tasker=person).select_related("task__project"):
        try:
            queue.force_release(held, by=by)
        except StateConflict:
            continue
        taken += 1
    return taken
