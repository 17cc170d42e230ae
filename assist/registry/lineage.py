"""On whose verdicts a model rests, whether others may still use it, and what of them was erased since."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from assist.models import ModelVersion, Snapshot, erasure_rules, scope
from taskers.models import Organization

NOBODY = 0  # the key of no organization
REFUSED = "learnt from another organization"  # as the database says it
ERASED = "learnt from what was erased"  # as the database says it
RESTS_ON_ERASED = "%(model)s was trained on data that was erased since: it takes two people's word."
TAUGHT_BY_ERASED = "%(model)s was trained on data that was erased since: train another."
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


def snapshots_of(versions: Sequence[ModelVersion]) -> QuerySet[Snapshot]:
    """What taught any of these, or anything that one of them began from."""
    keys = RawSQL(scope.TAUGHT_BY, [[one.pk for one in versions]])  # noqa: S611 -- nothing of it is anybody's word
    return Snapshot.objects.filter(pk__in=keys)


def taken_back() -> set[int]:
    """The keys of the versions that rest on verdicts of an organization that took its consent back."""
    with connection.cursor() as cursor:
        cursor.execute(scope.WITHDRAWN)
        return {key for (key,) in cursor.fetchall()}


class Rest(NamedTuple):
    """A run, or a version, that learnt from a snapshot before something of it was erased, by their keys. What only
    began from such a version has no run here; a run that made nothing has no version."""

    erasure: int
    snapshot: int
    run: int | None
    version: int | None


def rests(*, erasure: int | None = None, version: int | None = None) -> list[Rest]:
    """All that rests on what was erased since: of one erasure, of one version, or of any."""
    which = "erasure = coalesce(%s, erasure) AND version IS NOT DISTINCT FROM coalesce(%s, version) ORDER BY 1, 2, 3, 4"
    with connection.cursor() as cursor:
        cursor.execute(f"{erasure_rules.RESTS} SELECT * FROM rests WHERE {which}", [erasure, version])
        return [Rest(*row) for row in cursor.fetchall()]


def erased() -> set[int]:
    """The keys of the versions that were trained on what was erased since."""
    return {one.version for one in rests() if one.version is not None}


def rests_on_erased(version: ModelVersion) -> bool:
    """Whether a version was trained on what was erased since, or began from one that was."""
    return bool(rests(version=version.pk))
