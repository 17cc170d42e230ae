"""Sending an answer back: whoever gave it may hand it in anew, with the reviewer's reason before them.

The judgement stays handed in all the while, and its answer as it was: the tasker gets time to correct it
(corrections.py), and a newer answer takes the place of the older one. Nothing of the task is decided, graded or paid
meanwhile. What was mended is paid as it is, and graded as it was handed in first (consensus.resolve).
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from projects import queue
from projects.errors import AlreadyDecided, Refused
from projects.models import Annotation, Assignment, Correctable, Mistake, Task, Verdict, limits
from projects.queue.clock import Clock, from_now
from projects.queue.events import emit_of_task
from taskers import access
from taskers.errors import StateConflict
from taskers.models import Person
from taskers.models.people import Role

HOURS = 48  # for which work that was sent back may be mended
MOST_RETURNS = 2  # of one judgement


@transaction.atomic
def send_back(
    review: Assignment,
    reviewer: Person,
    token: UUID,
    answers: Sequence[Annotation],
    *,
    reason: str,
    note: str = "",
    hours: int = HOURS,
) -> list[Mistake]:
    """Give answers of an undecided task back to those who gave them; the review ends, and comes again with theirs.

    Raises LeaseLost, AlreadyDecided, Refused with the place of the fault, or StateConflict for an answer that nobody is
    there to mend.
    """
    _check(reason, note, answers)
    task = queue.lock(review.task_id)
    if Verdict.objects.current().filter(task=task).exists():
        raise AlreadyDecided()
    for one in answers:
        _refuse_unless_mendable(task, one)
    queue.release(review, reviewer, token)
    made = []
    for one in answers:
        # A row that is there already is of work that a worker hasn't considered yet.
        Correctable.objects.update_or_create(
            assignment_id=one.assignment_id, defaults={"until": from_now(hours * 3600)}
        )
        until = Correctable.objects.values_list("until", flat=True).get(pk=one.assignment_id)
        made.append(_mark(task, one, reviewer, reason, note, state=Mistake.State.RETURNED, until=until))
        emit_of_task("sent_back", task, reviewer, assignment=one.assignment_id, annotation=one.pk, reason=reason)
    return made


@transaction.atomic
def note_mistake(task: Task, answers: Sequence[Annotation], reviewer: Person, *, reason: str, note: str = "") -> int:
    """Note a mistake in answers, for the list of common ones; nothing else follows. Raises Refused."""
    _check(reason, note, answers)
    for one in answers:
        _mark(task, one, reviewer, reason, note)
        emit_of_task("mistake_noted", task, reviewer, annotation=one.pk, reason=reason)
    return len(answers)


def answered(assignment: Assignment, before: Annotation, now: Annotation) -> bool:
    """Close what was sent back, by the answer that was handed in then; whether this work was.

    The caller holds the task's lock. Its time to correct is over with that.
    """
    mended = {"state": Mistake.State.MENDED, "mended": now} if now.pk != before.pk else {"state": Mistake.State.KEPT}
    if not _open(assignment.pk).update(**mended, ended_at=Clock()):
        return False
    Correctable.objects.filter(assignment=assignment).delete()
    return True


def run_out(assignment_key: int) -> None:
    """Nobody mended it in time: it counts as it was handed in."""
    _open(assignment_key).update(state=Mistake.State.UNANSWERED, ended_at=Clock())


def waiting_for(person: Person) -> list[Mistake]:
    """What was sent back to somebody and may still be mended, the most pressing first."""
    rows = Mistake.objects.filter(tasker=person, state=Mistake.State.RETURNED, until__gt=Clock())
    return list(rows.select_related("annotation", "task__project").order_by("until"))


def newest_of(assignment: Assignment) -> Mistake | None:
    """What was sent back last of a piece of work, if anything ever was."""
    rows = Mistake.objects.exclude(state=Mistake.State.NOTED).filter(annotation__assignment=assignment)
    return rows.select_related("annotation", "mended").order_by("-pk").first()


def _open(assignment_key: int):
    return Mistake.objects.filter(annotation__assignment=assignment_key, state=Mistake.State.RETURNED)


def _check(reason: str, note: str, answers: Sequence[Annotation]) -> None:
    if reason not in Mistake.Reason.values:
        choices = ", ".join(Mistake.Reason.values)
        raise Refused("Choose one of %(choices)s.", code="bad-reason", place="reason", choices=choices)
    if len(note) > limits.NOTE:
        raise Refused("At most %(most)s characters.", code="too-long", place="note", most=limits.NOTE)
    if not answers:
        raise Refused("Whose answer?", code="no-answer", place="answers")


def _refuse_unless_mendable(task: Task, one: Annotation) -> None:
    person, project = one.tasker, task.project
    if person.kind != Person.Kind.HUMAN or not access.may(
        person, project.organization, *Role.values, project_key=project.public_id
    ):
        raise StateConflict("Nobody is there to mend this answer.", code="nobody-there")
    times = Mistake.objects.filter(annotation__assignment=one.assignment_id).exclude(state=Mistake.State.NOTED).count()
    if times >= MOST_RETURNS:
        text = "This work was sent back %(times)s times; decide it, or have somebody else do it."
        raise StateConflict(text, code="sent-back-often", times=times)


def _mark(task: Task, one: Annotation, reviewer: Person, reason: str, note: str, **returned: object) -> Mistake:
    said = {"reason": reason, "note": note.strip(), "found_by": reviewer}
    return Mistake.objects.create(
        project=task.project, task=task, tasker=one.tasker, annotation=one, **said, **returned
    )
