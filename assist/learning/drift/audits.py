"""More work without a model's help for some time: where something changed, audits tell whether it is any worse; where a
candidate waits for evidence, work without the copilot brings it. The only writer of RaisedAudits.

Each reason raises a setting of its own, a setting of the project like any other: its history says when it rose and when
it went back. Whoever sets it meanwhile has the last word. No model is touched.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from assist.models import Evaluation, RaisedAudits
from projects.configuration import configure
from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import Project
from taskers.models import Person

CAP = 0.2  # of what is decided, or of work without the copilot: nothing raises it beyond
LASTS = timedelta(days=14)  # after an alarm
DRIFT, EVIDENCE = RaisedAudits.Why.DRIFT, RaisedAudits.Why.EVIDENCE
RAISED, LOWERED = "audits_raised", "audits_lowered"
CONTROL_RAISED, CONTROL_LOWERED = "control_raised", "control_lowered"


class Raises(NamedTuple):
    """Which setting a reason raises, and the kinds of events that tell of it."""

    setting: str
    up: str
    down: str


OF: Mapping[str, Raises] = {
    DRIFT: Raises("audit_share", RAISED, LOWERED),
    EVIDENCE: Raises("control_share", CONTROL_RAISED, CONTROL_LOWERED),
}


def raised(project: Project, why: str = DRIFT) -> RaisedAudits | None:
    """The stretch that a project is in; None as well once somebody has set the share otherwise."""
    return _open(project, why).filter(share=_share(project, why)).first()


@transaction.atomic
def raise_for(project: Project) -> RaisedAudits | None:
    """Raise a project's share of audits to the cap for two weeks from now; None where it is as high anyway."""
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    until, stretch = timezone.now() + LASTS, raised(project)
    if stretch is not None:
        RaisedAudits.objects.filter(pk=stretch.pk).update(until=until)
        stretch.refresh_from_db()
        return stretch
    _open(project, DRIFT).update(ended_at=timezone.now())
    return _raised(project, DRIFT, until)


@transaction.atomic
def ask_for(evaluation: Evaluation, *, until: datetime) -> bool:
    """Raise the share of work without the copilot to the cap while a candidate waits; whether that began just now. One
    that waits already hands over to the newer one. Where the copilot is off all of the work is done without it."""
    project = evaluation.project
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if given_up(evaluation):
        return False
    known = _open(project, EVIDENCE)
    if known.exists():
        other = known.filter(given_up_by=None).exclude(evaluation=evaluation, until=until)
        other.update(evaluation=evaluation, until=until)
        return False
    return project.settings_now().copilot and _raised(project, EVIDENCE, until, evaluation) is not None


@transaction.atomic
def lower(project: Project, *, by: Person | None, why: str = DRIFT) -> bool:
    """Back to what it was, unless somebody set it otherwise since; whether the stretch is over now. One whose settings
    can't be saved goes on."""
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    stretch = _open(project, why).first()
    if stretch is None:
        return False
    back = {OF[why].setting: stretch.before}
    if _share(project, why) == stretch.share and not _set(project, back, by):
        return False
    RaisedAudits.objects.filter(pk=stretch.pk).update(ended_at=timezone.now())
    tell(OF[why].down, project, by, share=_share(project, why))
    return True


@transaction.atomic
def wait_no_more(evaluation: Evaluation, *, by: Person) -> None:
    """Somebody gave the candidate up: that stays written down, whichever evaluation of it is the newest, and the share
    goes back where it was what it was raised for."""
    project, ended = evaluation.project, timezone.now()
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if _open(project, EVIDENCE).filter(evaluation__candidate=evaluation.candidate_id).update(given_up_by=by):
        lower(project, by=by, why=EVIDENCE)
        return
    share = _share(project, EVIDENCE)
    told = {"until": ended, "ended_at": ended, "given_up_by": by}
    RaisedAudits.objects.create(project=project, why=EVIDENCE, evaluation=evaluation, before=share, share=share, **told)


def given_up(evaluation: Evaluation) -> bool:
    """Whether somebody said that its candidate isn't waited for any longer in this project."""
    rows = RaisedAudits.objects.filter(project=evaluation.project_id, evaluation__candidate=evaluation.candidate_id)
    return rows.filter(given_up_by__isnull=False).exists()


def lower_due() -> int:
    """End the stretches whose time is over; returns how many."""
    due = RaisedAudits.objects.filter(ended_at=None, until__lte=timezone.now()).select_related("project")
    return sum(lower(one.project, by=None, why=one.why) for one in due)


def _open(project: Project, why: str) -> QuerySet[RaisedAudits]:
    return RaisedAudits.objects.filter(project=project, why=why, ended_at=None)


def _share(project: Project, why: str) -> float:
    """As it is set now."""
    return float(getattr(project.settings_now(), OF[why].setting))


def _raised(project: Project, why: str, until: datetime, evaluation: Evaluation | None = None) -> RaisedAudits | None:
    """A stretch that begins now; None where the share is as high anyway, or can't be set."""
    before = _share(project, why)
    if before >= CAP or not _set(project, {OF[why].setting: CAP}, None):
        return None
    tell(OF[why].up, project, None, before=before, share=CAP, until=until.isoformat())
    return RaisedAudits.objects.create(
        project=project, why=why, evaluation=evaluation, before=before, share=CAP, until=until
    )


def _set(project: Project, shares: Mapping[str, Any], by: Person | None) -> bool:
    """Whether they could be set: settings of old that nobody could save as they are today are left alone."""
    try:
        with transaction.atomic():
            configure.change(project, by, **shares)
            return True
    except Refused:
        return False
