"""More work without a model's help for some time: where something changed, audits tell whether it is any worse; where a
candidate waits for evidence, audits and work without the copilot bring it. The only writer of RaisedAudits.

The shares are settings of the project like any other: its history says when they rose and when they went back. Whoever
sets one meanwhile has the last word. No model is touched.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from assist.models import Evaluation, RaisedAudits
from projects.configuration import configure
from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import Project
from taskers.models import Person

CAP = 0.2  # of what is decided, and of work without the copilot: nothing raises them beyond
LASTS = timedelta(days=14)  # after an alarm
WAITS = timedelta(days=42)  # for evidence, at most
RAISED, LOWERED = "audits_raised", "audits_lowered"
DRIFT, EVIDENCE = RaisedAudits.Why.DRIFT, RaisedAudits.Why.EVIDENCE


def raised(project: Project, why: str = DRIFT) -> RaisedAudits | None:
    """The stretch that a project is in; None as well once somebody has set the share otherwise."""
    return _open(project).filter(why=why, share=project.settings_now().audit_share).first()


@transaction.atomic
def raise_for(project: Project) -> RaisedAudits | None:
    """Raise a project's share of audits to the cap for two weeks from now; None where it is as high anyway."""
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    until, stretch = timezone.now() + LASTS, raised(project)
    if stretch is not None:
        RaisedAudits.objects.filter(pk=stretch.pk).update(until=until)
        stretch.refresh_from_db()
        return stretch
    _open(project).filter(why=DRIFT).update(ended_at=timezone.now())
    before = _chosen(project)["audit_share"]
    if before >= CAP or not _set(project, {"audit_share": CAP}, None):
        return None
    tell(RAISED, project, None, before=before, share=CAP, until=until.isoformat())
    return RaisedAudits.objects.create(project=project, before=before, share=CAP, until=until)


@transaction.atomic
def ask_for(evaluation: Evaluation) -> bool:
    """Raise the shares of audits and of work without the copilot to the cap while a candidate waits; whether that began
    just now. One that waits already hands over to the newer one."""
    project, until = evaluation.project, (evaluation.ended_at or timezone.now()) + WAITS
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    known = _open(project).filter(why=EVIDENCE)
    if known.exists():
        known.exclude(evaluation=evaluation).update(evaluation=evaluation, until=until)
        return False
    before, now = _chosen(project), project.settings_now()
    wanted = {name: max(share, CAP) for name, share in before.items() if name == "audit_share" or now.copilot}
    more = {name: share for name, share in wanted.items() if getattr(now, name) < share}
    if more and not _set(project, more, None):
        return False
    RaisedAudits.objects.create(
        project=project,
        why=EVIDENCE,
        evaluation=evaluation,
        before=before["audit_share"],
        share=wanted["audit_share"],
        control_before=before["control_share"],
        control_share=wanted.get("control_share", before["control_share"]),
        until=until,
    )
    tell(RAISED, project, None, before=before["audit_share"], share=wanted["audit_share"], until=until.isoformat())
    return True


@transaction.atomic
def lower(project: Project, *, by: Person | None, why: str = DRIFT) -> bool:
    """Back to what it was, unless somebody set it otherwise since or another reason keeps it up; whether the stretch is
    over now. One whose settings can't be saved goes on."""
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    stretch = _open(project).filter(why=why).first()
    if stretch is None:
        return False
    now, others = project.settings_now(), list(_open(project).exclude(why=why))
    back = {
        name: before
        for name, (before, share) in stretch.shares.items()
        if share > before and getattr(now, name) == share
        if not any(one.shares[name][1] == share > one.shares[name][0] for one in others)
    }
    if back and not _set(project, back, by):
        return False
    RaisedAudits.objects.filter(pk=stretch.pk).update(ended_at=timezone.now())
    tell(LOWERED, project, by, share=project.settings_now().audit_share)
    return True


@transaction.atomic
def wait_no_more(evaluation: Evaluation, *, by: Person) -> None:
    """Somebody gave the candidate up: that stays written down, and the shares go back where it was what they were
    raised for."""
    rows = RaisedAudits.objects.filter(evaluation=evaluation, ended_at=None)
    if rows.update(given_up_by=by):
        lower(evaluation.project, by=by, why=EVIDENCE)
        return
    before, ended = _chosen(evaluation.project), timezone.now()
    audits = {"before": before["audit_share"], "share": before["audit_share"]}
    control = {"control_before": before["control_share"], "control_share": before["control_share"]}
    told = {"until": ended, "ended_at": ended, "given_up_by": by}
    RaisedAudits.objects.create(
        project=evaluation.project, why=EVIDENCE, evaluation=evaluation, **audits, **control, **told
    )


def lower_due() -> int:
    """End the stretches whose time is over; returns how many."""
    due = RaisedAudits.objects.filter(ended_at=None, until__lte=timezone.now()).select_related("project")
    return sum(lower(one.project, by=None, why=one.why) for one in due)


def _open(project: Project) -> QuerySet[RaisedAudits]:
    return RaisedAudits.objects.filter(project=project, ended_at=None).order_by("pk")


def _chosen(project: Project) -> dict[str, float]:
    """The shares that people chose: what a stretch goes back to, where it still stands."""
    now, stretches = project.settings_now(), list(_open(project))
    return {
        name: next(
            (one.shares[name][0] for one in stretches if one.shares[name][1] == share > one.shares[name][0]), share
        )
        for name, share in (("audit_share", now.audit_share), ("control_share", now.control_share))
    }


def _set(project: Project, shares: Mapping[str, Any], by: Person | None) -> bool:
    """Whether they could be set: settings of old that nobody could save as they are today are left alone."""
    try:
        with transaction.atomic():
            configure.change(project, by, **shares)
            return True
    except Refused:
        return False
