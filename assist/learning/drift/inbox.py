"""Something has changed: whoever looks after a project's models reads what, and where it is drawn."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assist.learning.drift.series import KINDS
from assist.learning.drift.watch import SEEN
from projects import access
from projects.models import Project
from taskers.models import Event
from taskers.models.people import Role
from taskers.notifications.told import Kind, Told, who


def hear(events: Sequence[Event]) -> Iterable[Told]:
    projects = Project.objects.in_bulk([one.project_key for one in events], field_name="public_id")
    for one in events:
        project = projects.get(one.project_key) if one.project_key else None
        if project is None:
            continue
        values = {"project": project.name, "what": one.data["what"]}
        address = reverse("copilot-drift", args=[project.public_id])
        for person in who(project.organization_id, project.public_id, *access.MANAGE, Role.ML_ENGINEER):
            yield Told(person, project.organization_id, f"{one.subject}:{one.pk}", address, values)


def words(values: Mapping[str, Any]) -> str:
    said = {"project": values["project"], "what": KINDS[values["what"]].title}
    return _("%(project)s: what comes is no longer as it was (%(what)s). Look whether the models still suit it.") % said


KIND = Kind("drift", gettext_lazy("Drift"), frozenset({SEEN}), hear, words, office=True)
