"""What was answered to a request that may be sent again."""

from django.db import models
from django.utils import timezone

from taskers.models.people import Organization, Person


class IdempotencyKey(models.Model):
    """A request that a program gave a name, so that sent twice it is done once, and its answer.

    Written in the transaction of what the request did: there is one exactly where it was done (sole writer:
    taskers/credentials/idempotency.py).
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)  # of what was asked
    status = models.PositiveSmallIntegerField()
    answer = models.TextField(blank=True)  # sealed: some answers hold a secret that is shown once
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "person", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return self.key
