"""A course's next item, held by whoever takes it; or why there is none. Like gold it is inserted held, never queued.

A try asks as many items as the project says, in the course's order, those first that this person hasn't answered in an
earlier try, and those last that they reported as broken. Whoever failed waits as long as the rules say, and has only so
many tries since they last passed.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from projects.models import (
    Assignment,
    AssignmentRules,
    BrokenReport,
    PooledGold,
    Project,
    QualificationAttempt,
    QualificationStep,
)
from projects.queue.candidate_slots import Choice, Terms, terms_of
from projects.queue.claim_numbers import StaleChoice, move_on
from projects.queue.clock import Clock, from_now
from projects.queue.events import emit_of_task
from projects.queue.no_work import Nothing
from taskers.models import Person


def is_due(tasker: Person, terms: Terms) -> bool:
    """Whether they must pass the project's course before they judge anything there."""
    return bool(terms.training_tasks) and terms.trained is None and tasker.kind != Person.Kind.MODEL


def begins_with_course(tasker: Person, project: Project) -> bool:
    """The same, asked before any claim."""
    return is_due(tasker, terms_of(tasker, [project]).terms[project.pk])


def course_items(project: Project):
    """What is in a project's course, in its order."""
    rows = PooledGold.objects.filter(
        project=project, pool=PooledGold.Pool.TRAINING, retired_at=None, gold__retired_at=None
    )
    return rows.select_related("gold__task").order_by("position", "gold_id")


@transaction.atomic
def next_item(choice: Choice, terms: Terms) -> list[Assignment] | Nothing:
    """The item that comes next for whoever chose. Raises StaleChoice when another tab of theirs was faster."""
    tasker, project = choice.tasker, choice.projects[terms.project]
    rules = AssignmentRules.objects.get(project=project)
    tries = QualificationAttempt.objects.filter(project=project, tasker=tasker, ended_at=None, forgiven_at=None)
    attempt = tries.first()
    kept = _next_kept(attempt) if attempt else None
    if attempt and kept is None:  # items were taken out meanwhile: this try can't be finished, and counts as none
        tries.update(forgiven_at=Clock())
        attempt = None
    items = min(rules.training_tasks, course_items(project).filter(suspect_at=None).count())
    why = None if attempt else why_no_try(tasker, project, rules)
    if why or not items:
        return why or Nothing("no-training", _("The course for this project is empty; ask your manager."))
    move_on(tasker, choice.number)
    attempt = attempt or QualificationAttempt.objects.create(project=project, tasker=tasker, items=items)
    kept = kept or _next_kept(attempt)
    if kept is None:  # taken out at this very moment
        raise StaleChoice()
    rate = _rate(rules, kept, tasker)
    return [_hold(tasker, terms, project, kept, rate)]


def why_no_try(tasker: Person, project: Project, rules: AssignmentRules) -> Nothing | None:
    """Why this tasker can't begin a try now; None when they may."""
    failed = failures(tasker, project)
    last = failed.order_by("-ended_at").first()
    if last is None or last.ended_at is None:
        return None
    if failed.count() >= rules.training_tries:
        return Nothing("not-qualified", _("You didn't pass the course for this project, and have no try left."))
    again = last.ended_at + timedelta(hours=rules.training_wait)
    if again <= timezone.now():
        return None
    text = _("You didn't pass the course this time. You can try again from %(when)s on.") % {"when": _when(again)}
    return Nothing("course-wait", text)


def failures(tasker: Person, project: Project):
    """The tries that count against somebody: failed, not given back, and since they last passed."""
    tries = QualificationAttempt.objects.filter(
        project=project, tasker=tasker, forgiven_at=None, ended_at__isnull=False
    )
    passed = tries.filter(passed=True).order_by("-pk").values_list("pk", flat=True).first() or 0
    return tries.filter(passed=False, pk__gt=passed)


def _next_kept(attempt: QualificationAttempt) -> PooledGold | None:
    mine = QualificationStep.objects.filter(kept=OuterRef("pk"), attempt__tasker=attempt.tasker_id)
    reported = BrokenReport.objects.filter(task=OuterRef("gold__task"), tasker=attempt.tasker_id)
    rows = course_items(attempt.project).filter(suspect_at=None).exclude(pk__in=attempt.steps.values("kept"))
    rows = rows.annotate(reported=Exists(reported), seen=Exists(mine))
    return rows.order_by("reported", "seen", "position", "gold_id").first()


def _rate(rules: AssignmentRules, kept: PooledGold, tasker: Person) -> int:
    """What this item may earn: the rate of the course, once however often it is tried."""
    if not rules.training_rate or QualificationStep.objects.filter(kept=kept, attempt__tasker=tasker).exists():
        return 0
    return rules.training_rate


def _hold(tasker: Person, terms: Terms, project: Project, kept: PooledGold, rate: int) -> Assignment:
    task = kept.gold.task
    task.project = project
    made = Assignment.objects.create(
        task=task,
        batch_id=task.batch_id,
        kind=Assignment.Kind.TRAINING,
        state="held",
        tasker=tasker,
        token=uuid4(),
        held_at=Clock(),
        deadline=from_now(terms.lease),
        settings_version=terms.version,
        rate=rate,
        copilot=terms.copilot,
    )
    emit_of_task("dealt", task, tasker, assignment=made.pk, dealt=str(made.kind))
    found = Assignment.objects.select_related("task__asset", "task__batch").get(pk=made.pk)
    found.task.project = project
    return found


def _when(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
