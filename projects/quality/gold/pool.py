"""The stock of known answers: looked over, put back, and watched for those that leaked or may be wrong.

grading.py puts in, scores and retires; aggregation/leakage.py says what is odd, contradictions.py what can't be right.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.formats import date_format

from projects import queue
from projects.configuration.terms import terms_of
from projects.inference import leakage
from projects.inference.leakage import Use
from projects.models import BrokenReport, Gold, PooledGold, Project, Task
from projects.quality.aggregation import agreement_in, threshold_of
from projects.quality.gold import grading, kept_words
from projects.quality.votes import VOTELESS, as_it_counts, known_answer
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from taskers.errors import NotFound, StateConflict
from taskers.models import Person

LEAKED = kept_words.LEAKED
MOST_OTHERS = 6  # groups of other answers, that are shown

# What was handed in on a known answer since it was put (back) in, how it scored, and its person's usual time: the
# median of up to 20 pieces of work in the project before it.
EVIDENCE = """
SELECT n.at, n.answer, n.active_ms, g.value, usual.ms
FROM projects_annotation n
JOIN projects_assignment a ON a.id = n.assignment_id AND a.kind = 'gold' AND a.voided_at IS NULL
JOIN LATERAL (
  SELECT value FROM taskers_grade WHERE subject = 'annotation:' || n.id AND source = 'gold' ORDER BY id DESC LIMIT 1
) g ON true
LEFT JOIN LATERAL (
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY o.active_ms) AS ms FROM (
    SELECT o.active_ms FROM projects_annotation o JOIN projects_task t ON t.id = o.task_id
    WHERE o.tasker_id = n.tasker_id AND o.id < n.id AND o.active_ms > 0 AND t.project_id = %(project)s
    ORDER BY o.id DESC LIMIT 20
  ) o
) usual ON true
WHERE n.task_id = %(task)s AND n.at >= %(since)s
ORDER BY n.id
"""

# How the known answers of some tasks fared, since ever.
FARED = """
SELECT n.task_id, count(*), avg(g.value)
FROM projects_annotation n
JOIN projects_assignment a ON a.id = n.assignment_id AND a.kind IN ('gold', 'training') AND a.voided_at IS NULL
JOIN LATERAL (
  SELECT value FROM taskers_grade WHERE subject = 'annotation:' || n.id AND source = 'gold' ORDER BY id DESC LIMIT 1
) g ON true
WHERE n.task_id = ANY(%s) GROUP BY n.task_id
"""


@dataclass(frozen=True)
class Line:
    """A known answer on the page: how often it was scored, and the mean of the scores."""

    kept: PooledGold
    scored: int
    mean: float | None


def known_answers(project: Project) -> QuerySet[PooledGold]:
    """A project's stock: doubtful ones first, then what is dealt, then what is retired."""
    rows = PooledGold.objects.filter(project=project).select_related("gold__task__project")
    return rows.order_by(F("suspect_at").desc(nulls_last=True), F("retired_at").desc(nulls_first=True), "pk")


def lines(rows: Sequence[PooledGold]) -> list[Line]:
    """These known answers with how they fared."""
    with connection.cursor() as cursor:
        cursor.execute(FARED, [[row.gold.task_id for row in rows]])
        fared = {task: (number, mean) for task, number, mean in cursor.fetchall()}
    return [Line(row, *fared.get(row.gold.task_id, (0, None))) for row in rows]


@dataclass(frozen=True)
class OtherAnswer:
    """An answer to a gold task that isn't the known one, and how many gave it or one like it."""

    answer: dict[str, Any]
    number: int


def other_answers(kept: PooledGold) -> tuple[int, list[OtherAnswer]]:
    """How many gave the known answer since it is dealt, and what the others said, the commonest first."""
    with connection.cursor() as cursor:
        terms: dict[str, Any] = {"project": kept.project_id, "task": kept.gold.task_id, "since": kept.fresh_at}
        cursor.execute(EVIDENCE, terms)
        right, found = _groups(kept.gold, cursor.fetchall())
    return right, sorted((OtherAnswer(*one) for one in found), key=lambda one: -one.number)[:MOST_OTHERS]


def retire(kept: PooledGold, why: str, *, by: Person) -> None:
    """Deal a known answer no more. Raises StateConflict when it isn't dealt any more."""
    grading.retire(kept, why.strip() or kept_words.BY_HAND, by=by)


@transaction.atomic
def restore(kept: PooledGold, *, by: Person, pool: str = "") -> None:
    """Deal a retired one again, or trust a doubtful one: its uses and what speaks against it start afresh.

    `pool`, if given, is where it goes: into the course (at its place of before), or among what is mixed in unseen.
    Nobody is asked to judge its task any more. Raises StateConflict when there is nothing against it, or while people
    judge it; Refused where it would be mixed into what is handed out in file order.
    """
    if (pool or kept.pool) == PooledGold.Pool.CONTROL:
        grading.refuse_in_file_order(kept.project)
    queue.set_aside(kept.gold.task, by=by)
    Gold.objects.filter(pk=kept.gold_id).update(retired_at=None)
    rows = PooledGold.objects.filter(pk=kept.pk)
    against = rows.exclude(retired_at=None) | rows.exclude(suspect_at=None)
    fresh: dict[str, Any] = {"retired_at": None, "retired_why": "", "suspect_at": None, "suspect_why": ""}
    fresh |= {"pool": pool or kept.pool}
    if not against.update(**fresh, uses=0, looks=0, fresh_at=Clock()):
        raise StateConflict("This task is gold, and nothing speaks against it.")
    fine = {"outcome": BrokenReport.Outcome.FINE, "settled_by": by, "settled_at": Clock()}
    BrokenReport.objects.open().filter(task=kept.gold.task).update(**fine)
    emit_of_task("gold_restored", kept.gold.task, by)


def put_back(task: Task, pool: str, *, by: Person) -> None:
    """Use a task's known answer again that was taken out, in this pool. Raises StateConflict where there is none."""
    kept = PooledGold.objects.select_related("gold__task__project").filter(gold__task=task).first()
    if kept is None or kept.retired_at is None:
        raise StateConflict("This task wasn't gold that was taken out.")
    restore(kept, by=by, pool=pool)


def watch(seed: int = 0) -> list[PooledGold]:
    """Look at every known answer that is due; returns those that were retired as leaked or are doubtful now.

    Each look is remembered with its outcome in one transaction, so none is repeated (which would raise false alarms).
    """
    rows = PooledGold.objects.filter(retired_at=None, pool=PooledGold.Pool.CONTROL, uses__gte=leakage.LOOKS[0])
    found = []
    for kept in rows.select_related("gold__task__project__organization").order_by("pk").iterator():
        if leakage.due(kept.uses, kept.looks) and _look(kept, seed):
            found.append(kept)
    return found


@transaction.atomic
def _look(kept: PooledGold, seed: int) -> bool:
    task, project = kept.gold.task, kept.gold.task.project
    with connection.cursor() as cursor:
        cursor.execute(EVIDENCE, {"project": project.pk, "task": task.pk, "since": kept.fresh_at})
        rows = cursor.fetchall()
    if not leakage.due(len(rows), kept.looks):
        return False
    if not PooledGold.objects.filter(pk=kept.pk, looks=kept.looks, retired_at=None).update(looks=kept.looks + 1):
        return False  # another worker looks at it, or somebody retired it
    dice = np.random.default_rng([seed, kept.pk, kept.looks])
    if jump := leakage.leak([Use(score, ms, usual) for _at, _answer, ms, score, usual in rows], dice):
        _leaked(kept, jump, rows[jump.at][0])
        return True
    return _doubt(kept, rows)


def _leaked(kept: PooledGold, jump: leakage.Jump, since: Any) -> None:
    figures = {
        "day": date_format(since, "j M Y"),
        "since": jump.since,
        "later": jump.number - jump.at,
        "before": jump.before,
        "earlier": jump.at,
    }
    PooledGold.objects.filter(pk=kept.pk).update(suspect_why=(kept_words.FASTER % figures)[:200])
    grading.retire(kept, LEAKED, by=None)
    emit_of_task("gold_leaked", kept.gold.task, None, p=jump.p)


def _doubt(kept: PooledGold, rows: Sequence[tuple]) -> bool:
    """Whether so many give one and the same other answer that the known one may be wrong; says so once."""
    right, found = _groups(kept.gold, rows)
    others = [number for _answer, number in found]
    p = leakage.doubt(right, others)
    if p is None:
        return False
    text = kept_words.OTHERWISE % {"n": max(others), "right": right}
    if not PooledGold.objects.filter(pk=kept.pk, suspect_at=None).update(suspect_at=Now(), suspect_why=text[:200]):
        return False
    emit_of_task("gold_doubted", kept.gold.task, None, p=p)
    return True


def _groups(gold: Gold, rows: Sequence[tuple]) -> tuple[int, list[tuple[dict, int]]]:
    """How many gave the known answer, and of each group of other answers that are alike the first, and its size.

    All as it counts under the labels of today: what no longer counts is in neither, and where the known answer no
    longer fits its task, nobody speaks against it.
    """
    terms, task = terms_of(gold.task.project), gold.task
    agree, alike = agreement_in(terms), threshold_of(terms)
    known = known_answer(terms, task, gold.answer)
    right = 0
    leaders: list[dict] = []
    sizes: list[int] = []
    for _at, answer, _ms, score, _usual in rows if known is not None else ():
        said, why = as_it_counts(terms, task, answer if isinstance(answer, dict) else json.loads(answer))
        if why in VOTELESS:
            continue
        if score >= alike or agree(said, known) >= alike:
            right += 1
            continue
        at = next((place for place, leader in enumerate(leaders) if agree(said, leader) >= alike), len(leaders))
        if at == len(leaders):
            leaders.append(said)
            sizes.append(0)
        sizes[at] += 1
    return right, list(zip(leaders, sizes, strict=True))


def one_of(project: Project, task_id: UUID) -> PooledGold:
    """A project's gold by the id of its task. Raises NotFound."""
    rows = PooledGold.objects.filter(project=project).select_related("gold__task__project__organization")
    found = rows.filter(gold__task__public_id=task_id).first()
    if found is None:
        raise NotFound()
    return found
