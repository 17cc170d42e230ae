"""How money, trust and project keys are said in templates."""

from uuid import UUID

from django import template

from taskers import ledger

register = template.Library()


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
