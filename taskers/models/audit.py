"""The audit trail: who signed in, looked, changed access or took data away."""

from django.db import models
from django.db.models.functions import Now

from taskers.models.append_only import append_only
from taskers.models.people import Organization, Person


class AuditRecord(models.Model):
    """One thing that somebody did or tried: who, on whom or what, from where, when, and how it ended.

    Never changed and never deleted; it holds no secret (sole writer: taskers/audit/trail.py, with the kinds).
    What a person does to their own account is written once for each organization that they belong to, so that each
    reads a trail of its own.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"  # they may not, or not now
        FAILED = "failed", "Failed"  # a wrong password, a wrong code

    at = models.DateTimeField(db_default=Now(), editable=False)
    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=40)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.DONE)
    # Nobody: a stranger at the door, or a command of the operator.
    actor = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(max_length=80, blank=True)  # "token:…", "project:…", as in the outbox
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)  # the browser, program or command
    detail = models.JSONField(default=dict)

    class Meta:
        triggers = [append_only("audit_record_append_only")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["done", "refused", "failed"]), name="audit_outcome_known"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="audit_by_organization"),
            models.Index(fields=["person", "kind", "-id"], name="audit_by_person"),
            models.Index(fields=["actor", "kind", "-id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"
