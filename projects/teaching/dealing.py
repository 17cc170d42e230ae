"""Known answers: kept in a stock, dealt now and then, graded, and taken out when they are worn or known.

How often is nobody's to guess: the share varies from claim to claim around what the project asks, and is higher for
those of whom little is known. Courses, where the answer is shown afterwards, are in courses.py.
"""

import math
import random
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from projects.models import Annotation, Assignment, Gold, StockedGold, Task
from projects.teaching import contradictions, scoring
from projects.truth.follow_up import MOST_LABELS
from taskers import ledger, quality
from taskers.errors import StateConflict
from taskers.models import Grade, Person
from taskers.outbox import emit

MOST_OFTEN = 0.5


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
    """Keep a task's known answer in the stock; suspect, where another one contradicts it. Raises StateConflict while it
    is there; one that was taken out may come back with another answer, and starts afresh.

    The caller has made sure that nobody is asked to judge the task any more (`queue.set_aside`).
    """
    known, _made = Gold.objects.get_or_create(task=task, defaults={"answer": answer, "made_by": by})
    fresh: dict[str, Any] = {"pool": pool, "shuffle": dice.random()}
    kept, made = StockedGold.objects.get_or_create(gold=known, defaults={"project_id": task.project_id} | fresh)
    if not made:
        _keep_anew(kept, answer, by, fresh)
    _tell("gold_stocked", task, by, pool=pool)
    if contradictions.mark(task.project, payload=task.payload_hash):
        kept.refresh_from_db()
    return kept


def _keep_anew(kept: StockedGold, answer: dict, by: Person | None, fresh: dict[str, Any]) -> None:
    """A retired known answer comes back as if it were new."""
    fresh |= {"uses": 0, "looks": 0, "fresh_at": Now(), "retired_at": None, "retired_why": ""}
    fresh |= {"suspect_at": None, "suspect_why": ""}
    if not StockedGold.objects.filter(pk=kept.pk).exclude(retired_at=None).update(**fresh):
        text = "This task is in the stock already: take it out, and then keep the other answer."
        raise StateConflict(text, code="in-stock")
    Gold.objects.filter(pk=kept.gold_id).update(answer=answer, made_by=by, made_at=Now(), retired_at=None)
    kept.refresh_from_db()


@transaction.atomic
def retire(kept: StockedGold, why: str, *, by: Person | None) -> None:
    """Deal a known answer no more, since it leaked or is wrong. Raises StateConflict when it isn't dealt any more."""
    live = StockedGold.objects.filter(pk=kept.pk, retired_at=None)
    if not live.update(retired_at=Now(), retired_why=why[:80]):
        raise StateConflict("This isn't dealt any more.")
    _tell("gold_retired", kept.gold.task, by, why=why)


def follow_up(assignment: Assignment, annotation: Annotation) -> None:
    """Score gold that was handed in: a grade and its pay. Once per annotation.

    Where the known answer became suspect meanwhile, the work is paid and grades nobody.
    """
    suspect = StockedGold.objects.filter(gold__task=assignment.task, suspect_at__isnull=False).exists()
    known = Gold.objects.get(task=assignment.task).answer
    found = scoring.check(assignment.task, annotation.answer, known, annotation.settings_version)
    project = assignment.task.project
    floor = project.settings.get(version=annotation.settings_version).pay_floor
    if assignment.rate and (suspect or found.score >= floor) and annotation.tasker.kind != Person.Kind.MODEL:
        ledger.earn(
            key=f"gold:annotation:{annotation.pk}",
            organization=project.organization,
            project_key=project.public_id,
            tasker=annotation.tasker,
            amount=assignment.rate,
            reason=f"{project.name}: {assignment.task.external_id}"[:200],
            detail={"task": str(assignment.task.public_id), "annotation": annotation.pk},
        )
    if suspect:
        return
    # Last: it locks the tasker's standing.
    quality.record(
        key=f"gold:annotation:{annotation.pk}",
        subject=f"annotation:{annotation.pk}",
        organization=project.organization,
        project_key=project.public_id,
        tasker=annotation.tasker,
        source=Grade.Source.GOLD,
        value=found.score,
        blind=not assignment.copilot or annotation.tasker.kind == Person.Kind.MODEL,
        detail={"task": str(assignment.task.public_id)},
        labels=dict(list(found.labels.items())[:MOST_LABELS]),
    )


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
