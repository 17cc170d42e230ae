"""What somebody said of a task was answered: they read it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Comment
from taskers.models import Event
from taskers.notifications.told import Kind, Told

BEGINNING = 160  # characters of what was said


def said_of(events: Sequence[Event]) -> dict[int, Comment]:
    """The comments that events tell of, by their keys."""
    keys = [one.data["comment"] for one in events]
    return Comment.objects.select_related("project", "task", "thread").in_bulk(keys)


def hear(events: Sequence[Event]) -> Iterable[Told]:
    for one in said_of(events).values():
        if one.thread_id is None or one.thread is None:
            continue
        to = one.thread.author_id
        if to != one.author_id:
            values = {"project": one.project.name, "words": one.words[:BEGINNING]}
            yield Told(to, one.project.organization_id, str(one.public_id), reverse("my-questions"), values)


def words(values: Mapping[str, Any]) -> str:
    return _("You were answered in %(project)s: “%(words)s”") % values


KIND = Kind("comment_answered", gettext_lazy("Answers to what you said"), frozenset({"answered"}), hear, words)
