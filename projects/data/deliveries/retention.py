"""How long the files of deliveries are kept. When that is over the file goes; the delivery's record, manifest and
differences stay, so that what was handed out can still be told, and the next delivery is compared with it.

What went to a folder or a bucket is no longer ours to remove.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from projects.models import Delivery, DeliveryFileGone, DeliveryTerm, Project, limits
from taskers.audit import trail
from taskers.audit.trail import Kind
from taskers.errors import Problem
from taskers.models import Organization, Person
from taskers.outbox.events import emit

logger = logging.getLogger(__name__)

AGAIN = timedelta(days=3)  # for so long after it was removed a file is removed once more
GRACE = timedelta(days=1)  # after a term was changed, so that a slip costs no file


class Expired(Problem):
    """The file of this delivery was removed when its time was over; its manifest stays. Order a new one."""

    code = "delivery-expired"
    status = 410


class Term(NamedTuple):
    """How long: so many days, or for ever; said by whom, and since when."""

    days: int | None = None
    said_by: str | None = None  # PROJECT, ORGANIZATION, or nobody
    since: datetime | None = None


FOR_EVER = Term()
PROJECT, ORGANIZATION = "project", "organization"


def term_of(project: Project) -> Term:
    """What a project says, else its organization."""
    return _terms(project.organization_id, [project.pk])[project.pk]


def of_organization(organization: Organization) -> Term:
    """What an organization says for projects that say nothing."""
    found = DeliveryTerm.objects.filter(organization=organization, project=None).first()
    return Term(found.days, ORGANIZATION, found.changed_at) if found else FOR_EVER


def of_projects(organization: Organization) -> QuerySet[DeliveryTerm]:
    """What projects of an organization say themselves, by their names."""
    rows = DeliveryTerm.objects.filter(organization=organization, project__isnull=False)
    return rows.select_related("project").order_by("project__name", "pk")


def _terms(organization: int, projects: Sequence[int]) -> dict[int, Term]:
    rows = DeliveryTerm.objects.filter(Q(project=None) | Q(project__in=projects), organization=organization)
    said = {one.project_id: one for one in rows}
    found = {}
    for key in projects:
        one = said.get(key) or said.get(None)
        found[key] = Term(one.days, PROJECT if key in said else ORGANIZATION, one.changed_at) if one else FOR_EVER
    return found


@transaction.atomic
def keep(project: Project, days: int | None, *, by: Person) -> Term:
    """Keep the files of a project's deliveries for so many days, or for ever. Raises Refused."""
    _say(project.organization, project, days, by)
    return term_of(project)


@transaction.atomic
def keep_all(organization: Organization, days: int | None, *, by: Person) -> Term:
    """The same for all projects of an organization that say nothing themselves. Raises Refused."""
    _say(organization, None, days, by)
    return of_organization(organization)


def _say(organization: Organization, project: Project | None, days: int | None, by: Person) -> None:
    if days is not None:
        limits.check("days", days, limits.DELIVERY_DAYS, "bad-days")
    _alone(organization.pk)
    before = DeliveryTerm.objects.filter(organization=organization, project=project).first()
    if before is not None and before.days == days:
        return  # whoever says it each night doesn't put every end off
    now = {"days": days, "changed_at": Now()}
    DeliveryTerm.objects.update_or_create(organization=organization, project=project, defaults=now)
    emit(
        "delivery_term_changed",
        organization_id=organization.pk,
        actor_id=by.pk,
        project_key=project.public_id if project else None,
        subject=f"project:{project.public_id}" if project else f"organization:{organization.public_id}",
        days=days,
    )
    detail = {"days": days, "project": str(project.public_id) if project else None}
    trail.record(Kind.DELIVERIES_KEPT, organization=organization, actor=by, detail=detail)


def _alone(organization: int) -> None:
    """Nobody else says how long files are kept, or removes any of them, until the transaction ends."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization)


def expires_at(one: Delivery, term: Term) -> datetime | None:
    """When the file of a delivery is removed, on a term; None for never, or where there is no file of ours."""
    if not one.file or one.ended_at is None or term.days is None or term.since is None:
        return None
    return max(one.ended_at + timedelta(days=term.days), term.since + GRACE)


def removed_at(one: Delivery) -> datetime | None:
    """When it was removed."""
    gone: DeliveryFileGone | None = getattr(one, "file_gone", None)
    return gone.at if gone else None


def is_expired(one: Delivery) -> bool:
    """Whether the time of its file is over, swept or not."""
    end = expires_at(one, term_of(one.project))
    return removed_at(one) is not None or (end is not None and end <= timezone.now())


def see_that_it_is_kept(one: Delivery) -> None:
    """Raises Expired where it isn't."""
    if is_expired(one):
        raise Expired()


def sweep() -> int:
    """Remove the files whose time is over; returns how many. That one goes is written down before it does: where that
    was cut off, or the disk didn't let it go, it is removed by one of the next nights' sweeps."""
    lately = DeliveryFileGone.objects.filter(at__gt=Now() - AGAIN)
    for name in list(lately.values_list("delivery__file", flat=True)):
        _delete(name)
    gone = 0
    for organization in DeliveryTerm.objects.exclude(days=None).values_list("organization", flat=True).distinct():
        for one in _due(organization):
            if _written_down(one):
                _delete(one.file)
                gone += 1
    return gone


def _delete(name: str) -> None:
    try:
        default_storage.delete(name)
    except OSError as problem:  # one file keeps nobody from the rest of the night's work
        logger.warning("The file %s of a delivery stays: %s", name, problem)


@transaction.atomic
def _written_down(one: Delivery) -> bool:
    """Whether its file goes, which is so from now on: its term may have changed since it was found."""
    _alone(one.project.organization_id)
    end = expires_at(one, term_of(one.project))
    if end is None or end > timezone.now():
        return False
    _gone, is_new = DeliveryFileGone.objects.get_or_create(delivery=one)
    if is_new:
        emit(
            "delivery_file_removed",
            organization_id=one.project.organization_id,
            actor_id=None,
            project_key=one.project.public_id,
            subject=f"delivery:{one.public_id}",
            delivery=one.pk,
        )
    return is_new


def _due(organization: int) -> Iterator[Delivery]:
    """Those of an organization whose time is over and whose files are there."""
    rows = Delivery.objects.filter(project__organization=organization, state=Delivery.State.DONE, file_gone=None)
    rows = rows.exclude(file="").select_related("project")
    terms = _terms(organization, list(rows.values_list("project", flat=True).distinct()))
    now = timezone.now()
    for one in rows.order_by("pk").iterator():
        end = expires_at(one, terms[one.project_id])
        if end is not None and end <= now:
            yield one
