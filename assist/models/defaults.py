"""What answers in an organization's projects where none of their own does."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assist.models import erasure_rules, scope
from assist.models.copilot import ModelVersion
from projects.models import Project
from taskers.models import Organization, Person
from taskers.models.append_only import ends_once, never_deleted


class OrganizationDefaultQuerySet(models.QuerySet["OrganizationDefault"]):
    def live(self) -> "OrganizationDefaultQuerySet":
        """Those that hold now."""
        return self.filter(ended_at=None)


class OrganizationDefault(models.Model):
    """A version that an organization's projects begin with: it suggests, and never takes another's place (sole writer:
    registry/defaults.py)."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="defaults")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    started_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationDefaultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "version"], condition=Q(ended_at=None), name="organization_default_once"
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="default_has_a_basis", when=pgtrigger.Before, operation=pgtrigger.Insert, func=scope.MAY_BE_DEFAULT
            ),
            pgtrigger.Trigger(
                name="default_passes_over", when=pgtrigger.After, operation=pgtrigger.Insert, func=scope.PASSES_OVER
            ),
            erasure_rules.DEFAULT,
            pgtrigger.Protect(
                name="default_only_ends",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["ended_at"]),
            ),
            ends_once("default_ends_once"),
            never_deleted("default_not_deleted"),
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.organization}"


class BegunProject(Project):
    """A project as it begins: PostgreSQL notes which defaults rest on a consent that was taken back before."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="project_begins_without",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=scope.BEGINS_WITHOUT,
            ),
            erasure_rules.BEGINS_WITHOUT,
        ]


class PassedOver(models.Model):
    """A project in which another model had answered before, or that began once a consent was taken back: an
    organization's default doesn't count there (written by the database itself). It stays, and so do both that it names:
    projects are archived and defaults ended, neither is deleted."""

    default = models.ForeignKey(OrganizationDefault, on_delete=models.PROTECT, related_name="passed_over")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["default", "project"], name="passed_over_once")]
        triggers = [pgtrigger.Protect(name="passed_over_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.project} without {self.default}"
