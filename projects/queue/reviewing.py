"""Handing disagreements to reviewers: one at a time each, never their own work nor a partner's (ConflictOfInterest)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet

from projects.errors import NotPublished, OwnWork, PartnersWork, StillCorrectable
from projects.models import Annotation, Assignment, Batch, ConflictOfInterest, Gold, Project, SecondLook, Task, Verdict
from projects.queue import drafts
from projects.queue.clock import Clock, from_now
from projects.queue.events import emit_of_task
from projects.queue.slots import is_correctable, lock
from taskers.database.prepared import ask
from taskers.errors import StateConflict
from taskers.models import Person

# The waiting tasks of some projects in their order, each project's by an index: however many tasks there are, and
# however many wait, only so many rows of each project are looked at. {free} may leave out more, row by row.
WAITING = """
SELECT w.id FROM unnest(%(projects)s::bigint[]) AS p(id) CROSS JOIN LATERAL (
  SELECT t.id, t.review_rank FROM projects_task t
  WHERE t.project_id = p.id AND t.withheld = 'review'
    AND (%(batch)s::bigint IS NULL OR t.batch_id = %(batch)s::bigint)
    AND (%(only)s <> 'back' OR EXISTS (
      SELECT FROM projects_mistake m WHERE m.task_id = t.id AND m.state IN ('mended', 'kept', 'unanswered') OFFSET 0))
    AND (t.review_rank, t.id) > (coalesce((SELECT review_rank FROM projects_task WHERE id = %(after)s::bigint),
      '-Infinity'), %(after)s::bigint) {free}
  ORDER BY t.review_rank, t.id LIMIT %(number)s::int
) w ORDER BY w.review_rank, w.id LIMIT %(number)s::int
"""
LIST = WAITING.format(free="")
# Not what may still be corrected, or was sent back; not what another reviewer is at, nor what this one, or somebody
# they are kept apart from, judged or may still hand in.
NEXT = WAITING.format(
    free="""AND NOT EXISTS (
      SELECT FROM projects_assignment a WHERE a.task_id = t.id AND (
        a.kind || a.state = 'reviewheld' AND a.deadline >= clock_timestamp() AND a.tasker_id <> %(reviewer)s::bigint
        OR a.kind || a.state IN ('judgeheld', 'judgesubmitted') AND a.tasker_id = %(reviewer)s::bigint
        OR a.kind || a.state IN ('judgeheld', 'judgesubmitted', 'judgeexpired')
          AND a.tasker_id = ANY(%(partners)s::bigint[])) OFFSET 0)
    AND NOT EXISTS (
      SELECT FROM projects_assignment a JOIN projects_correctable c ON c.assignment_id = a.id
      WHERE a.task_id = t.id OFFSET 0)"""
)


def waiting_for_review(
    projects: Iterable[Project],
    *,
    after: Task | None = None,
    number: int = 50,
    batch: Batch | None = None,
    only: str = "",
) -> QuerySet[Task]:
    """The first tasks of these projects that wait for a reviewer: where a judgement tells most, then the oldest.

    `after` is one of them, to go on behind it; `batch` is the only one whose tasks come; of `only` "back" those that
    were sent back and came again.
    """
    terms = {"projects": [one.pk for one in projects], "after": after.pk if after else 0, "number": number}
    terms |= {"batch": batch.pk if batch else None, "only": only}
    rows = ask(LIST, terms)
    return Task.objects.filter(pk__in=[pk for (pk,) in rows]).order_by("review_rank", "pk")


@transaction.atomic
def claim_review(task: Task, reviewer: Person) -> Assignment:
    """The review of a task, held by this reviewer; asking again renews it. What they had drafted in one that they lost
    is in it.

    Also opens a decided task, for a second look. Raises OwnWork for whoever judged the task, PartnersWork where one
    they are kept apart from did, StillCorrectable while an answer is, NotPublished in a draft, and StateConflict while
    another reviewer has it. The caller has checked the role.
    """
    task = lock(task.pk)
    if task.project.state == Project.State.DRAFT:
        raise NotPublished()
    refuse_own_work(task, reviewer)
    if is_correctable(task):
        raise StillCorrectable()
    settings = task.project.settings_now()
    held = Assignment.objects.filter(task=task, kind="review", state="held")
    if held.filter(tasker=reviewer).update(deadline=from_now(settings.lease_seconds)):
        return held.select_related("task__project").get(tasker=reviewer)
    held.filter(deadline__lt=Clock()).update(state="expired", ended_at=Clock())
    other = held.select_related("tasker").first()
    if other is not None:
        raise StateConflict("%(tasker)s is reviewing this task.", code="under-review", tasker=other.tasker)
    made = Assignment.objects.create(
        task=task,
        batch_id=task.batch_id,
        kind="review",
        state="held",
        tasker=reviewer,
        token=uuid4(),
        held_at=Clock(),
        deadline=from_now(settings.lease_seconds),
        settings_version=settings.version,
    )
    drafts.take_over(made, reviewer)
    emit_of_task("review_claimed", task, reviewer, assignment=made.pk)
    return Assignment.objects.select_related("task__project").get(pk=made.pk)


def refuse_own_work(task: Task, reviewer: Person) -> None:
    """Raises OwnWork for whoever judged the task, or decided what a second reviewer is to look at; PartnersWork where
    somebody whom they are kept apart from judged it."""
    own = Assignment.objects.filter(task=task, tasker=reviewer, kind__in=["judge", "extra"])
    looks = SecondLook.objects.filter(task=task, state="open", reason="sample", verdict__decided_by=reviewer)
    looks = looks.filter(verdict__superseded_at=None)
    if own.filter(state__in=["held", "submitted"]).exists() or looks.exists():
        raise OwnWork()
    if _judged(task, _partners(reviewer, [task.project_id])):
        raise PartnersWork()


def next_review(
    projects: Iterable[Project], reviewer: Person, *, after: int = 0, batch: Batch | None = None, only: str = ""
) -> Task | None:
    """The next waiting task that this reviewer may decide and nobody else is at; another than `after`, if any. `batch`
    and `only` are those of `waiting_for_review`."""
    keys = [one.pk for one in projects]
    terms = {"projects": keys, "after": 0, "number": 2, "batch": batch.pk if batch else None, "only": only}
    terms |= {"reviewer": reviewer.pk, "partners": list(_partners(reviewer, keys))}
    found = [pk for (pk,) in ask(NEXT, terms)]
    pk = next((one for one in found if one != after), next(iter(found), None))
    return Task.objects.get(pk=pk) if pk else None


def first_reviewable(tasks: Iterable[Task], reviewer: Person) -> Task | None:
    """The first of these few that this reviewer may decide and nobody else is at."""
    for task in tasks:
        others = Assignment.objects.filter(task=task, kind="review", state="held", deadline__gte=Clock())
        if others.exclude(tasker=reviewer).exists():
            continue
        try:
            refuse_own_work(task, reviewer)
        except (OwnWork, PartnersWork):
            continue
        return task
    return None


def _partners(reviewer: Person, projects: Iterable[int]) -> set[int]:
    """Whom a reviewer is kept apart from."""
    either = Q(first=reviewer) | Q(second=reviewer)
    pairs = ConflictOfInterest.objects.filter(either, lifted_at=None, organization__projects__in=projects)
    return {key for pair in pairs.values_list("first", "second") for key in pair} - {reviewer.pk}


def _judged(task: Task, people: Iterable[int]) -> bool:
    """Whether any of them judged a task, holds it, or may still hand it in late."""
    states = ["held", "submitted", "expired"]
    return Assignment.objects.filter(task=task, tasker__in=people, kind="judge", state__in=states).exists()


def judges_of(subject: str, before: datetime) -> set[int]:
    """The keys of all who judged, reviewed or decided a task ("task:<public id>") by then, or said at any time what is
    right there; none where it is no task."""
    kind, _colon, key = subject.partition(":")
    try:
        public_id = UUID(key) if kind == "task" else None
    except ValueError:
        public_id = None
    if public_id is None:
        return set()
    of_task = Q(task__public_id=public_id, at__lte=before)
    decided = Verdict.objects.filter(of_task).exclude(decided_by=None)
    known = Gold.objects.filter(task__public_id=public_id).exclude(made_by=None)
    handed_in = Annotation.objects.filter(of_task)
    judges = {*handed_in.values_list("tasker", flat=True), *decided.values_list("decided_by", flat=True)}
    return judges | {*known.values_list("made_by", flat=True)}
