"""Handing work in: checked, written down and weighed in one transaction; doing it twice changes nothing."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from projects import queue
from projects.annotators import answers
from projects.errors import AlreadySubmitted, LeaseLost
from projects.models import Annotation, Assignment, Draft, Task, Verdict, limits
from projects.models.promises import COMPARED
from projects.quality import consensus
from projects.quality.gold import settling
from projects.quality.qualification import qualification_tests
from projects.queue.answer_check import believed, canonical, check_for, genuine
from projects.queue.events import emit_of_task
from projects.task_types import TASK_TYPES
from projects.workflow import corrections
from taskers.models import Person


def submit(
    assignment: Assignment,
    tasker: Person,
    token: UUID,
    answer: object,
    *,
    active_ms: int = 0,
    refused: Sequence[str] = (),
    confidence: float | None = None,
) -> Annotation:
    """Hand in a judgement, once. The same answer again returns the first annotation.

    `confidence` in [0, 1] is how sure a model annotator is, and asked of no one else.

    Raises Refused (with the place of the fault; the draft is kept), LeaseLost or AlreadySubmitted.
    """
    said = answers.said(assignment, tasker, confidence)
    active_ms = believed(assignment, active_ms)
    refused = [str(one)[: limits.SUGGESTION] for one in refused][: limits.REFUSED]
    with transaction.atomic():
        task, labels = queue.lock_known(assignment)
        checked = canonical(task.project, task.payload, answer, labels, assignment.settings_version)
        answer = genuine(task.pk, TASK_TYPES[task.project.task_type].answer_list, checked)
        event = "submitted" if assignment.kind == Assignment.Kind.JUDGE else f"{assignment.kind}_submitted"
        done = queue.deliver(assignment, tasker, token, answer, event=event, active_ms=active_ms, refused=refused)
        if done is None:
            return _again_or_late(assignment, task, tasker, token, answer, active_ms, refused, said)
        if done.correctable:
            return done.annotation
        if assignment.kind in COMPARED:
            _compare(assignment, done.annotation, said)
        elif assignment.kind == Assignment.Kind.TRAINING:
            qualification_tests.follow_up(assignment, done.annotation)
        elif said is not None:
            answers.receive(said, task, done.annotation)
        elif done.may_decide(task):
            consensus.consider(task)
        return done.annotation


def decide(
    assignment: Assignment,
    reviewer: Person,
    token: UUID,
    answer: object,
    *,
    base: Annotation | None = None,
    note: str = "",
) -> Verdict:
    """Hand in a review: its answer becomes the verdict, and grades and earnings follow. Once; raises like submit.

    `base` is the answer of a tasker that the reviewer began with, if any; it is told in the event.
    """
    checked = check(assignment, answer)
    with transaction.atomic():
        task = queue.lock(assignment.task_id)
        checked = genuine(task.pk, TASK_TYPES[task.project.task_type].answer_list, checked)
        annotation, made = _write(assignment, reviewer, token, checked, 0, ())
        if not made:
            return Verdict.objects.get(task=task, rests_on=[annotation.pk])
        emit_of_task(
            "reviewed",
            task,
            reviewer,
            assignment=assignment.pk,
            annotation=annotation.pk,
            base=base.pk if base else None,
        )
        return consensus.resolve(task, reviewer, annotation, note=note)


def check(assignment: Assignment, answer: object) -> dict:
    """The answer in canonical form, or Refused. Labels retired while the work was in hand are still taken."""
    return check_for(assignment.task, answer, since=assignment.held_at, version=assignment.settings_version)


def _again_or_late(
    assignment: Assignment,
    task: Task,
    tasker: Person,
    token: UUID,
    checked: dict,
    active_ms: int,
    refused: Sequence[str],
    said: answers.Said | None,
) -> Annotation:
    """What isn't held any more: handed in before, or late; or a named error."""
    annotation, made = _write(assignment, tasker, token, checked, active_ms, refused)
    is_compared = assignment.kind in COMPARED
    if made:
        emit_of_task(
            f"{assignment.kind}_submitted" if is_compared else "submitted",
            task,
            tasker,
            assignment=assignment.pk,
            annotation=annotation.pk,
        )
    if made and not corrections.begin(assignment, annotation):
        if is_compared:
            _compare(assignment, annotation, said)
        elif said is not None:
            answers.receive(said, task, annotation)
        else:
            consensus.consider(task)
    return annotation


def _compare(assignment: Assignment, annotation: Annotation, said: answers.Said | None) -> None:
    settling.receive(assignment, annotation)
    answers.compare(said, annotation)


def _write(
    assignment: Assignment, tasker: Person, token: UUID, checked: dict, active_ms: int, refused: Sequence[str]
) -> tuple[Annotation, bool]:
    before = Annotation.objects.current().filter(assignment=assignment, tasker=tasker).first()
    if before is not None:
        if assignment.token != token:
            raise LeaseLost()
        if before.answer != checked:
            raise AlreadySubmitted()
        return before, False
    queue.hand_in(assignment, tasker, token)
    annotation = Annotation.objects.create(
        assignment=assignment,
        task_id=assignment.task_id,
        tasker=tasker,
        answer=checked,
        settings_version=assignment.settings_version or 0,
        active_ms=active_ms,
        refused=list(refused),
    )
    Draft.objects.filter(assignment=assignment).delete()
    return annotation, True
