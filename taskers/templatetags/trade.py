"""How money, trust and project keys are said in templates."""

from uuid import UUID

from django import template
from django.conf import settings

from taskers import ledger
from taskers.quality import Estimate

register = template.Library()


@register.simple_tag
def sends_mail() -> bool:
    """Whether a mail server is configured."""
    return bool(settings.EMAIL_HOST)


@register.filter
def named(key: UUID | None, names: dict[UUID, str]) -> str:
    """A project key by its name; one that is gone says so."""
    return names.get(key, "a project that is gone") if key else ""


@register.filter
def money(amount: int, currency: str) -> str:
    """Millionths of a currency unit, for people."""
    return ledger.money(amount, currency)


@register.filter
def percent(value: float | None) -> str:
    """A share in [0, 1] as a whole percentage."""
    return "" if value is None else f"{value:.0%}".replace("%", " %")


@register.filter
def permille(value: float | None) -> str:
    """A share in [0, 1] as a percentage with a tenth, where it is no whole one."""
    return "" if value is None else f"{100 * value:.1f}".removesuffix(".0") + " %"


@register.filter
def cents(amount: int, currency: str) -> str:
    """Whole minor units, for people."""
    return ledger.money(amount * ledger.MILLIONTHS // 100, currency)


@register.filter
def likely_from(known: Estimate) -> int:
    """Where an estimate's interval begins, of 100."""
    return round(100 * known.low)


@register.filter
def likely_width(known: Estimate) -> int:
    """How wide an estimate's interval is, of 100."""
    return max(1, round(100 * (known.high - known.low)))
