"""A dispute was answered: whoever opened it reads it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from taskers.models import Dispute, Event
from taskers.notifications.told import Kind, Told


def hear(events: Sequence[Event]) -> Iterable[Told]:
    keys = [one.data["dispute"] for one in events]
    for one in Dispute.objects.filter(public_id__in=keys).exclude(answer=""):
        values = {"state": one.state, "answer": one.answer[:200]}
        yield Told(one.tasker_id, one.organization_id, f"dispute:{one.public_id}", reverse("my-work"), values)


def words(values: Mapping[str, Any]) -> str:
    if values["state"] == Dispute.State.UPHELD:
        return _("What you contested was upheld: “%(answer)s”") % values
    return _("What you contested was answered: “%(answer)s”") % values


KIND = Kind("dispute_answered", gettext_lazy("Disputes answered"), frozenset({"dispute_answered"}), hear, words)
