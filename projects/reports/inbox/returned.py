"""Work was taken back: whoever did it reads so, once a day for each project."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Assignment
from taskers.models import Event
from taskers.notifications.told import Kind, Told


def hear(events: Sequence[Event]) -> Iterable[Told]:
    rows = Assignment.objects.select_related("task__project").in_bulk([one.data["assignment"] for one in events])
    for event in events:
        one = rows.get(event.data["assignment"])
        if one is None or one.tasker_id is None or one.tasker_id == event.actor_id:
            continue
        project = one.task.project
        values = {"project": project.name, "task": one.task.code, "why": str(event.data.get("reason", ""))[:200]}
        thing = f"{project.public_id}:{event.at:%Y-%m-%d}"
        yield Told(one.tasker_id, project.organization_id, thing, reverse("my-work"), values)


def words(values: Mapping[str, Any]) -> str:
    return _("Work of yours in %(project)s was taken back (%(task)s): %(why)s") % values


KIND = Kind("work_returned", gettext_lazy("Work of yours that was taken back"), frozenset({"voided"}), hear, words)
