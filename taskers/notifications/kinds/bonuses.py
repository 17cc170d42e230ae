"""Somebody was given a bonus, by a person or by a rule: they read how much, and what for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from taskers.models import Bonus, Event
from taskers.money import ledger
from taskers.notifications.told import Kind, Told


def hear(events: Sequence[Event]) -> Iterable[Told]:
    keys = [one.subject.removeprefix("bonus:") for one in events]
    for one in Bonus.objects.filter(public_id__in=keys, state=Bonus.State.GIVEN).order_by("pk"):
        values = {"amount": one.amount, "currency": one.currency, "reason": one.reason}
        yield Told(one.tasker_id, one.organization_id, f"bonus:{one.public_id}", reverse("my-statement"), values)


def words(values: Mapping[str, Any]) -> str:
    amount = ledger.money(values["amount"], values["currency"])
    return _("You were given a bonus of %(amount)s: “%(reason)s”") % {"amount": amount, "reason": values["reason"]}


KIND = Kind("bonus_given", gettext_lazy("Bonuses"), frozenset({"bonus_given"}), hear, words)
