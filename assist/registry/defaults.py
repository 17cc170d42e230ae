"""What an organization's projects begin with. The only writer of OrganizationDefault.

It takes nobody's place: PostgreSQL notes each project in which another model has answered already, and there it doesn't
count (assist/models/scope.py). So no evaluation is asked for, and none is left out.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.db.models.functions import Now

from assist.models import ModelVersion, OrganizationDefault
from assist.registry import lineage, registry
from taskers.errors import NotFound, StateConflict
from taskers.models import Organization, Person
from taskers.outbox.events import emit


def of(organization: Organization) -> Sequence[OrganizationDefault]:
    """Those that hold now, the newest first, each with how many projects it passes over (`left`)."""
    rows = OrganizationDefault.objects.live().filter(organization=organization)
    return list(rows.select_related("version", "started_by").annotate(left=Count("passed_over")).order_by("-pk"))


def check(organization: Organization, version: ModelVersion) -> None:
    """Raises StateConflict where projects can't begin with it, before it is asked a first question."""
    if not registry.usable_by(organization).filter(pk=version.pk).exists():
        registry.check_tried(version)
        raise StateConflict("%(model)s isn't there for this organization.", model=str(version))


@transaction.atomic
def begin(organization: Organization, version: ModelVersion, *, by: Person) -> OrganizationDefault:
    """From now on projects where no other model has answered begin with this version, which answered a first question.

    Raises StateConflict.
    """
    made = _begun(organization, version, by)
    _tell("model_default_begun", made, by)
    return made


def _begun(organization: Organization, version: ModelVersion, by: Person) -> OrganizationDefault:
    try:
        with transaction.atomic():
            return OrganizationDefault.objects.create(organization=organization, version=version, started_by=by)
    except IntegrityError as problem:
        said = str(problem)
        if "organization_default_once" in said:
            raise StateConflict("%(model)s is what projects here begin with already.", model=str(version)) from None
        if "default without a basis" in said:
            raise StateConflict("%(model)s has to answer its first question again.", model=str(version)) from None
        if lineage.REFUSED in said:
            raise StateConflict(lineage.TAKEN_BACK, model=str(version)) from None
        if lineage.ERASED in said:
            raise StateConflict(lineage.TAUGHT_BY_ERASED, model=str(version)) from None
        raise


@transaction.atomic
def end(made: OrganizationDefault, *, by: Person) -> None:
    """Projects begin with it no more, and those that it answered in fall back to an older default, or to what comes
    along. Raises StateConflict if it ended."""
    if not OrganizationDefault.objects.live().filter(pk=made.pk).update(ended_at=Now()):
        raise StateConflict("This has ended already.")
    _tell("model_default_ended", made, by)


def live(organization: Organization, public_id: UUID) -> OrganizationDefault:
    """One of those that hold, by its version. Raises NotFound."""
    rows = OrganizationDefault.objects.live().filter(organization=organization, version__public_id=public_id)
    found = rows.select_related("organization", "version").first()
    if found is None:
        raise NotFound("No project here begins with this version.")
    return found


def _tell(kind: str, made: OrganizationDefault, by: Person) -> None:
    emit(
        kind,
        organization_id=made.organization_id,
        actor_id=by.pk,
        subject=f"model:{made.version.public_id}",
        model=str(made.version),
    )
