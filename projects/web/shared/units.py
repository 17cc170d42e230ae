"""What people type and what we hold: money, shares, minutes. The way there and back loses nothing, so that a form which
is sent as it stands changes nothing."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models.limits import SETTINGS, SHARE, Money
from taskers.models import Organization
from taskers.models.limits import Between
from taskers.money.ledger import MILLIONTHS

CENT = Decimal("0.01")
LEASE = SETTINGS["lease_seconds"]


def amount(label: object, within: Money, **more: Any) -> forms.DecimalField:
    """A field for money, in units of the organization's currency."""
    attrs = {"inputmode": "decimal", "autocomplete": "off"}
    return forms.DecimalField(label=label, widget=forms.TextInput(attrs=attrs), **within.bounds, **more)  # type: ignore[arg-type]


def in_currency(label: object, organization: Organization) -> str:
    """What a field is called that takes money, with the currency that it counts in."""
    return _("%(label)s, in %(currency)s") % {"label": label, "currency": organization.currency}


def to_millionths(amount: Decimal) -> int:
    """An amount in currency units with at most six decimals, exactly, in millionths."""
    return int(amount * MILLIONTHS)


def in_units(millionths: int) -> Decimal:
    """Millionths in currency units, exactly, with at least two decimals."""
    amount = Decimal(millionths) / MILLIONTHS
    short = amount.quantize(CENT)
    return short if short == amount else amount.normalize()


def percent(label: object, help_text: object = "", *, within: Between = SHARE, **more: Any):
    """A field for a share in percent."""
    least, most = in_percent(within.least), in_percent(within.most)
    return forms.DecimalField(
        label=label,  # type: ignore[arg-type]
        help_text=help_text,  # type: ignore[arg-type]
        validators=[MinValueValidator(least), MaxValueValidator(most)],
        widget=forms.NumberInput(attrs={"min": least, "max": most, "step": "any", "inputmode": "decimal"}),
        **more,
    )


def in_percent(share: float) -> Decimal:
    """A share in [0, 1] as such a field shows it."""
    return _short(Decimal(repr(share)) * 100)


def of_percent(typed: Decimal) -> float:
    """The share that was typed."""
    return float(typed / 100)


def time_for_a_task() -> forms.DecimalField:
    """A field for the time that a piece of work may take."""
    return forms.DecimalField(
        label=gettext_lazy("Time for one task, in minutes"),
        min_value=in_minutes(round(LEASE.least)),
        max_value=in_minutes(round(LEASE.most)),
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
        help_text=gettext_lazy("Who shows no sign of life for this long gives the task back."),
    )


def in_minutes(seconds: int) -> Decimal:
    """Whole seconds in minutes."""
    return _short(round(Decimal(seconds) / 60, 6))


def of_minutes(typed: Decimal) -> int:
    """The whole seconds of what was typed in minutes."""
    return round(typed * 60)


def _short(number: Decimal) -> Decimal:
    """The same number with no zeros behind its point and without an exponent."""
    return Decimal(format(number.normalize(), "f"))
