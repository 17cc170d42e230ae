"""On whose verdicts a model rests, and whether others may still use it."""

from django.db import connection
from django.db.models.expressions import RawSQL

from assist.models import ModelVersion, scope
from taskers.models import Organization

NOBODY = 0  # the key of no organization
REFUSED = "learnt from another organization"  # as the database says it
TAKEN_BACK = "%(model)s rests on verdicts of an organization that lets nobody else have what they taught."


def closed_to(organization: int) -> RawSQL:
    """The keys of all that learnt from others and isn't open to this organization, as a part of a query."""
    return RawSQL(scope.CLOSED_TO, [organization])  # noqa: S611 -- nothing of it is anybody's word


def is_closed(version: ModelVersion, organization: Organization | int) -> bool:
    """Whether it may not come to answer for this organization."""
    key = organization.pk if isinstance(organization, Organization) else organization
    return ModelVersion.objects.filter(pk=version.pk, pk__in=closed_to(key)).exists()


def is_private(version: ModelVersion) -> bool:
    """Whether what begins from it can't be everybody's: some organization's verdicts taught it without consent."""
    return is_closed(version, NOBODY)


def taken_back() -> set[int]:
    """The keys of the versions that rest on verdicts of an organization that took its consent back."""
    with connection.cursor() as cursor:
        cursor.execute(scope.WITHDRAWN)
        return {key for (key,) in cursor.fetchall()}
