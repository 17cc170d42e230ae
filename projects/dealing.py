"""Known answers: kept in a stock, dealt now and then, scored, and taken out when they are worn or known.

How often is nobody's to guess: the share varies from claim to claim around what the project asks, and is higher for
those of whom little is known. How work is scored is plugged in: a function of task, answer, truth and thresholds that
gives a number in [0, 1]; without one, the task type's own agreement.
"""

import math
import random
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from projects.models import Annotation, Assignment, Gold, StockedGold, Task
from projects.tasktypes import TASK_TYPES
from taskers import ledger, quality, skills
from taskers.errors import StateConflict
from taskers.models import Grade, Person
from taskers.outbox import emit

MOST_OFTEN = 0.5
Scorer = Callable[[Task, dict, dict, Mapping], float]


def by_agreement(task: Task, answer: dict, truth: dict, thresholds: Mapping) -> float:
    """The task type's agreement of the answer with the known one."""
    return TASK_TYPES[task.project.task_type].agreement(answer, truth, thresholds)


_scorers: list[Scorer] = [by_agreement]


def score_with(scorer: Scorer) -> None:
    """Plug in another scorer for the whole application."""
    _scorers[:] = [scorer]


def gold_is_due(share: float, evidence: float, dice: random.Random) -> bool:
    """Whether this claim is to get gold: about `share` of them, up to three times as often before there is evidence."""
    if share <= 0:
        return False
    eagerness = 1 + 2 * math.exp(-evidence / 10)
    return dice.random() < min(MOST_OFTEN, share * eagerness * dice.uniform(0.5, 1.5))


@transaction.atomic
def stock(
    task: Task, answer: dict, *, by: Person | None, pool: str = StockedGold.Pool.CONTROL, dice: random.Random
) -> StockedGold:
    """Keep a task's known answer in the stock. Raises StateConflict when it is there already.

    The caller has made sure that nobody is asked to judge the task any more (`queue.set_aside`).
    """
    known, made = Gold.objects.get_or_create(task=task, defaults={"answer": answer, "made_by": by})
    if not made and StockedGold.objects.filter(gold=known).exists():
        raise StateConflict("This task is in the stock already.", code="in-stock")
    kept = StockedGold.objects.create(gold=known, project_id=task.project_id, pool=pool, shuffle=dice.random())
    _tell("gold_stocked", task, by, pool=pool)
    return kept


@transaction.atomic
def retire(kept: StockedGold, why: str, *, by: Person | None) -> None:
    """Deal a known answer no more, since it leaked or is wrong. Raises StateConflict when it isn't dealt any more."""
    live = StockedGold.objects.filter(pk=kept.pk, retired_at=None)
    if not live.update(retired_at=Now(), retired_why=why[:80]):
        raise StateConflict("This isn't dealt any more.")
    _tell("gold_retired", kept.gold.task, by, why=why)


def follow_up(assignment: Assignment, annotation: Annotation) -> None:
    """Score gold or training that was handed in: a grade and its pay, or a step of the course. Once per annotation."""
    score = _score(assignment.task, annotation)
    if assignment.kind == Assignment.Kind.TRAINING:
        _step(assignment, annotation)
        return
    project = assignment.task.project
    quality.record(
        key=f"gold:annotation:{annotation.pk}",
        subject=f"annotation:{annotation.pk}",
        organization=project.organization,
        project_key=project.public_id,
        tasker=annotation.tasker,
        source=Grade.Source.GOLD,
        value=score,
        blind=not assignment.copilot,
        detail={"task": str(assignment.task.public_id)},
    )
    floor = project.settings.get(version=annotation.settings_version).pay_floor
    if assignment.rate and score >= floor and annotation.tasker.kind != Person.Kind.MODEL:
        ledger.earn(
            key=f"gold:annotation:{annotation.pk}",
            organization=project.organization,
            project_key=project.public_id,
            tasker=annotation.tasker,
            amount=assignment.rate,
            reason=f"{project.name}: {assignment.task.external_id}"[:200],
            detail={"task": str(assignment.task.public_id), "annotation": annotation.pk},
        )


def _score(task: Task, annotation: Annotation) -> float:
    thresholds = task.project.settings.get(version=annotation.settings_version).thresholds
    value = _scorers[0](task, annotation.answer, Gold.objects.get(task=task).answer, thresholds)
    return min(1.0, max(0.0, value))


def _step(assignment: Assignment, annotation: Annotation) -> None:
    """After each full course of training: pass, and get the skill, or not."""
    project = assignment.task.project
    rules = project.rules  # type: ignore[attr-defined]  # the reverse of a one-to-one, which the plugin misses
    rows = Annotation.objects.filter(
        tasker=annotation.tasker, assignment__kind="training", assignment__state="submitted", task__project=project
    ).select_related("task__project", "assignment")
    if not rules.training_tasks or rows.count() % rules.training_tasks:
        return
    scores = [_score(one.task, one) for one in rows.order_by("-pk")[: rules.training_tasks]]
    mean = sum(scores) / len(scores)
    passed = mean >= rules.training_pass
    if passed and rules.training_skill:
        ends = timezone.now() + timedelta(days=rules.training_days) if rules.training_days else None
        note = "Passed the training"
        skills.grant(annotation.tasker, rules.training_skill, mean, by=None, expires_at=ends, note=note)
    _tell("training_ended", assignment.task, annotation.tasker, passed=passed, mean=mean)


def _tell(kind: str, task: Task, by: Person | None, **data: object) -> None:
    emit(
        kind,
        organization_id=task.project.organization_id,
        actor_id=by.pk if by else None,
        project_key=task.project.public_id,
        subject=f"task:{task.public_id}",
        batch=task.batch_id,
        task=task.pk,
        **data,
    )
