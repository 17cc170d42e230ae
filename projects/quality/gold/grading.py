"""Gold: kept in a stock, dealt now and then, graded, and taken out when they are worn or known. When an answer
is paid and graded is in settling.py.

How often is nobody's to guess: the share varies from claim to claim around what the project asks, and is higher for
those of whom little is known. Courses, where the answer is shown afterwards, are in qualification_tests.py.
"""

import random
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from projects.errors import Refused
from projects.inference.gold_check import GoldCheck
from projects.models import Annotation, Assignment, Gold, PooledGold, Project, SeenAnswer, Task, Verdict, limits
from projects.quality.effects import MOST_LABELS
from projects.quality.gold import contradictions, scoring
from projects.quality.pay import raised, worth
from projects.queue.events import emit_of_task
from taskers.errors import StateConflict
from taskers.models import Grade, Person
from taskers.money import ledger
from taskers.standing import grades

IN_FILE_ORDER = (
    "This project hands out in file order: gold would stand out of it and be known. Shuffle its tasks first"
    " (Settings), or put the answer into the course."
)


def refuse_in_file_order(project: Project) -> None:
    """Raises Refused where nothing can be mixed in unseen."""
    if project.settings_now().file_order:
        raise Refused(IN_FILE_ORDER, code="file-order", place="gold")


@transaction.atomic
def stock(
    task: Task, answer: dict, *, by: Person | None, pool: str = PooledGold.Pool.CONTROL, dice: random.Random
) -> PooledGold:
    """Keep a task's known answer in the stock; suspect, where another one contradicts it. Raises StateConflict while it
    is there; one that was taken out may come back with another answer, and starts afresh. Raises Refused where the
    project hands out in file order.

    The caller has made sure that nobody is asked to judge the task any more (`queue.set_aside`).
    """
    if pool == PooledGold.Pool.CONTROL:
        refuse_in_file_order(task.project)
    known, _made = Gold.objects.get_or_create(task=task, defaults={"answer": answer, "made_by": by})
    fresh: dict[str, Any] = {"pool": pool, "shuffle": dice.random()}
    kept, made = PooledGold.objects.get_or_create(gold=known, defaults={"project_id": task.project_id} | fresh)
    if not made:
        _keep_anew(kept, answer, by, fresh)
    emit_of_task("gold_stocked", task, by, pool=pool)
    if contradictions.mark(task.project, payload=task.payload_hash):
        kept.refresh_from_db()
    return kept


def _keep_anew(kept: PooledGold, answer: dict, by: Person | None, fresh: dict[str, Any]) -> None:
    """A retired known answer comes back as if it were new."""
    fresh |= {"uses": 0, "looks": 0, "fresh_at": Now(), "retired_at": None, "retired_why": ""}
    fresh |= {"suspect_at": None, "suspect_why": ""}
    if not PooledGold.objects.filter(pk=kept.pk).exclude(retired_at=None).update(**fresh):
        text = "This task is in the stock already: take it out, and then keep the other answer."
        raise StateConflict(text, code="in-gold-pool")
    Gold.objects.filter(pk=kept.gold_id).update(answer=answer, made_by=by, made_at=Now(), retired_at=None)
    kept.refresh_from_db()


@transaction.atomic
def retire(kept: PooledGold, why: str, *, by: Person | None) -> None:
    """Deal a known answer no more, since it leaked or is wrong. Raises StateConflict when it isn't dealt any more."""
    live = PooledGold.objects.filter(pk=kept.pk, retired_at=None)
    if not live.update(retired_at=Now(), retired_why=why[: limits.RETIRED_WHY]):
        raise StateConflict("This isn't dealt any more.")
    emit_of_task("gold_retired", kept.gold.task, by, why=why)


def pay_if_right(assignment: Assignment, annotation: Annotation) -> None:
    """Owe what an answer to gold earns, once: the rate where it is close enough to the known answer.

    Nobody's work is compared with a known answer that became suspect meanwhile: then whatever was answered is paid.
    """
    if annotation.tasker.kind == Person.Kind.MODEL:
        return
    suspect = _is_suspect(assignment.task)
    if suspect or is_good_enough(assignment, annotation):
        right = None if suspect else known_of(assignment.task, assignment.kind).answer
        _pay(assignment, annotation, right)


def pay(assignment: Assignment, annotation: Annotation) -> None:
    """Owe what an answer to gold was promised, once, whatever was answered. A model is never paid."""
    _pay(assignment, annotation, None)


def _pay(assignment: Assignment, annotation: Annotation, right: dict | None) -> None:
    project = assignment.task.project
    promised = project.settings.get(version=annotation.settings_version)
    annotation.assignment = assignment
    amount = worth(annotation, assignment.task, promised, right)
    if not amount:
        return
    ledger.earn(
        key=key_of(annotation),
        organization=project.organization,
        project_key=project.public_id,
        tasker=annotation.tasker,
        amount=amount,
        reason=f"{project.name}: {assignment.task.external_id}"[:200],
        detail={"task": str(assignment.task.public_id), "annotation": annotation.pk} | raised(annotation, promised),
    )


def grade(assignment: Assignment, annotation: Annotation) -> None:
    """Grade an answer to gold, once. Nobody is graded by a known answer that is suspect, or that they had seen.

    The last of a transaction: it locks the tasker's standing.
    """
    task, project = assignment.task, assignment.task.project
    if _is_suspect(task) or had_seen(annotation, task):
        return
    found = _score(assignment, annotation)
    if assignment.kind == Assignment.Kind.GOLD:
        emit_of_task("gold_graded", task, None, annotation=annotation.pk)
    grades.record(
        key=key_of(annotation),
        subject=f"annotation:{annotation.pk}",
        organization=project.organization,
        project_key=project.public_id,
        tasker=annotation.tasker,
        source=Grade.Source.GOLD if assignment.kind == Assignment.Kind.GOLD else Grade.Source.VERDICT,
        value=found.score,
        blind=not assignment.copilot or annotation.tasker.kind == Person.Kind.MODEL,
        detail={"task": str(task.public_id)},
        labels=dict(list(found.labels.items())[:MOST_LABELS]),
    )


def is_good_enough(assignment: Assignment, annotation: Annotation) -> bool:
    """Whether an answer to gold is close enough to the known answer to be paid."""
    floor = assignment.task.project.settings.get(version=annotation.settings_version).pay_floor
    return _score(assignment, annotation).score >= floor


def key_of(annotation: Annotation) -> str:
    """Under which an answer to gold is graded and paid."""
    return f"gold:annotation:{annotation.pk}"


def show(tasker: Person, task: Task) -> None:
    """Remember that somebody was shown what is right for a task: see SeenAnswer."""
    seen = SeenAnswer(tasker=tasker, project_id=task.project_id, payload_hash=task.payload_hash)
    SeenAnswer.objects.bulk_create([seen], ignore_conflicts=True)


def had_seen(annotation: Annotation, task: Task) -> bool:
    """Whether whoever answered had been shown before what is right there."""
    seen = SeenAnswer.objects.filter(tasker=annotation.tasker_id, project=task.project_id, at__lt=annotation.at)
    return seen.filter(payload_hash=task.payload_hash).exists()


def _is_suspect(task: Task) -> bool:
    return PooledGold.objects.filter(gold__task=task, suspect_at__isnull=False).exists()


def _score(assignment: Assignment, annotation: Annotation) -> GoldCheck:
    known = known_of(assignment.task, assignment.kind).answer
    return scoring.check(assignment.task, annotation.answer, known, annotation.settings_version)


def known_of(task: Task, kind: str) -> Gold | Verdict:
    """What an answer to a task is compared with: its known answer; where it was left out, its newest verdict."""
    if kind == Assignment.Kind.GOLD:
        return Gold.objects.get(task=task)
    return Verdict.objects.filter(task=task).order_by("-pk")[:1].get()
