"""Handing work in: checked and written down in one transaction; doing it twice changes nothing.

`submit` also weighs it in that transaction. `receive`, which answers people's requests, leaves that to a worker
(corrections.py), a moment later: a request does the same for gold, for left-out work and for any judgement, whether it
decides its task or not, so that its time tells nobody which of these it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from projects import queue
from projects.annotators import answers
from projects.errors import WrongToken
from projects.models import Annotation, Assignment, Task, Verdict
from projects.models.promises import COMPARED
from projects.quality import consensus, pay
from projects.quality.gold import settling
from projects.quality.qualification import qualification_tests
from projects.queue.answer_check import believed, canonical, check_for, genuine
from projects.queue.metrics import SUBMITS
from projects.workflow import batch_closing
from taskers.errors import Problem
from taskers.models import Person
from taskers.telemetry.spans import traced


@dataclass(frozen=True)
class Piece:
    """An answer to one assignment, as it is sent. `confidence` in [0, 1] is how sure a model annotator is, and asked of
    no one else."""

    assignment: Assignment
    answer: object
    active_ms: int = 0
    refused: Sequence[str] = ()
    confidence: float | None = None


@traced
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
    """Hand in one piece of work, once. The same answer again returns the first annotation.

    `confidence` in [0, 1] is how sure a model annotator is, and asked of no one else.

    Raises Refused (with the place of the fault; the draft is kept), WrongToken, LeaseLost or AlreadySubmitted.
    """
    return _hand_in(Piece(assignment, answer, active_ms, refused, confidence), tasker, token)


@traced
def receive(
    assignment: Assignment,
    tasker: Person,
    token: UUID,
    answer: object,
    *,
    active_ms: int = 0,
    refused: Sequence[str] = (),
    confidence: float | None = None,
) -> Annotation:
    """Take in one piece of work, once, as `submit` does; what follows from a person's work is left to a worker.

    Raises as `submit`.
    """
    return _hand_in(Piece(assignment, answer, active_ms, refused, confidence), tasker, token, deferred=True)


@traced
def receive_group(
    group: Sequence[Assignment], tasker: Person, token: UUID, answered: Mapping[str, object], *, active_ms: int = 0
) -> dict[str, Annotation | Problem]:
    """Take in what was answered of a group, by the ids of its assignments, each as `receive` does and in a transaction
    of its own: one that has moved on keeps none of the others back.

    Each with its annotation, or what speaks against it, as `submit` raises it. The time is shared out among them.
    """
    by_id = {str(one.public_id): one for one in group}
    each = active_ms // max(1, len(answered))
    found: dict[str, Annotation | Problem] = {}
    for key, answer in answered.items():
        try:
            if key not in by_id:
                raise WrongToken()
            found[key] = _hand_in(Piece(by_id[key], answer, each), tasker, token, deferred=True)
        except Problem as problem:
            found[key] = problem
    return found


@traced
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
        checked = genuine(assignment, reviewer, checked)
        began_with = base.pk if base else None
        done = queue.deliver(assignment, reviewer, token, checked, event="reviewed", base=began_with)
        if isinstance(done, Annotation):
            return Verdict.objects.get(task=task, rests_on=[done.pk])
        transaction.on_commit(SUBMITS.labels(assignment.kind).inc)
        return consensus.resolve(task, reviewer, done.annotation, note=note)


def check(assignment: Assignment, answer: object) -> dict:
    """The answer in canonical form, or Refused. Labels retired while the work was in hand are still taken."""
    return check_for(assignment.task, answer, since=assignment.held_at, version=assignment.settings_version)


@transaction.atomic
def _hand_in(piece: Piece, tasker: Person, token: UUID, *, deferred: bool = False) -> Annotation:
    assignment = piece.assignment
    said = answers.said(assignment, tasker, piece.confidence)
    task, labels = queue.lock_known(assignment)
    checked = canonical(task.project, task.payload, piece.answer, labels, assignment.settings_version)
    checked = genuine(assignment, tasker, checked)
    active_ms = believed(assignment, piece.active_ms)
    done = queue.deliver(
        assignment,
        tasker,
        token,
        checked,
        event="submitted" if assignment.kind == Assignment.Kind.JUDGE else f"{assignment.kind}_submitted",
        active_ms=active_ms,
        refused=piece.refused if assignment.copilot is not False else (),  # nothing was offered that could be refused
        promised=pay.at_hand_in(assignment, checked, active_ms) if tasker.kind == Person.Kind.HUMAN else 0,
        deferred=deferred,
    )
    if isinstance(done, Annotation):
        return done
    transaction.on_commit(SUBMITS.labels(assignment.kind).inc)
    if not done.correctable:
        _follow(done, task, said)
    if done.late and assignment.kind == Assignment.Kind.JUDGE and not (deferred and done.correctable):
        batch_closing.look_at_late(task)
    return done.annotation


def _follow(done: queue.Delivery, task: Task, said: answers.Said | None) -> None:
    """What follows at once from work that was handed in just now, and may not be corrected."""
    annotation, assignment = done.annotation, done.annotation.assignment
    if assignment.kind in COMPARED:
        settling.receive(assignment, annotation)
        answers.compare(said, annotation)
    elif assignment.kind == Assignment.Kind.TRAINING:
        qualification_tests.follow_up(assignment, annotation)
    elif said is not None:
        answers.receive(said, task, annotation)
    elif done.may_decide(task):
        consensus.consider(task)
