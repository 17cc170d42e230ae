"""Taking a tasker's work back: what they hold now, and what they handed in that nothing rests on yet."""

from datetime import datetime

from django.db import transaction
from procrastinate.contrib.django import app

from projects import queue
from projects.errors import Refused
from projects.models import Assignment, Exclusion, Project, Verdict
from projects.quality import consensus, effects
from projects.workflow.batch_closing import refuse_if_over
from projects.workflow.task_actions import refuse_if_known
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Organization, Person

PIECE = 200


def keep_out(
    tasker: Person,
    kind: str,
    *,
    reason: str,
    by: Person,
    project: Project | None = None,
    organization: Organization | None = None,
    until: datetime | None = None,
) -> Exclusion:
    """Pause, block or ban somebody. A ban takes what they hold, and a job voids what nothing rests on yet."""
    if kind != Exclusion.Kind.BANNED:
        where = {"project": project, "organization": organization}
        return rules.exclude(tasker, reason=reason, by=by, kind=kind, until=until, **where)  # type: ignore[arg-type]
    made = ban(tasker, reason=reason, by=by, project=project, organization=organization)
    app.configure_task(rules.VOID_WORK, queue="queue").defer(exclusion_key=made.pk)
    return made


def ban(
    tasker: Person,
    *,
    reason: str,
    by: Person,
    project: Project | None = None,
    organization: Organization | None = None,
) -> Exclusion:
    """Keep somebody out for good and take what they hold out of their hands. `void_work` takes back the rest."""
    made = rules.exclude(
        tasker, reason=reason, by=by, project=project, organization=organization, kind=Exclusion.Kind.BANNED
    )
    for held in _theirs(made).filter(state="held").select_related("task__project"):
        try:
            queue.force_release(held, by=by)
        except StateConflict:
            continue  # handed in, or run out, at this very moment
    return made


def void_work(exclusion: Exclusion, *, by: Person, after: int = 0, piece: int = PIECE) -> int | None:
    """Void the next of a banned tasker's judgements on undecided tasks; others are asked instead.

    Verdicts that stand are left: re-judging is a decision of its own. Returns where to go on (`after`), or None at the
    end. Each is a transaction of its own, so that nobody waits, and doing it again voids nothing twice.
    """
    rows = _theirs(exclusion).filter(kind="judge", state="submitted", voided_at=None, pk__gt=after)
    undecided = rows.exclude(task__in=Verdict.objects.current().values("task"))
    some = list(undecided.select_related("task__project").order_by("pk")[:piece])
    for one in some:
        _void(one, f"Banned: {exclusion.reason}", by)
    return some[-1].pk if some else None


@transaction.atomic
def rework(assignment: Assignment, reason: str, *, by: Person) -> None:
    """Void one judgement and have somebody else do it again; a decided task is opened for it. What it was paid is taken
    back: whoever does it again is paid for it.

    Raises StateConflict when it isn't submitted or is void already, when its batch is over or its verdict is in use as
    a known answer; Refused for no reason, or for what isn't a judgement.
    """
    if not reason.strip():
        raise Refused("Say why; it is kept with the answer.", code="no-reason", place="reason")
    if assignment.kind != Assignment.Kind.JUDGE:
        raise Refused("Only judgements are done again by somebody else.", code="not-a-judgement", place="judgement")
    task = queue.lock(assignment.task_id)
    refuse_if_over(task)
    refuse_if_known(task)
    queue.void(assignment, reason.strip(), by=by)
    effects.take_back(assignment)
    if Verdict.objects.current().filter(task=task).exists():
        consensus.reopen(task, by=by)


@transaction.atomic
def _void(assignment: Assignment, reason: str, by: Person) -> None:
    task = queue.lock(assignment.task_id)
    if Verdict.objects.current().filter(task=task).exists():
        return
    if Assignment.objects.filter(pk=assignment.pk, state="submitted", voided_at=None).exists():
        queue.void(assignment, reason, by=by)
        effects.take_back(assignment, promised=False)


def _theirs(exclusion: Exclusion):
    rows = Assignment.objects.filter(tasker=exclusion.tasker)
    if exclusion.project_id:
        return rows.filter(batch__project=exclusion.project_id)
    return rows.filter(batch__project__organization=exclusion.organization_id)
