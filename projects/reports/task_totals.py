"""How many tasks fit, as far as that is known without counting: from what is added up anyway, and never pretended."""

from typing import NamedTuple

from django.db.models import Sum

from projects.models import BatchProgress, LabelTally, Project
from projects.reports.task_search import PAGE, Filters, Found


class Total(NamedTuple):
    """A number, and what it is: "exact", "about" (added up some seconds ago), or "more" than it."""

    number: int
    kind: str


def total(project: Project, filters: Filters, found: Found, *, first: bool) -> Total | None:
    """How many fit; None where nothing tells. `first`: whether what was found is the list's beginning."""
    if first and not found.later and not found.earlier:
        return Total(len(found.keys), "exact")
    if (number := _added_up(project, filters)) is not None:
        return Total(number, "about")
    return Total(PAGE, "more") if first and len(found.keys) == PAGE else None


def _added_up(project: Project, filters: Filters) -> int | None:
    names = filters.names
    if filters.label and names == {"label"}:
        tally = LabelTally.objects.filter(project=project, label=filters.label.key)
        return tally.values_list("tasks", flat=True).first() or 0
    column = {"": "tasks", "decided": "decided", "withheld-review": "in_review"}.get(filters.state)
    if column is None or not names <= {"batch", "state"}:
        return None
    rows = BatchProgress.objects.filter(batch__project=project)
    if filters.batch:
        rows = rows.filter(batch=filters.batch)
    return rows.aggregate(all=Sum(column))["all"] or 0
