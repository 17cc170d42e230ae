"""From answers to verdicts, and what follows from them: grades and earnings, in the same transaction.

The only writer of Verdict. A verdict comes from the project's aggregation when the answers agree, or from a reviewer;
a new one supersedes the one before. Money follows the newest: what is no longer earned is reversed, never edited.
"""

from collections.abc import Sequence
from functools import partial

from django.db import transaction

from projects import queue
from projects.aggregation import AGGREGATIONS
from projects.errors import AlreadyDecided
from projects.models import Annotation, ProjectSettings, Task, Verdict
from projects.queue.clock import Clock
from projects.tasktypes import TASK_TYPES
from taskers import ledger, quality
from taskers.errors import StateConflict
from taskers.models import Grade, Person
from taskers.outbox import emit

REVIEW = "review_v1"
AGREEMENT = 0.75  # where a project names no threshold of its own


def consider(task: Task) -> Verdict | None:
    """Decide a task if its answers are in and agree, or pass it to review if they don't. The caller holds its lock.

    Work that arrives after the decision is graded and paid by the verdict that stands, and changes nothing.
    """
    current = Verdict.objects.current().filter(task=task).first()
    settings = task.project.settings_now()
    answers = _counting(task)
    if current is not None:
        _follow_up_late(task, current, answers, settings)
        return current
    if task.withheld or len(answers) < task.wanted:
        return None
    room = TASK_TYPES[task.project.task_type]
    outcome = AGGREGATIONS[settings.aggregation](
        [one.answer for one in answers],
        partial(room.agreement, thresholds=settings.thresholds),
        partial(room.merge, thresholds=settings.thresholds),
        settings.thresholds.get("agreement", AGREEMENT),
    )
    if not outcome.decided or outcome.answer is None:
        queue.withhold(task, Task.Withheld.REVIEW, note=outcome.why)
        return None
    return _conclude(
        task,
        settings,
        outcome.answer,
        confidence=outcome.confidence,
        method=settings.aggregation,
        answers=answers,
        agreements=outcome.agreements,
        rests_on=[answers[i].pk for i in outcome.supports],
    )


@transaction.atomic
def resolve(task: Task, reviewer: Person, decision: Annotation, *, note: str = "") -> Verdict:
    """A reviewer's decision becomes the verdict. The caller holds the task's lock and has handed the review in."""
    settings = task.project.settings_now()
    room = TASK_TYPES[task.project.task_type]
    answers = _counting(task)
    agreements = [room.agreement(one.answer, decision.answer, settings.thresholds) for one in answers]
    return _conclude(
        task,
        settings,
        decision.answer,
        confidence=1.0,
        method=REVIEW,
        answers=answers,
        agreements=agreements,
        rests_on=[decision.pk],
        decided_by=reviewer,
        note=note,
    )


@transaction.atomic
def reopen(task: Task, *, by: Person) -> Task:
    """Set a verdict aside and ask one more person. What was earned stays until the next. Raises StateConflict."""
    task = queue.lock(task.pk)
    if not Verdict.objects.current().filter(task=task).update(superseded_at=Clock()):
        raise StateConflict("This task has no verdict to set aside.")
    task = queue.raise_wanted(task, max(task.wanted, len(_counting(task))) + 1, by=by)
    _tell("reopened", task, by)
    return task


def _counting(task: Task) -> list[Annotation]:
    rows = Annotation.objects.counting().filter(task=task).select_related("assignment", "tasker")
    return list(rows.order_by("pk"))


def _conclude(
    task: Task,
    settings: ProjectSettings,
    answer: dict,
    *,
    confidence: float,
    method: str,
    answers: Sequence[Annotation],
    agreements: Sequence[float | None],
    rests_on: Sequence[int],
    decided_by: Person | None = None,
    note: str = "",
) -> Verdict:
    superseded = bool(Verdict.objects.current().filter(task=task).update(superseded_at=Clock()))
    if superseded and decided_by is None:
        raise AlreadyDecided()
    verdict = Verdict.objects.create(
        task=task,
        answer=answer,
        confidence=confidence,
        method=method,
        rests_on=list(rests_on),
        agreements={str(one.pk): value for one, value in zip(answers, agreements, strict=True)},
        settings_version=settings.version,
        decided_by=decided_by,
        note=note[:2000],
    )
    waited = task.withheld
    queue.settle(task)
    _follow_up(task, verdict, answers, agreements, settings)
    _tell("decided", task, decided_by, verdict=verdict.pk, method=method, waited=waited, superseded=superseded)
    return verdict


def _follow_up_late(task: Task, verdict: Verdict, answers: Sequence[Annotation], settings: ProjectSettings) -> None:
    late = [one for one in answers if str(one.pk) not in verdict.agreements and not _graded(verdict, one)]
    room = TASK_TYPES[task.project.task_type]
    _follow_up(
        task, verdict, late, [room.agreement(one.answer, verdict.answer, settings.thresholds) for one in late], settings
    )


def _graded(verdict: Verdict, annotation: Annotation) -> bool:
    return Grade.objects.filter(key=_key(verdict.pk, annotation)).exists()


def _follow_up(
    task: Task,
    verdict: Verdict,
    answers: Sequence[Annotation],
    agreements: Sequence[float | None],
    settings: ProjectSettings,
) -> None:
    """Grade each answer (not one that decided alone: nobody is graded by their own vote) and settle what it earns.

    First all grades, then all money, each in the order of the taskers' keys: decisions on two tasks of the same people
    then wait for each other instead of locking each other out.
    """
    rows = sorted(zip(answers, agreements, strict=True), key=lambda row: row[0].tasker_id)
    for annotation, agreement in rows:
        if agreement is not None:
            _grade(task, verdict, annotation, agreement)
    earlier = list(Verdict.objects.filter(task=task, pk__lt=verdict.pk).values_list("pk", flat=True))
    for annotation, agreement in rows:
        earns = agreement is None or agreement >= settings.pay_floor
        _pay(task, verdict, annotation, earlier, earns)


def _grade(task: Task, verdict: Verdict, annotation: Annotation, agreement: float) -> None:
    quality.record(
        key=_key(verdict.pk, annotation),
        subject=f"annotation:{annotation.pk}",
        organization=task.project.organization,
        project_key=task.project.public_id,
        tasker=annotation.tasker,
        source=Grade.Source.REVIEW if verdict.decided_by_id else Grade.Source.VERDICT,
        value=agreement,
        blind=not annotation.assignment.copilot,
        detail={"task": str(task.public_id), "verdict": str(verdict.public_id)},
    )


def _pay(task: Task, verdict: Verdict, annotation: Annotation, earlier: Sequence[int], earns: bool) -> None:
    rate = annotation.assignment.rate or 0
    if not rate or annotation.tasker.kind == Person.Kind.MODEL:  # a model is a tasker who is never paid
        return
    standing = ledger.unreversed(_key(pk, annotation) for pk in earlier)
    if earns and not standing:
        ledger.earn(
            key=_key(verdict.pk, annotation),
            organization=task.project.organization,
            project_key=task.project.public_id,
            tasker=annotation.tasker,
            amount=rate,
            reason=f"{task.project.name}: {task.external_id}"[:200],
            detail={"task": str(task.public_id), "verdict": str(verdict.public_id), "annotation": annotation.pk},
        )
    elif not earns:
        for transfer in standing:
            ledger.reverse(transfer, reason="The task was decided anew, and this answer isn't part of it.")


def _key(verdict: int, annotation: Annotation) -> str:
    return f"verdict:{verdict}:annotation:{annotation.pk}"


def _tell(kind: str, task: Task, actor: Person | None, **data: object) -> None:
    emit(
        kind,
        organization_id=task.project.organization_id,
        actor_id=actor.pk if actor else None,
        project_key=task.project.public_id,
        subject=f"task:{task.public_id}",
        batch=task.batch_id,
        task=task.pk,
        **data,
    )
