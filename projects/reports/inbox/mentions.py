"""Somebody is named in what was said of a task, as @name or @address: those of its office read it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects import access
from projects.reports.inbox.comments import BEGINNING, said_of
from taskers.models import Event, Person
from taskers.notifications.told import Kind, Told, who

NAMED = re.compile(r"@([\w.+-]+@[\w-]+(?:\.[\w-]+)+|\w+)")


def named(words: str, people: Iterable[Person]) -> set[int]:
    """Who of these people is meant: by their address, or by a first name that only one of them has."""
    said = {one.casefold() for one in NAMED.findall(words)}
    meant: set[int] = set()
    for name in said:
        hit = [one.pk for one in people if name in (one.email.casefold(), (one.name.split() or [""])[0].casefold())]
        meant |= set(hit) if len(hit) == 1 else set()
    return meant


def hear(events: Sequence[Event]) -> Iterable[Told]:
    for one in said_of(events).values():
        if "@" not in one.words:
            continue
        office = who(one.project.organization_id, one.project.public_id, *access.MANAGE)
        values = {"project": one.project.name, "words": one.words[:BEGINNING]}
        address = reverse("task", args=[one.task.public_id])
        for person in named(one.words, list(Person.objects.filter(pk__in=office))) - {one.author_id}:
            yield Told(person, one.project.organization_id, str(one.public_id), address, values)


def words(values: Mapping[str, Any]) -> str:
    return _("You are named in %(project)s: “%(words)s”") % values


KIND = Kind(
    "mentioned", gettext_lazy("Where you are named"), frozenset({"commented", "asked", "answered"}), hear, words
)
