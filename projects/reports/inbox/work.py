"""There is work: whoever may do it reads so, once a day for each project."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project
from projects.workforce import qualified_people
from taskers.models import Event, Person
from taskers.notifications.told import Kind, Told


def hear(events: Sequence[Event]) -> Iterable[Told]:
    keys = {one.project_key: one.at for one in events if one.project_key}
    for project in Project.objects.filter(public_id__in=keys, state=Project.State.LIVE):
        thing = f"{project.public_id}:{keys[project.public_id]:%Y-%m-%d}"
        address = reverse("studio", args=[project.public_id])
        for person in qualified_people.look_over(project).able:
            if person.kind == Person.Kind.HUMAN:
                yield Told(person.pk, project.organization_id, thing, address, {"project": project.name})


def words(values: Mapping[str, Any]) -> str:
    return _("There is new work in %(project)s.") % values


KIND = Kind("work_available", gettext_lazy("New work"), frozenset({"batch_live"}), hear, words)
