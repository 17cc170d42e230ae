"""Somebody of the office writes to one person."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from taskers.errors import Problem
from taskers.models import Event, Organization, Person
from taskers.notifications.told import Kind, Told
from taskers.outbox.events import emit

LONGEST = 1000
SENT = "message_sent"


class BadMessage(Problem):
    """A message has 1 to 1000 characters."""

    code = "bad-message"
    status = 422


def send(person: Person, organization: Organization, words: str, *, by: Person) -> None:
    """Write to somebody; they read it in their inbox. The caller has checked that both belong here. Raises
    BadMessage."""
    words = words.replace("\r\n", "\n").replace("\x00", "").strip()
    if not words or len(words) > LONGEST:
        raise BadMessage(place="words")
    subject = f"person:{person.public_id}"
    emit(SENT, organization_id=organization.pk, actor_id=by.pk, subject=subject, person=person.pk, words=words)


def hear(events: Sequence[Event]) -> Iterable[Told]:
    names = dict(Person.objects.filter(pk__in=[one.actor_id for one in events]).values_list("pk", "name"))
    for one in events:
        values = {"by": names.get(one.actor_id or 0, ""), "words": one.data["words"]}
        yield Told(one.data["person"], one.organization_id, str(one.pk), reverse("inbox"), values)


def words(values: Mapping[str, Any]) -> str:
    return _("%(by)s writes: “%(words)s”") % values


KIND = Kind("message", gettext_lazy("Messages of the office"), frozenset({SENT}), hear, words)
