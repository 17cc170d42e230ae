"""How money, trust and project keys are said in templates."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django import template
from django.conf import settings
from django.forms import BaseForm, BaseFormSet, BoundField
from django.utils.translation import gettext

from taskers import errors
from taskers.money import ledger
from taskers.standing.grades import Estimate
from taskers.web.readable import as_given

# Whose forms save nothing, and let people in.
ENTRANCES = {"account_login", "account_reauthenticate", "mfa_authenticate", "mfa_reauthenticate"}
register = template.Library()
register.filter(as_given)


@register.simple_tag
def sends_mail() -> bool:
    """Whether a mail server is configured."""
    return bool(settings.EMAIL_HOST)


@register.filter
def named(key: UUID | None, names: dict[UUID, str]) -> str:
    """A project key by its name; one that is gone says so."""
    return names.get(key, gettext("a project that is gone")) if key else ""


@register.filter
def where(place: str) -> str:
    """A place in what was sent, such as "line 14", in the reader's language."""
    return errors.where(place)


@register.filter
def money(amount: int, currency: str) -> str:
    """Millionths of a currency unit, for people."""
    return ledger.money(amount, currency)


@register.filter
def about_money(amount: float, currency: str) -> str:
    """An estimate in millionths of a currency unit, for people: to the cent."""
    return ledger.about(amount, currency)


@register.filter
def percent(value: float | None) -> str:
    """A share in [0, 1] as a whole percentage; number and sign stay on one line."""
    return "" if value is None else f"{value:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


@register.filter
def permille(value: float | None) -> str:
    """A share in [0, 1] as a percentage with a tenth, where it is no whole one."""
    return "" if value is None else f"{100 * value:.1f}".removesuffix(".0") + "\N{NO-BREAK SPACE}%"


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


@dataclass(frozen=True)
class Fault:
    """Why something was refused: where it is mended, by a field's name and the id of its box ("" for no box)."""

    text: str
    name: str = ""
    box: str = ""


@register.inclusion_tag("_faults.html", takes_context=True)
def faults(context: template.Context, *forms: BaseForm | BaseFormSet | None) -> dict[str, object]:
    """All that is wrong with what was sent, as a list at the top that leads to the fields; nothing where nothing is."""
    shown_by = getattr(getattr(context, "request", None), "resolver_match", None)
    return {"faults": all_faults(*forms), "saves": not shown_by or shown_by.url_name not in ENTRANCES}


@register.simple_tag
def all_faults(*forms: BaseForm | BaseFormSet | None) -> list[Fault]:
    """The same, for a place that isn't the top."""
    return [one for form in forms if form is not None for one in _faults(form)]


def _faults(form: BaseForm | BaseFormSet) -> Iterator[Fault]:
    if not form.is_bound:
        return
    if isinstance(form, BaseFormSet):
        for text in form.non_form_errors():
            yield Fault(str(text))
        for number, row in enumerate(form.forms, start=1):
            for one in _faults(row):
                said = gettext("Row %(number)s") % {"number": number}
                yield Fault(one.text, f"{said}, {one.name}" if one.name else said, one.box)
        return
    for text in form.non_field_errors():
        yield Fault(str(text))
    for field in form:
        for text in field.errors:
            yield Fault(str(text), str(field.label), "" if field.is_hidden else _box(field))


def _box(field: BoundField) -> str:
    """The id of what a person types into or chooses first."""
    return field.id_for_label or next((one.id_for_label for one in field.subwidgets), "")
