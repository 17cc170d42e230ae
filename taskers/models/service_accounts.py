"""Service accounts: programs of the office's own, which outlive whoever set them up."""

import uuid

from django.db import models
from django.utils import timezone

from taskers.models import limits
from taskers.models.people import Organization, Person


class ServiceAccount(models.Model):
    """A program of an organization's. It has roles like anybody (`person`), and nobody can sign in as it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="service_accounts")
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="service_account")
    name = models.CharField(max_length=limits.NAME)
    note = models.CharField(max_length=limits.SERVICE_NOTE, blank=True)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], condition=models.Q(ended_at=None), name="service_account_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
