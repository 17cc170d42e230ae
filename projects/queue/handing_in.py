"""The moment work is handed in: held becomes submitted, or, late, expired becomes submitted if nobody else began."""

from uuid import UUID

from projects.errors import AlreadySubmitted, LeaseLost
from projects.models import Assignment
from projects.queue.clock import Clock
from taskers.models import Person


def hand_in(assignment: Assignment, tasker: Person, token: UUID) -> Assignment:
    """Mark work as submitted. The caller holds the task's lock and writes the annotation in the same transaction.

    A lease that ran out may still be kept: if the open judgement that replaced it wasn't taken yet, that one is
    withdrawn instead. Raises LeaseLost, or AlreadySubmitted.
    """
    mine = Assignment.objects.filter(pk=assignment.pk, tasker=tasker, token=token)
    now = {"state": "submitted", "ended_at": Clock()}
    if not mine.filter(state="held").update(**now):
        state = mine.values_list("state", flat=True).first()
        if state == "submitted":
            raise AlreadySubmitted()
        if state != "expired" or not _withdraw_replacement(assignment):
            raise LeaseLost()
        mine.filter(state="expired").update(**now)
    assignment.refresh_from_db()
    return assignment


def _withdraw_replacement(assignment: Assignment) -> bool:
    replacement = Assignment.objects.filter(
        task_id=assignment.task_id, kind="judge", state="open", slot=assignment.slot
    )
    return assignment.kind == "judge" and bool(replacement.update(state="withdrawn", ended_at=Clock()))
