"""Candidates of which the gate can't tell: they wait for work that is done without help, and while they wait more of it
is asked for.

One waits as long as its newest evaluation here says so, it is still there, doesn't answer, nobody gave it up, and the
round goes on where a plan made it; for some weeks at most, from when the gate first couldn't tell of it. One that may
suggest waits as well where it can't be told whether it may decide alone, if it is an annotator that doesn't yet and
more work would tell: unless every rule that is open lacks tasks, none of them helps.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from assist.learning import blind_verdicts
from assist.learning.drift import audits
from assist.learning.drift.audits import EVIDENCE
from assist.models import AnnotatorVersion, Deployment, Evaluation, PlanRound, RaisedAudits
from assist.registry import resolution
from projects.models import ModelAnnotator, Project
from taskers.errors import StateConflict
from taskers.models import Person

WAITS = timedelta(days=42)  # at most
LEAST_FRESH = 20  # tasks, before the same are looked at again
DONE, CANNOT_TELL = Evaluation.State.DONE, Evaluation.Outcome.CANNOT_TELL
SUGGEST, DECIDE = Q(outcome=CANNOT_TELL), Q(outcome=Evaluation.Outcome.PASSED, alone=CANNOT_TELL)
MODE = ModelAnnotator.Mode
LIVE = Project.State.LIVE

log = logging.getLogger(__name__)


def waiting() -> QuerySet[Evaluation]:
    """The evaluations whose candidates wait for evidence, in projects that are live or paused."""
    late, here = timezone.now() - WAITS, {"project": OuterRef("project")}
    same = Evaluation.objects.filter(**here, candidate=OuterRef("candidate"), state=DONE)
    of_it = {"evaluation__candidate": OuterRef("candidate"), "given_up_by__isnull": False}
    rows = Evaluation.objects.filter(state=DONE, ended_at__gt=late, candidate__removed_at=None)
    rows = rows.filter(project__state__in=[LIVE, Project.State.PAUSED])
    rows = rows.exclude(Exists(same.filter(pk__gt=OuterRef("pk"))))
    rows = rows.exclude(Exists(RaisedAudits.objects.filter(**here, **of_it)))
    to_suggest = (
        same.filter(SUGGEST, ended_at__lte=late),
        Deployment.objects.live().filter(**here, version=OuterRef("candidate")),
        PlanRound.objects.filter(
            plan__project=OuterRef("project"),
            run__version=OuterRef("candidate"),
            ended_at__isnull=False,
            evaluation_id__gte=OuterRef("pk"),
        ),
    )
    mine = AnnotatorVersion.objects.filter(annotator__project=OuterRef("project"), version=OuterRef("candidate"))
    placed = Exists(mine.filter(annotator__mode__in=[MODE.WATCH, MODE.COUNT]))
    to_decide = DECIDE & ~Q(rulings__contains=[{"outcome": CANNOT_TELL, "missing": 0}]) & Q(placed)
    over = Q(*(~Exists(why) for why in to_suggest))
    return rows.filter((SUGGEST & over) | (to_decide & Q(~Exists(same.filter(DECIDE, ended_at__lte=late)))))


def since(evaluation: Evaluation) -> datetime:
    """When the gate first couldn't tell of its candidate here: whether it may suggest, or else decide."""
    rows = Evaluation.objects.filter(project=evaluation.project_id, candidate=evaluation.candidate_id, state=DONE)
    why = SUGGEST if evaluation.outcome == CANNOT_TELL else DECIDE
    first = rows.filter(why).aggregate(first=Min("ended_at"))["first"]
    return first or timezone.now()


def asked_for(project: Project) -> RaisedAudits | None:
    """What is done without help for the sake of a candidate of a project."""
    rows = RaisedAudits.objects.filter(project=project, ended_at=None, why=EVIDENCE)
    return rows.select_related("evaluation__candidate").first()


def asked_for_by(evaluation: Evaluation) -> RaisedAudits | None:
    """The same, where it is for this evaluation's."""
    waits = CANNOT_TELL in (evaluation.outcome, evaluation.alone)
    found = asked_for(evaluation.project) if waits else None
    return found if found and found.evaluation_id == evaluation.pk else None


def settle() -> int:
    """Raise the share of work without the copilot where a candidate waits, and put it back in projects where none does
    any more; returns how many changed. The newest of a project's is asked for; that of a paused one stays as it
    is."""
    rows = waiting().select_related("project", "candidate", "champion").order_by("pk")
    newest = {one.project_id: one for one in rows if _stands(one)}
    over = RaisedAudits.objects.filter(ended_at=None, why=EVIDENCE).exclude(project__in=newest)
    rest = [one.project for one in over.select_related("project")]
    lowered = sum(_tried(one, partial(audits.lower, one, by=None, why=EVIDENCE)) for one in rest)
    live = [one for one in newest.values() if one.project.state == LIVE]
    return lowered + sum(_tried(one.project, partial(audits.ask_for, one, until=since(one) + WAITS)) for one in live)


def _stands(evaluation: Evaluation) -> bool:
    """Whether what answers there is still what its candidate was compared with."""
    now = resolution.champion(evaluation.project, evaluation.candidate.capability)
    if now is not None:
        return now == evaluation.champion
    theirs = Deployment.objects.filter(project=evaluation.project, version=evaluation.champion)
    return not theirs.filter(ended_at__gt=evaluation.begun_at).exists()


def _tried(project: Project, change: Callable[[], bool]) -> bool:
    """Whether something changed; a project that can't be changed keeps no other waiting."""
    try:
        return change()
    except Exception:
        log.exception("The share of %s couldn't be set.", project.public_id)
        return False


def give_up(evaluation: Evaluation, *, by: Person) -> None:
    """Wait for no evidence on a candidate any longer, whichever evaluation of it is the newest. Raises StateConflict
    where none is waited for."""
    if not waiting().filter(project=evaluation.project_id, candidate=evaluation.candidate_id).exists():
        raise StateConflict("Nothing is waited for here.")
    audits.wait_no_more(evaluation, by=by)


def missing(evaluation: Evaluation) -> int:
    """How many tasks decided without help its gate asked for."""
    return max([LEAST_FRESH, *(one["missing"] for one in evaluation.findings)])


def came(evaluation: Evaluation) -> bool:
    """Whether so many were decided since it began, of those that may judge these two models."""
    two = (evaluation.candidate, evaluation.champion)
    return blind_verdicts.judges_reached(evaluation.project, two, evaluation.begun_at, missing(evaluation))
