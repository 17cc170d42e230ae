"""Correcting what was handed in, for as long as the project grants: a new annotation takes the place of the old one.

The time is granted as the work is handed in (queue/complete.py). Until it is over nothing of the work is decided,
graded or paid, gold like the rest. Then a worker considers it,
piece by piece; nothing depends on when exactly it comes round.

Where a project grants none, that time is over as soon as it begins: a worker, woken by the outbox, considers the work
within a second or two, and no request does more for one kind of work than for another.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from projects import queue
from projects.errors import CorrectionOver
from projects.models import Annotation, Assignment, Correctable, Draft, limits
from projects.models.promises import COMPARED
from projects.quality import consensus, pay
from projects.quality.gold import settling
from projects.queue.answer_check import believed, check_for, genuine
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.workflow import batch_closing, returned_work
from taskers.outbox import events

logger = logging.getLogger(__name__)

READER = "submissions"
PIECE = 500


def until(assignment: Assignment) -> datetime:
    """Until when this work may be corrected. Raises CorrectionOver when it may not, or no more."""
    rows = Correctable.objects.filter(assignment=assignment, assignment__voided_at=None, until__gt=Clock())
    found = rows.values_list("until", flat=True).first()
    if found is None:
        raise CorrectionOver()
    return found


@transaction.atomic
def reopen(assignment: Assignment) -> Draft:
    """The draft of a correction: what was begun of it, or else what was handed in. Raises CorrectionOver."""
    until(assignment)
    newest = Annotation.objects.current().get(assignment=assignment)
    return Draft.objects.get_or_create(assignment=assignment, defaults={"version": 1, "answer": newest.answer})[0]


def drop(assignment: Assignment) -> None:
    """Forget what was begun of a correction; what was handed in stays."""
    Draft.objects.filter(assignment=assignment, assignment__state=Assignment.State.SUBMITTED).delete()


@transaction.atomic
def correct(assignment: Assignment, answer: object, *, active_ms: int = 0, refused: Sequence[str] = ()) -> Annotation:
    """Hand in work anew. The same answer again changes nothing. The caller has checked whose work it is. What was sent
    back goes to its reviewer again at once. The tasker's day counts what it is promised more.

    Raises Refused with the place of the fault, or CorrectionOver.
    """
    task = queue.lock(assignment.task_id)
    until(assignment)
    since, version = assignment.held_at, assignment.settings_version
    checked = check_for(task, answer, since=since, version=version)
    before = Annotation.objects.current().select_related("tasker").get(assignment=assignment)
    checked = genuine(assignment, before.tasker, checked)
    Draft.objects.filter(assignment=assignment).delete()
    if checked == before.answer:
        if returned_work.answered(assignment, before, before):
            consensus.consider(task)
        return before
    Annotation.objects.current().filter(pk=before.pk).update(superseded_at=Clock())
    made = Annotation.objects.create(
        assignment=assignment,
        task=task,
        tasker=before.tasker,
        answer=checked,
        settings_version=before.settings_version,
        active_ms=believed(assignment, before.active_ms + active_ms),
        refused=[*before.refused, *refused][: limits.REFUSED],
    )
    said = {"assignment": made.assignment_id, "annotation": made.pk, "superseded": before.pk}
    emit_of_task("corrected", task, before.tasker, **said)
    assignment.task = task
    more = pay.at_hand_in(assignment, checked, made.active_ms)
    queue.promise(before.tasker, task.project_id, more - pay.at_hand_in(assignment, before.answer, before.active_ms))
    if returned_work.answered(assignment, before, made):
        consensus.consider(task)
    return made


def follow_submissions() -> int:
    """Read the outbox, and consider what was handed in and can't be corrected; returns how many events there were.

    The events only wake the reader. What waits is read from its own rows, so that work that can't be considered keeps
    no other back, and what a stopped reader leaves is taken by `catch_up`.
    """
    number = events.follow(READER, lambda _events: None)
    _end_due()
    return number


def catch_up() -> int:
    """Consider what can't be corrected any more, and settle the gold that is due; returns how many of both."""
    return _end_due() + settling.settle_due()


def _end_due() -> int:
    """Each piece of work in a transaction of its own; one that fails is logged, and tried again the next time."""
    ended, failed = 0, set[int]()
    due = Correctable.objects.order_by("until", "pk").values_list("pk", flat=True)
    while keys := list(due.filter(until__lte=Clock()).exclude(pk__in=failed)[:PIECE]):
        for key in keys:
            try:
                ended += _end(key)
            except Exception:
                logger.exception("The work of assignment %s can't be considered; it is tried again later.", key)
                failed.add(key)
    return ended


@transaction.atomic
def _end(key: int) -> bool:
    """What follows from one piece of work, once. False where that was seen to already."""
    assignment = Assignment.objects.select_related("tasker").get(pk=key)
    assignment.task = task = queue.lock(assignment.task_id)
    if not Correctable.objects.filter(pk=key, until__lte=Clock()).delete()[0]:
        return False
    Draft.objects.filter(assignment=key).delete()
    returned_work.run_out(key)
    if assignment.voided_at is None and assignment.kind in COMPARED:
        settling.receive(assignment, Annotation.objects.current().select_related("tasker").get(assignment=key))
    elif assignment.kind == Assignment.Kind.JUDGE:  # voided or not: another answer may have waited for this one
        if queue.may_be_decided(task):
            consensus.consider(task)
        batch_closing.look_at_late(task)
    return True
