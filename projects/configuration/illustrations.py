"""The pictures that a project's instructions may show: listed, told to a reader, taken along by copies, removed."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from projects.configuration.project_events import tell
from projects.models import Illustration, Project, ProjectTemplate
from taskers.errors import NotFound
from taskers.models import Organization, Person

IMAGE = "!["  # without it a text shows none, and nothing is looked up


def listed(project: Project) -> QuerySet[Illustration]:
    """All that a project has or had, in the order in which they came."""
    return Illustration.objects.filter(project=project).select_related("asset").order_by("pk")


def called_in(text: str, owner: Project | ProjectTemplate | None) -> list[Illustration]:
    """Those that a text may call, removed ones among them. No query where it calls none."""
    if owner is None or IMAGE not in text:
        return []
    return list(owner.illustrations.select_related("asset").order_by("pk"))


@transaction.atomic
def remove(project: Project, name: str, *, by: Person) -> None:
    """Show a picture no more: where the text still calls it, it says so. Raises NotFound for one that isn't there."""
    there = Illustration.objects.filter(project=project, name=name, removed_at=None)
    if not there.update(removed_at=timezone.now(), asset=None):
        raise NotFound("This picture was removed.")
    tell("illustration_removed", project, by, name=name)


def copy(source: Project | ProjectTemplate, *, by: Person, **owner: Project | ProjectTemplate) -> None:
    """The same pictures for `project` or `template`: the media aren't stored twice. Call in a transaction."""
    Illustration.objects.bulk_create(
        [
            Illustration(
                name=one.name, alt=one.alt, asset_id=one.asset_id, removed_at=one.removed_at, added_by=by, **owner
            )
            for one in source.illustrations.order_by("pk")
        ]
    )


def template_of(organization: Organization, pattern: Mapping[str, Any]) -> ProjectTemplate | None:
    """The template that a pattern is of, if it is there."""
    key = pattern.get("template")
    return ProjectTemplate.objects.filter(organization=organization, public_id=key).first() if key else None
