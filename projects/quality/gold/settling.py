"""When an answer to gold is graded and paid: at a moment that tells nothing. The only writer of GoldSettlement.

Each goes by a judgement that the same person handed in shortly before: decided at once where that one was, and else
about as long after being handed in as that one. Were gold settled by a rule of its own, its moments would give it away
to whoever compares them with those of the rest. Where one answer decides a task alone, everybody is paid and nobody is
compared with anything: gold is shown so too there, and grades some time later.

What is due is settled before its tasker looks, and by a worker. Each is a transaction of its own; doing it again
changes nothing.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from projects import queue
from projects.models import Annotation, Assignment, GoldSettlement
from projects.quality.gold import grading
from projects.queue import draws
from projects.queue.clock import Clock, from_now
from taskers.database.prepared import ask_named
from taskers.models import Person

MOST_NEAR = 50  # judgements beside it that are looked at
NEAR = 4  # of those before it that fared like it: one of these says whether it is settled at once
FEW_MINUTES = timedelta(minutes=10)  # the longest that it comes after the one that it goes by
LATER = (600, 7200)  # seconds until it grades somebody who isn't told what it was compared with
FORGOTTEN = timedelta(days=1)  # the longest that a grade waits, however long what it goes by does
TURN = timedelta(seconds=90)  # a worker comes round each minute
PIECE = 1000

# Judgements of a tasker in a project beside one annotation, the nearest first, each with the first verdict of its task.
# By when they were first handed in: a correction is as new as its tasker wants, but is decided with what was beside it.
BESIDE = """
SELECT a.id AS assignment, n.id AS annotation, a.ended_at + make_interval(mins => s.correction_minutes) AS at,
  s.correction_minutes AS minutes, v.at AS decided_at, v.decided_by_id IS NULL AS by_method, v.rests_on,
  coalesce((v.agreements ->> n.id::text)::float < %(floor)s::float, t.withheld = 'review') AS poor,
  (SELECT max(key::bigint) FROM jsonb_object_keys(v.agreements) AS key) AS newest
FROM (
  SELECT f.id AS first, n.id, n.assignment_id, n.task_id, n.settings_version FROM projects_annotation f
  JOIN projects_annotation n ON n.assignment_id = f.assignment_id AND n.superseded_at IS NULL
  WHERE f.tasker_id = %(tasker)s::bigint
    AND f.id {beside} (SELECT min(id) FROM projects_annotation WHERE assignment_id = %(assignment)s::bigint)
    AND NOT EXISTS (
      SELECT FROM projects_annotation e WHERE e.assignment_id = f.assignment_id AND e.id < f.id OFFSET 0)
  ORDER BY f.id {order} LIMIT 200
) n
JOIN projects_assignment a ON a.id = n.assignment_id
  AND (a.kind || '', a.state || '') = ('judge', 'submitted') AND a.voided_at IS NULL
JOIN projects_task t ON t.id = n.task_id AND t.project_id = %(project)s::bigint
JOIN projects_projectsettings s ON s.project_id = t.project_id AND s.version = n.settings_version
LEFT JOIN LATERAL (
  SELECT * FROM projects_verdict v WHERE v.task_id = n.task_id ORDER BY v.id LIMIT 1
) v ON true
ORDER BY n.first {order} LIMIT %(number)s::int
"""
BEFORE, AFTER = BESIDE.format(beside="<", order="DESC"), BESIDE.format(beside=">", order="ASC")

# What isn't settled yet, or grades nobody yet; with how the judgement that it goes by fared.
OPEN = """
SELECT clock_timestamp() AS now, g.assignment_id AS assignment, g.goes_by, g.due_at,
  g.settled_at IS NOT NULL AS settled, s.correction_minutes > 0 AS in_turns, n.id AS annotation,
  a.ended_at + make_interval(mins => s.correction_minutes) AS at,
  (SELECT b.ended_at + make_interval(mins => s.correction_minutes) FROM projects_assignment b
   WHERE b.id = g.goes_by) AS like_at,
  v.at AS decided_at, v.rests_on, l.id AS like_annotation
FROM projects_goldsettlement g
JOIN projects_assignment a ON a.id = g.assignment_id AND a.voided_at IS NULL
JOIN projects_annotation n ON n.assignment_id = g.assignment_id AND n.superseded_at IS NULL
JOIN projects_projectsettings s ON s.project_id = g.project_id AND s.version = n.settings_version
LEFT JOIN projects_annotation l ON l.assignment_id = g.goes_by AND l.superseded_at IS NULL
LEFT JOIN LATERAL (
  SELECT * FROM projects_verdict v WHERE v.task_id = l.task_id ORDER BY v.id LIMIT 1
) v ON true
WHERE g.graded_at IS NULL AND (%(tasker)s::bigint IS NULL OR g.tasker_id = %(tasker)s::bigint)
  AND g.assignment_id > %(after)s::bigint
ORDER BY g.assignment_id LIMIT %(piece)s::int
"""


@dataclass(frozen=True)
class _Judged:
    """A judgement beside gold, and how its task was decided, if it was: a row of `BESIDE`."""

    assignment: int
    annotation: int
    at: datetime
    minutes: int  # for which it may be corrected
    decided_at: datetime | None
    by_method: bool
    rests_on: Sequence[int] | None
    poor: bool  # the others didn't agree with it: it earned nothing, or a reviewer is asked
    newest: int | None  # of the answers that the decision knew

    @property
    def at_once(self) -> bool:
        if self.decided_at is None:
            return False
        if self.minutes:  # its end decides, at the worker's next turn
            return self.decided_at < self.at + TURN
        # The newest answer decides when it comes, unless somebody is asked about all of them; what is late is met
        # decided.
        newest = self.newest or self.annotation
        return (self.by_method and self.annotation == self.newest) or self.annotation > newest

    @property
    def alone(self) -> bool:
        return _is_alone(self.rests_on, self.annotation)

    @property
    def way(self) -> "Way":
        """How gold is settled that goes by it."""
        return _settle_alone if self.alone else _settle


@dataclass(frozen=True)
class _Open:
    """A settlement that something is still to follow for: a row of `OPEN`."""

    now: datetime
    assignment: int
    goes_by: int | None
    due_at: datetime | None
    settled: bool
    in_turns: bool  # a worker decides what comes beside it, so that it settles this too
    annotation: int
    at: datetime  # since when something might follow
    like_at: datetime | None
    decided_at: datetime | None
    rests_on: Sequence[int] | None
    like_annotation: int | None

    @property
    def way(self) -> "Way":
        """As the judgement that it goes by was decided: alone, or with others."""
        return _settle_alone if _is_alone(self.rests_on, self.like_annotation) else _settle


Way = Callable[[int], bool]  # settles or grades one piece of work, by the key of its assignment; whether it did


@dataclass(frozen=True)
class _Due:
    """When something is to follow, and what."""

    at: datetime
    way: Way


def receive(assignment: Assignment, annotation: Annotation) -> None:
    """Take in an answer to gold. Models, who see no page of theirs, are graded at once; people at some moment."""
    if annotation.tasker.kind == Person.Kind.MODEL:
        grading.grade(assignment, annotation)
        return
    dice, before = _dice(assignment.pk), _beside(BEFORE, annotation)
    near = _alike(before, annotation)[:NEAR]
    drawn = dice.choice(near) if near else None
    first = not before and assignment.task.project.settings.get(version=annotation.settings_version).wanted == 1
    like = None if first else next((one for one in near if not one.at_once), drawn)
    due = None
    if like and like.decided_at:
        due = annotation.at + (like.decided_at - like.at) * dice.uniform(0.5, 1.5)
    GoldSettlement.objects.create(
        assignment=assignment,
        project_id=assignment.task.project_id,
        tasker=annotation.tasker,
        goes_by=like.assignment if like else None,
        due_at=due,
    )
    if first or (drawn and drawn.at_once):
        way = drawn.way if drawn else _settle_alone
        way(assignment.pk)


def settle_due(tasker: Person | None = None) -> int:
    """Settle what is due, of one tasker or of everybody; returns how many."""
    done = after = 0
    terms = {"tasker": tasker.pk if tasker else None, "piece": PIECE}
    while rows := [_Open(**row) for row in ask_named(OPEN, terms | {"after": after})]:
        after = rows[-1].assignment
        for one in rows:
            due = None if tasker and one.in_turns else _due(one)
            if due is not None and due.at <= one.now:
                done += due.way(one.assignment)
    return done


def _due(one: _Open) -> _Due | None:
    """When the next thing is to follow, and what, as far as that is known."""
    if one.settled:
        return _Due(one.due_at, _grade) if one.due_at else None
    if one.due_at is not None:
        return _Due(one.due_at, one.way)
    dice = _dice(one.assignment)
    if one.decided_at is not None and one.like_at is not None:
        after = min(abs(one.at - one.like_at), FEW_MINUTES) * dice.uniform(0.2, 1.8)
        return _Due(max(one.decided_at, one.at) + after, one.way)
    if one.at + FORGOTTEN < one.now:
        return _Due(one.at + FORGOTTEN, one.way)
    if one.goes_by is None and (later := _later(one)):
        if later[0].at_once:
            return _Due(later[0].at + timedelta(minutes=dice.uniform(0, 1)), later[0].way)
        GoldSettlement.objects.filter(pk=one.assignment).update(goes_by=later[0].assignment)
    return None


@transaction.atomic
def _settle(key: int) -> bool:
    """Pay and grade by the known answer. False where that was done already, or it was voided."""
    if (work := _locked(key)) is None or not _unsettled(key).update(
        settled_at=Clock(), graded_at=Clock(), alone=False, due_at=None
    ):
        return False
    grading.pay_if_right(*work)
    grading.grade(*work)
    return True


@transaction.atomic
def _settle_alone(key: int) -> bool:
    """Pay whatever was answered, and grade it some time later. False as above."""
    later = from_now(round(_dice(key, "grade").uniform(*LATER)))
    if (work := _locked(key)) is None or not _unsettled(key).update(settled_at=Clock(), alone=True, due_at=later):
        return False
    grading.pay(*work)
    return True


@transaction.atomic
def _grade(key: int) -> bool:
    open_ones = GoldSettlement.objects.filter(pk=key, graded_at=None, settled_at__isnull=False)
    if (work := _locked(key)) is None or not open_ones.update(graded_at=Clock(), due_at=None):
        return False
    grading.grade(*work)
    return True


def _unsettled(key: int) -> QuerySet[GoldSettlement]:
    return GoldSettlement.objects.filter(pk=key, settled_at=None)


def _locked(key: int) -> tuple[Assignment, Annotation] | None:
    """An answer to gold that still counts, its task locked as for any decision; None once it is voided."""
    task = queue.lock(Assignment.objects.values_list("task", flat=True).get(pk=key))
    rows = Annotation.objects.select_related("assignment", "tasker")
    annotation = rows.filter(assignment=key, assignment__voided_at=None, superseded_at=None).first()
    if annotation is None:
        return None
    annotation.task = annotation.assignment.task = task
    return annotation.assignment, annotation


def _beside(statement: str, annotation: Annotation) -> list[_Judged]:
    floor = annotation.task.project.settings.get(version=annotation.settings_version).pay_floor
    whose = {"tasker": annotation.tasker_id, "project": annotation.task.project_id}
    terms = whose | {"assignment": annotation.assignment_id, "number": MOST_NEAR}
    return [_Judged(**row) for row in ask_named(statement, {"floor": floor, **terms})]


def _alike(rows: Sequence[_Judged], annotation: Annotation) -> list[_Judged]:
    """Those that fared as this answer to gold does: what the others don't agree with waits longer than the rest."""
    if not rows:
        return []
    poor = not grading.is_good_enough(annotation.assignment, annotation)
    return [one for one in rows if one.alone or one.poor == poor]


def _later(one: _Open) -> list[_Judged]:
    annotation = Annotation.objects.select_related("assignment", "task__project").get(pk=one.annotation)
    annotation.assignment.task = annotation.task
    return _alike(_beside(AFTER, annotation), annotation)


def _is_alone(rests_on: Sequence[int] | None, annotation: int | None) -> bool:
    return annotation is not None and list(rests_on or ()) == [annotation]


def _dice(key: int, what: str = "settle") -> random.Random:
    """The same for one piece of gold however often it is asked, and nobody's to guess."""
    return draws.rng("settling", f"{what}:{key}")
