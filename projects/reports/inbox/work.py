"""There is work, of a batch that was started or a project that was published: whoever may do it reads so, once a day
for each project."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Batch, Project
from projects.workforce import qualified_people
from taskers.models import Event, Person
from taskers.notifications.told import Kind, Told


def hear(events: Sequence[Event]) -> Iterable[Told]:
    keys = {one.project_key: one.at for one in events if one.project_key}
    rows = Project.objects.filter(public_id__in=keys, state=Project.State.LIVE, batches__state=Batch.State.LIVE)
    for project in rows.distinct():
        thing = f"{project.public_id}:{keys[project.public_id]:%Y-%m-%d}"
        address = reverse("studio", args=[project.public_id])
        for person in qualified_people.look_over(project).able:
            if person.kind == Person.Kind.HUMAN:
                yield Told(person.pk, project.organization_id, thing, address, {"project": project.name})


def words(values: Mapping[str, Any]) -> str:
    return _("There is new work in %(project)s.") % values


HEARD = frozenset({"batch_live", "project_published"})
KIND = Kind("work_available", gettext_lazy("New work"), HEARD, hear, words)
