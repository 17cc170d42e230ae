"""A payout was settled: each of its people whose money didn't come back reads what they were paid."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from taskers.models import Event, PayoutItem
from taskers.money import returns
from taskers.notifications.told import Kind, Told


def hear(events: Sequence[Event]) -> Iterable[Told]:
    payouts = {one.subject.removeprefix("payout:") for one in events}
    rows = PayoutItem.objects.filter(payout__public_id__in=payouts, payout__state="settled")
    for item in rows.exclude(returns__state__in=returns.OPEN).select_related("payout").order_by("pk"):
        values = {"cents": item.cents, "currency": item.payout.currency, "reference": item.payout.reference[:60]}
        thing = f"payout:{item.payout.public_id}"
        yield Told(item.tasker_id, item.payout.organization_id, thing, reverse("my-work"), values)


def words(values: Mapping[str, Any]) -> str:
    amount = f"{values['cents'] / 100:,.2f} {values['currency']}"
    return _("You were paid %(amount)s. Reference: %(reference)s") % {
        "amount": amount,
        "reference": values["reference"],
    }


KIND = Kind("payout_paid", gettext_lazy("Payouts"), frozenset({"payout_settled"}), hear, words)
