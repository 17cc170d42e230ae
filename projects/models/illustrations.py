"""Pictures in a project's instructions, by names that their text calls them by."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from projects.models import limits
from projects.models.bulk import ProjectTemplate
from projects.models.work import Asset, Project
from taskers.models import Person


class Illustration(models.Model):
    """A picture of a project's instructions, or of those in a template. Once it is removed its row stays without the
    picture: older versions of the text still name it, so its name is never another picture's."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, null=True, on_delete=models.PROTECT, related_name="illustrations")
    template = models.ForeignKey(ProjectTemplate, null=True, on_delete=models.CASCADE, related_name="illustrations")
    name = models.SlugField(max_length=limits.KEY)
    alt = models.CharField(max_length=limits.ALT)  # what it shows, for whoever doesn't see it
    asset = models.ForeignKey(Asset, null=True, on_delete=models.PROTECT, related_name="illustrations")
    added_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="illustration_once_in_project"),
            models.UniqueConstraint(fields=["template", "name"], name="illustration_once_in_template"),
            models.CheckConstraint(
                condition=Q(project=None, template__isnull=False) | Q(project__isnull=False, template=None),
                name="illustration_of_one",
            ),
            models.CheckConstraint(
                condition=Q(asset=None, removed_at__isnull=False) | Q(asset__isnull=False, removed_at=None),
                name="illustration_there_or_removed",
            ),
            models.CheckConstraint(condition=~Q(alt=""), name="illustration_says_what_it_shows"),
        ]

    def __str__(self) -> str:
        return self.name
