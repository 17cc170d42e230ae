"""A tasker asks: the project's managers read it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects import access
from projects.models import Comment
from projects.reports.inbox.comments import BEGINNING, said_of
from taskers.models import Event
from taskers.notifications.told import Kind, Told, who


def hear(events: Sequence[Event]) -> Iterable[Told]:
    for one in said_of(events).values():
        if one.to != Comment.To.MANAGER:
            continue
        values = {"project": one.project.name, "words": one.words[:BEGINNING]}
        address = reverse("project-questions", args=[one.project.public_id])
        for person in who(one.project.organization_id, one.project.public_id, *access.MANAGE):
            if person != one.author_id:
                yield Told(person, one.project.organization_id, str(one.public_id), address, values)


def words(values: Mapping[str, Any]) -> str:
    return _("A tasker asks in %(project)s: “%(words)s”") % values


KIND = Kind("question_asked", gettext_lazy("Questions of taskers"), frozenset({"asked"}), hear, words, office=True)
