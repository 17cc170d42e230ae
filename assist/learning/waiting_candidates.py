"""Candidates of which the gate can't tell: they wait for work that is done without help, and while they wait more of it
is asked for.

One waits as long as its newest evaluation here says so, it is still there, doesn't answer, and nobody gave it up; for
some weeks at most.
"""

import logging
from collections.abc import Callable
from functools import partial

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from assist.learning import blind_verdicts
from assist.learning.drift import audits
from assist.learning.drift.audits import EVIDENCE, WAITS
from assist.learning.evaluation import NEWEST
from assist.models import Deployment, Evaluation, RaisedAudits
from projects.models import Project, VerdictEntry
from taskers.errors import StateConflict
from taskers.models import Person

LEAST_FRESH = 20  # tasks, before the same are looked at again
DONE, CANNOT_TELL = Evaluation.State.DONE, Evaluation.Outcome.CANNOT_TELL

log = logging.getLogger(__name__)


def waiting() -> QuerySet[Evaluation]:
    """The evaluations whose candidates wait for evidence, of live projects."""
    same = Evaluation.objects.filter(project=OuterRef("project"), candidate=OuterRef("candidate"))
    answers = Deployment.objects.live().filter(project=OuterRef("project"), version=OuterRef("candidate"))
    since = timezone.now() - WAITS
    rows = Evaluation.objects.filter(state=DONE, outcome=CANNOT_TELL, ended_at__gt=since, candidate__removed_at=None)
    rows = rows.filter(project__state=Project.State.LIVE)
    return rows.exclude(Exists(same.filter(pk__gt=OuterRef("pk"), state=DONE))).exclude(Exists(answers))


def asked_for(project: Project) -> RaisedAudits | None:
    """What is done without help for the sake of a candidate of a project."""
    rows = RaisedAudits.objects.filter(project=project, ended_at=None, why=EVIDENCE)
    return rows.select_related("evaluation__candidate").first()


def asked_for_by(evaluation: Evaluation) -> RaisedAudits | None:
    """The same, where it is for this evaluation's."""
    found = asked_for(evaluation.project) if evaluation.outcome == CANNOT_TELL else None
    return found if found and found.evaluation_id == evaluation.pk else None


def settle() -> int:
    """Raise the shares of audits and of work without the copilot where a candidate waits, and put back those of
    projects where none does any more; returns how many changed. What ended once isn't asked for again."""
    before = RaisedAudits.objects.filter(evaluation=OuterRef("pk"), ended_at__isnull=False)
    rows = waiting().exclude(Exists(before)).select_related("project").order_by("pk")
    newest = {one.project_id: one for one in rows}
    changed = sum(_tried(one.project, partial(audits.ask_for, one)) for one in newest.values())
    over = RaisedAudits.objects.filter(ended_at=None, why=EVIDENCE).exclude(project__in=newest)
    rest = [one.project for one in over.select_related("project")]
    return changed + sum(_tried(one, partial(audits.lower, one, by=None, why=EVIDENCE)) for one in rest)


def _tried(project: Project, change: Callable[[], bool]) -> bool:
    """Whether something changed; a project that can't be changed keeps no other waiting."""
    try:
        return change()
    except Exception:
        log.exception("The shares of %s couldn't be set.", project.public_id)
        return False


def give_up(evaluation: Evaluation, *, by: Person) -> None:
    """Wait for no evidence on a candidate any longer. Raises StateConflict where none is waited for."""
    if not waiting().filter(pk=evaluation.pk).exists() or given_up(evaluation):
        raise StateConflict("Nothing is waited for here.")
    audits.wait_no_more(evaluation, by=by)


def given_up(evaluation: Evaluation) -> bool:
    """Whether somebody said so."""
    return RaisedAudits.objects.filter(evaluation=evaluation, given_up_by__isnull=False).exists()


def missing(evaluation: Evaluation) -> int:
    """How many tasks decided without help its gate asked for."""
    return max([LEAST_FRESH, *(one["missing"] for one in evaluation.findings)])


def came(evaluation: Evaluation) -> bool:
    """Whether so many were decided since it began, of those that may judge these two models."""
    wanted = missing(evaluation)
    fresh = VerdictEntry.objects.filter(project=evaluation.project, label="", verdict__at__gte=evaluation.begun_at)
    if fresh.count() < wanted:
        return False
    project, two = evaluation.project, (evaluation.candidate, evaluation.champion)
    decided = blind_verdicts.unseen(project, two, blind_verdicts.newest(project, NEWEST))
    return sum(one.blind and one.entry.verdict.at >= evaluation.begun_at for one in decided) >= wanted
