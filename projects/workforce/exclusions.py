"""Who is kept out, for pages and programs. Reads only; rules.py and banning.py write."""

from django.db.models import QuerySet

from projects.models import Exclusion, Project
from taskers.models import Organization


def exclusions_of(organization: Organization, project: Project | None = None) -> QuerySet[Exclusion]:
    """Those kept out of this project, or of all; what was lifted is left out, what ran out isn't."""
    rows = Exclusion.objects.filter(organization=organization, project=project, lifted_at=None)
    return rows.select_related("tasker", "made_by", "project", "organization").order_by("-pk")
