"""More audits for some time, where something changed: they tell whether it is any worse. The only writer of
RaisedAudits.

The share is a setting of the project like any other: its history says when it rose and when it went back. Whoever sets
it meanwhile has the last word. No model is touched.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from assist.models import RaisedAudits
from projects.configuration import configure
from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import Project
from taskers.models import Person

CAP = 0.2  # of what is decided: no alarm raises it beyond
LASTS = timedelta(days=14)
RAISED, LOWERED = "audits_raised", "audits_lowered"


def raised(project: Project) -> RaisedAudits | None:
    """The stretch that a project is in; None as well once somebody has set the share otherwise."""
    return _open(project).filter(share=project.settings_now().audit_share).first()


@transaction.atomic
def raise_for(project: Project) -> RaisedAudits | None:
    """Raise a project's share of audits to the cap for two weeks from now; None where it is as high anyway."""
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    until, stretch = timezone.now() + LASTS, raised(project)
    if stretch is not None:
        RaisedAudits.objects.filter(pk=stretch.pk).update(until=until)
        stretch.refresh_from_db()
        return stretch
    _open(project).update(ended_at=timezone.now())
    before = project.settings_now().audit_share
    if before >= CAP or not _set(project, CAP, None):
        return None
    tell(RAISED, project, None, before=before, share=CAP, until=until.isoformat())
    return RaisedAudits.objects.create(project=project, before=before, share=CAP, until=until)


@transaction.atomic
def lower(project: Project, *, by: Person | None) -> bool:
    """Back to what it was, unless somebody set it otherwise since; whether the stretch is over now. One whose settings
    can't be saved goes on."""
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    stretch = raised(project)
    if stretch is not None and not _set(project, stretch.before, by):
        return False
    if not _open(project).update(ended_at=timezone.now()):
        return False
    tell(LOWERED, project, by, share=project.settings_now().audit_share)
    return True


def lower_due() -> int:
    """End the stretches whose time is over; returns how many."""
    due = RaisedAudits.objects.filter(ended_at=None, until__lte=timezone.now()).select_related("project")
    return sum(lower(one.project, by=None) for one in due)


def _open(project: Project) -> QuerySet[RaisedAudits]:
    return RaisedAudits.objects.filter(project=project, ended_at=None)


def _set(project: Project, share: float, by: Person | None) -> bool:
    """Whether it could be set: settings of old that nobody could save as they are today are left alone."""
    try:
        with transaction.atomic():
            configure.change(project, by, audit_share=share)
            return True
    except Refused:
        return False
