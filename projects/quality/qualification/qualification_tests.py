"""Courses: known answers in an order, with explanations, taken before the first judgement; passing gives a skill.

An item is shown at once (training: own answer beside the right one, with the explanation) or only at the end of the try
(qualification). Where any are kept to the end, those alone decide; else all do. Nothing of a course is a judgement or a
grade: consensus and standing never see it.
"""

import random
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from projects import queue
from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import (
    Annotation,
    Assignment,
    AssignmentRules,
    PooledGold,
    Project,
    QualificationAttempt,
    QualificationStep,
    Task,
    limits,
)
from projects.quality.gold import grading, scoring
from projects.queue.answer_check import check_for
from projects.queue.clock import Clock
from projects.queue.qualification import course_items
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Person, Skill
from taskers.money import ledger
from taskers.skills import skills

NEARLY = 1e-9  # what floats may lose of a score that meets the mark


@transaction.atomic
def add(
    task: Task,
    answer: object,
    *,
    by: Person | None,
    dice: random.Random,
    explanation: str = "",
    shown: bool = True,
) -> PooledGold:
    """Put a task with its right answer at the end of its project's course.

    Raises Refused with the place of the fault, or StateConflict when the task is in work or in the stock already.
    """
    checked = check_for(task, answer)
    queue.set_aside(task, by=by)
    kept = grading.stock(task, checked, by=by, pool=PooledGold.Pool.TRAINING, dice=dice)
    last = PooledGold.objects.filter(project=task.project, pool=kept.pool).aggregate(last=Max("position"))["last"]
    kept.position, kept.explanation, kept.shown = (last or 0) + 1, explained(explanation), shown
    kept.save(update_fields=["position", "explanation", "shown"])
    return kept


@transaction.atomic
def explain(kept: PooledGold, explanation: str, *, shown: bool, by: Person) -> None:
    """Say why the answer is right, and whether that is shown at once or at the end. Raises StateConflict."""
    live = PooledGold.objects.filter(pk=kept.pk, pool=PooledGold.Pool.TRAINING, retired_at=None)
    if not live.update(explanation=explained(explanation), shown=shown):
        raise StateConflict("This isn't in the course any more.")
    tell("course_changed", kept.project, by, task=kept.gold.task_id)


@transaction.atomic
def arrange(project: Project, order: list[int], *, by: Person) -> None:
    """Put a course's items in this order of their keys; those not named follow as they were."""
    AssignmentRules.objects.get_or_create(project=project)
    AssignmentRules.objects.select_for_update().get(project=project)  # one arranges at a time
    places = {key: place for place, key in enumerate(order)}
    rows = sorted(course_items(project), key=lambda kept: places.get(kept.pk, len(places)))
    for place, kept in enumerate(rows, 1):
        kept.position = place
    PooledGold.objects.bulk_update(rows, ["position"])
    tell("course_changed", project, by)


@transaction.atomic
def set_terms(
    project: Project,
    by: Person,
    *,
    skill: Skill | None = None,
    skill_name: str = "",
    shown: bool | None = None,
    **terms: object,
) -> AssignmentRules:
    """Change what a course asks and gives: see `rules.change`. Raises Refused.

    `skill` is what passing grants, or one of this name is defined; `shown`, unless None, is set for every item.
    """
    if skill is None and skill_name.strip():
        skill = skills.define(project.organization, skill_name, kind=Skill.Kind.QUALIFICATION, by=by)
    row = rules.change(project, by, training_skill=skill, **terms)
    if shown is not None and course_items(project).exclude(shown=shown).update(shown=shown):
        tell("course_changed", project, by)
    return row


@transaction.atomic
def move(kept: PooledGold, by_places: int, *, by: Person) -> None:
    """Put an item so many places later in its course, or earlier; at the ends it stays."""
    AssignmentRules.objects.get_or_create(project=kept.project)
    AssignmentRules.objects.select_for_update().get(project=kept.project)
    order = [one.pk for one in course_items(kept.project)]
    if kept.pk not in order:
        raise StateConflict("This isn't in the course any more.")
    place = order.index(kept.pk)
    order.insert(max(0, min(place + by_places, len(order) - 1)), order.pop(place))
    arrange(kept.project, order, by=by)


def go_on(tasker: Person, annotation: UUID) -> None:
    """The tasker has read what an item taught, so it isn't shown by itself again. Nothing for a step of others."""
    rows = QualificationStep.objects.filter(annotation__public_id=annotation, attempt__tasker=tasker)
    rows.filter(read_at=None).update(read_at=Clock())


@transaction.atomic
def forgive(project: Project, tasker: Person, *, by: Person | None) -> int:
    """Give somebody all their tries back, one that is going on included; says how many there were."""
    tries = QualificationAttempt.objects.filter(project=project, tasker=tasker, forgiven_at=None).exclude(passed=True)
    number = tries.update(forgiven_at=Clock(), forgiven_by=by)
    if number:
        tell("course_forgiven", project, by, person=str(tasker.public_id), tries=number)
    return number


@transaction.atomic
def retrain(project: Project, tasker: Person, *, by: Person | None) -> None:
    """Have somebody pass the project's course anew before they go on: what it gave them is taken back, and their tries
    begin again. Raises StateConflict where there is no course with items, or they haven't passed it."""
    row = AssignmentRules.objects.select_related("training_skill").filter(project=project).first()
    usable = course_items(project).filter(suspect_at=None)
    if row is None or not row.training_tasks or row.training_skill is None or not usable.exists():
        raise StateConflict("This project has no course.", code="no-course")
    skills.withdraw(tasker, row.training_skill, by=by)
    forgive(project, tasker, by=by)
    tell("course_again", project, by, person=str(tasker.public_id))


def follow_up(assignment: Assignment, annotation: Annotation) -> QualificationStep | None:
    """Write down a step of the course, with what it earns; the last one ends the try. None when the try was reset."""
    project, tasker = assignment.task.project, annotation.tasker
    tries = QualificationAttempt.objects.select_for_update(no_key=True)
    attempt = tries.filter(project=project, tasker=tasker, ended_at=None, forgiven_at=None).first()
    if attempt is None:
        return None
    kept = PooledGold.objects.select_related("gold").get(gold__task=assignment.task)
    found = scoring.check(assignment.task, annotation.answer, kept.gold.answer, annotation.settings_version)
    told = found.differences + found.close
    step = QualificationStep.objects.create(
        attempt=attempt, kept=kept, annotation=annotation, score=found.score, differences=told
    )
    _pay(assignment, step)
    steps = list(attempt.steps.select_related("kept"))
    if len(steps) >= attempt.items:
        _end(project, attempt, steps)
    elif not kept.shown:  # nothing to read before the end
        QualificationStep.objects.filter(pk=step.pk).update(read_at=Clock())
    return step


def deciding(steps: list[QualificationStep]) -> list[QualificationStep]:
    """Those that decide whether a try is passed."""
    return [one for one in steps if not one.kept.shown] or steps


def _end(project: Project, attempt: QualificationAttempt, steps: list[QualificationStep]) -> None:
    rules = AssignmentRules.objects.get(project=project)
    counted = deciding(steps)
    score = sum(one.score for one in counted) / len(counted)
    passed = score >= rules.training_pass - NEARLY
    QualificationAttempt.objects.filter(pk=attempt.pk, ended_at=None).update(
        ended_at=Clock(), score=score, passed=passed
    )
    if passed and rules.training_skill:
        ends = timezone.now() + timedelta(days=rules.training_days) if rules.training_days else None
        note = f"Passed the course of {project.name}"
        skills.grant(attempt.tasker, rules.training_skill, score, by=None, expires_at=ends, note=note)
    tell("training_ended", project, attempt.tasker, passed=passed, mean=score)


def _pay(assignment: Assignment, step: QualificationStep) -> None:
    """An item done well earns the course's rate, once per person; most courses pay nothing."""
    project, tasker = assignment.task.project, step.attempt.tasker
    floor = project.settings.get(version=assignment.settings_version or 0).pay_floor
    if not assignment.rate or step.score < floor or tasker.kind == Person.Kind.MODEL:
        return
    ledger.earn(
        key=f"course:{step.kept_id}:person:{tasker.pk}",
        organization=project.organization,
        project_key=project.public_id,
        tasker=tasker,
        amount=assignment.rate,
        reason=f"{project.name}: course"[:200],
        detail={"task": str(assignment.task.public_id), "annotation": step.annotation_id},
    )


def explained(text: str) -> str:
    """An explanation as it is kept. Raises Refused."""
    if "\x00" in text or len(text) > limits.EXPLANATION:
        raise Refused(
            "An explanation has at most %(longest)s characters.",
            code="too-long",
            place="explanation",
            longest=limits.EXPLANATION,
        )
    return text.strip()
