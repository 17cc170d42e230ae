"""A judgement was contested: those who may answer read it, but not whoever judged it or decided it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.queue.reviewing import judges_of
from taskers.models import Dispute, Event
from taskers.models.people import Role
from taskers.notifications.told import Kind, Told, who


def hear(events: Sequence[Event]) -> Iterable[Told]:
    keys = [one.data["dispute"] for one in events]
    for one in Dispute.objects.filter(public_id__in=keys).select_related("tasker"):
        out = judges_of(one.subject, one.opened_at) | {one.tasker_id}
        values = {"who": one.tasker.name, "words": one.text[:200]}
        address = reverse("dispute", args=[one.public_id])
        for person in who(one.organization_id, None, Role.REVIEWER, Role.FINANCE):
            if person not in out:
                yield Told(person, one.organization_id, f"dispute:{one.public_id}", address, values)


def words(values: Mapping[str, Any]) -> str:
    return _("%(who)s contests a judgement: “%(words)s”") % values


KIND = Kind(
    "dispute_opened", gettext_lazy("Disputes to answer"), frozenset({"dispute_opened"}), hear, words, office=True
)
