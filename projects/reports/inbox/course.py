"""A course has ended: whoever took it reads how."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project
from taskers.models import Event
from taskers.notifications.told import Kind, Told


def hear(events: Sequence[Event]) -> Iterable[Told]:
    projects = Project.objects.in_bulk([one.project_key for one in events], field_name="public_id")
    for one in events:
        project = projects.get(one.project_key) if one.project_key else None
        if project is not None and one.actor_id is not None:
            values = {"project": project.name, "passed": bool(one.data.get("passed"))}
            yield Told(one.actor_id, one.organization_id, f"{one.pk}", reverse("home"), values)


def words(values: Mapping[str, Any]) -> str:
    if values["passed"]:
        return _("You passed the course of %(project)s: work is waiting.") % values
    return _("You didn’t pass the course of %(project)s.") % values


KIND = Kind("course_ended", gettext_lazy("Courses that ended"), frozenset({"training_ended"}), hear, words, False)
