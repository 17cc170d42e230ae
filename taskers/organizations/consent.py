"""Whether an organization's verdicts may teach models that everybody may use: off until an owner says so. The only
writer of TrainingConsent.

Each time stays on record. Models that were taught meanwhile are marked once it is withdrawn, wherever they are shown,
and come to answer nowhere else anew (assist/models/scope.py).
"""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from taskers.errors import StateConflict
from taskers.models import Organization, Person, TrainingConsent
from taskers.outbox.events import emit


@transaction.atomic
def give(organization: Organization, *, by: Person) -> TrainingConsent:
    """Snapshots from now on may teach models for everybody. Raises StateConflict where it consents already."""
    already = StateConflict("This organization consents already.")
    if TrainingConsent.objects.filter(organization=organization, withdrawn_at=None).exists():
        raise already
    try:
        with transaction.atomic():
            made = TrainingConsent.objects.create(organization=organization, given_by=by)
    except IntegrityError:  # two at once
        raise already from None
    _tell("training_consent_given", organization, by)
    return made


@transaction.atomic
def withdraw(organization: Organization, *, by: Person) -> None:
    """No further. Raises StateConflict where it doesn't consent."""
    held = TrainingConsent.objects.filter(organization=organization, withdrawn_at=None)
    if not held.update(withdrawn_at=Now(), withdrawn_by=by):
        raise StateConflict("This organization doesn't consent.")
    _tell("training_consent_withdrawn", organization, by)


def history(organization: Organization) -> Sequence[TrainingConsent]:
    """Each time it consented, the newest first."""
    rows = TrainingConsent.objects.filter(organization=organization).select_related("given_by", "withdrawn_by")
    return list(rows.order_by("-pk"))


def holds(history: Sequence[TrainingConsent]) -> bool:
    """Whether it consents now, by its history."""
    return any(one.withdrawn_at is None for one in history)


def _tell(kind: str, organization: Organization, by: Person) -> None:
    emit(kind, organization_id=organization.pk, actor_id=by.pk, subject=f"organization:{organization.public_id}")
