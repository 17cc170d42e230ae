"""Whether an organization lets its verdicts teach models that everybody may use."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from taskers.models.people import Organization, Person


class TrainingConsent(models.Model):
    """One time for which an organization consents (sole writer: organizations/consent.py). Without a row it doesn't."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="training_consents")
    given_at = models.DateTimeField(db_default=Now(), editable=False)
    given_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(withdrawn_at=None), name="training_consent_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="training_consent_withdrawn_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="training_consent_only_ends",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["withdrawn_at", "withdrawn_by"]),
            ),
            pgtrigger.Protect(
                name="training_consent_ends_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__withdrawn_at__isnull=False),
            ),
            pgtrigger.Protect(name="training_consent_stays", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.organization} from {self.given_at:%Y-%m-%d %H:%M}"
