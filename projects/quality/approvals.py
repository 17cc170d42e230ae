"""Answers that wait for a reviewer are paid after so many days though nobody looked, where a project says so. The only
writer of ReviewDeadline, ProposedDeadline and AwaitedReview.

Like everything that moves money by itself it needs two people: whoever manages the project asks for it, and somebody of
finance says yes. It pays neither of these two: their answers wait for a reviewer.

Since when a task waits is written down by a worker that comes round; so what waited before a project said so has all
its days before it. What is paid so is paid once, under the key of what is paid without a verdict, and a verdict that
comes later neither adds to it nor takes it back; only voiding the answer does.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from projects import queue
from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import Assignment, AwaitedReview, Project, ProposedDeadline, ReviewDeadline, Task, Verdict, limits
from projects.quality import effects
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from taskers.audit import trail
from taskers.database.prepared import ask
from taskers.errors import NotFound, StateConflict
from taskers.models import Person
from taskers.money.independence import check_two

PIECE = 500  # tasks that one turn pays

BEGIN = """
INSERT INTO projects_awaitedreview (task_key, project_id, since)
SELECT t.id, t.project_id, statement_timestamp() FROM projects_task t
JOIN projects_reviewdeadline d ON d.project_id = t.project_id
WHERE t.project_id = %(project)s::bigint AND t.withheld = 'review'
  AND NOT EXISTS (SELECT FROM projects_awaitedreview w WHERE w.task_key = t.id)
ORDER BY t.id FOR KEY SHARE OF d
ON CONFLICT DO NOTHING
RETURNING task_key
"""
# Each is looked up by its key: an empty text that is added keeps the index of all that waits out of it.
END = """
DELETE FROM projects_awaitedreview w WHERE w.project_id = %(project)s::bigint AND NOT EXISTS (
  SELECT FROM projects_task t WHERE t.id = w.task_key AND t.withheld || '' = 'review')
RETURNING w.task_key
"""
# An answer that came after the others were paid has its own days before it.
ANEW = """
UPDATE projects_awaitedreview w SET since = statement_timestamp(), approved_at = NULL
WHERE w.project_id = %(project)s::bigint AND w.approved_at IS NOT NULL AND EXISTS (
  SELECT FROM projects_assignment a WHERE a.task_id = w.task_key AND a.kind = 'judge' AND a.state = 'submitted'
    AND a.voided_at IS NULL AND a.ended_at > w.approved_at)
RETURNING w.task_key
"""


@transaction.atomic
def propose(project: Project, by: Person, days: int | None) -> ProposedDeadline | None:
    """Ask finance to pay what waits for a reviewer after so many days; or (None) let it wait as long as it takes, which
    holds at once and takes no second person, as fewer are paid by it. Raises Refused, also for a program: with one of
    their own somebody would be two."""
    if days is None:
        stop(project, by)
        return None
    if by.kind != Person.Kind.HUMAN:
        raise Refused("This takes the word of people, and a program is none.", code="not-a-person", place="days")
    limits.check("days", days, limits.REVIEW_DAYS, "bad-review-deadline")
    asked = ProposedDeadline.objects.filter(project=project)
    if ReviewDeadline.objects.filter(project=project, days=days, approved_by__isnull=False).exists():
        asked.delete()
        return None
    if same := asked.filter(days=days).first():
        return same
    said = {"days": days, "made_by": by, "made_at": Now()}
    made, _new = ProposedDeadline.objects.update_or_create(project=project, defaults=said)
    tell("review_deadline_proposed", project, by, days=days)
    return made


@transaction.atomic
def agree(project: Project, by: Person, *, days: int) -> ReviewDeadline:
    """A second person, of finance, says yes to so many days: it holds from now on. Raises StateConflict, also where
    another number is asked for by now, or what `check_two` does."""
    asked = _take(project)
    if asked.days != days:
        raise StateConflict("Another number of days is asked for by now: look at it once more.")
    check_two(asked.made_by, by)
    rows = ReviewDeadline.objects.filter(project=project)
    before = rows.select_for_update().values_list("days", flat=True).first()
    if before is None:
        AwaitedReview.objects.filter(project=project, approved_at=None).update(since=Now())
    said = {"days": asked.days, "changed_by": asked.made_by, "changed_at": Now(), "approved_by": by}
    made, _new = ReviewDeadline.objects.update_or_create(project=project, defaults=said)
    _record(project, by, before, asked.days, asked.made_by)
    return made


@transaction.atomic
def decline(project: Project, by: Person) -> None:
    """Say no to what is asked; what held before goes on. Raises StateConflict where nothing is."""
    asked = _take(project)
    tell("review_deadline_declined", project, by, days=asked.days)


@transaction.atomic
def stop(project: Project, by: Person) -> None:
    """Let what waits for a reviewer wait as long as it takes, from now on; nothing is asked of finance any more."""
    for asked in ProposedDeadline.objects.filter(project=project).select_for_update():
        asked.delete()
        tell("review_deadline_declined", project, by, days=asked.days)
    rows = ReviewDeadline.objects.filter(project=project)
    before = rows.select_for_update().values_list("days", flat=True).first()
    if before is None:
        return
    rows.delete()
    # What was paid is still no longer owed, until the task waits no more.
    AwaitedReview.objects.filter(project=project, paid=0).delete()
    _record(project, by, before, None, None)


def _take(project: Project) -> ProposedDeadline:
    asked = ProposedDeadline.objects.filter(project=project).select_for_update().select_related("made_by").first()
    if asked is None:
        raise StateConflict("Nothing is asked any more; nothing was changed.")
    ProposedDeadline.objects.filter(pk=asked.pk).delete()
    return asked


def _record(project: Project, by: Person, before: int | None, after: int | None, asked_by: Person | None) -> None:
    """Who changed it from what to what, in the audit trail and for all who read along."""
    detail = {"project": str(project.public_id), "before": before, "after": after}
    if asked_by is not None:
        detail["proposed_by"] = asked_by.email
    trail.record(
        trail.Kind.PAY_CHANGED, organization=project.organization, actor=by, subject=project.name, detail=detail
    )
    tell("review_deadline_changed", project, by)


def look(now: datetime | None = None) -> int:
    """Write down what has come to wait, forget what waits no more, and pay what has waited long enough; for how many
    tasks something was paid. Another worker at the same time pays nothing twice."""
    now, paid = now or timezone.now(), 0
    without = AwaitedReview.objects.filter(project__review_deadline=None)
    for project in without.values_list("project", flat=True).distinct():
        ask(END, {"project": project})
    for deadline in ReviewDeadline.objects.order_by("project"):
        for statement in (END, ANEW, BEGIN):
            ask(statement, {"project": deadline.project_id})
        due = AwaitedReview.objects.filter(
            project=deadline.project_id, approved_at=None, since__lte=now - timedelta(days=deadline.days)
        )
        for key in list(due.order_by("since", "pk").values_list("pk", flat=True)[:PIECE]):
            paid += approve(key, now)
    return paid


@transaction.atomic
def approve(task_key: int, now: datetime) -> bool:
    """Pay the answers to a task that has waited long enough. Does nothing while a reviewer is at it, an answer may
    still be corrected, or where it was decided, voided or paid at this very moment: whoever has its lock first."""
    try:
        task = queue.lock(task_key)
    except NotFound:
        return False
    looks = Assignment.objects.filter(task=task, kind="review", state="held", deadline__gte=Clock())
    if task.withheld != Task.Withheld.REVIEW or looks.exists() or queue.is_correctable(task):
        return False
    deadline = ReviewDeadline.objects.filter(project=task.project_id).first()
    if deadline is None or Verdict.objects.current().filter(task=task).exists():
        return False
    waited = Q(pk=task_key, approved_at=None, since__lte=now - timedelta(days=deadline.days))
    if not AwaitedReview.objects.filter(waited).update(approved_at=Clock()):
        return False
    number = effects.pay_undecided(task, approved=True, without=_two_of(deadline))
    if number:
        AwaitedReview.objects.filter(pk=task_key).update(paid=F("paid") + number)
        emit_of_task("approved_unreviewed", task, None, answers=number, days=deadline.days)
    return bool(number)


def _two_of(deadline: ReviewDeadline) -> set[int]:
    """Who gain nothing by it: both who said so, as with bonuses by rule."""
    return {one for one in (deadline.changed_by_id, deadline.approved_by_id) if one}


def waiting(project: Project) -> tuple[int, int]:
    """How many tasks wait with a day on which they are paid, and for how many somebody was."""
    rows = AwaitedReview.objects.filter(project=project)
    return rows.filter(approved_at=None).count(), rows.filter(paid__gt=0).count()
