"""What a piece of work pays, in words: the rate, and what comes beside it."""

from django.utils.translation import gettext as _

from projects.models import Project, ProjectSettings
from projects.task_types import TASK_TYPES
from taskers.money import ledger


def pay_said(project: Project, settings: ProjectSettings, rate: int) -> str:
    """As "$0.05", or "$0.05 + $0.02 per region + $12.00 per hour"; the rate where nothing comes beside it."""
    currency = project.organization.currency
    by_unit = unit_pay(project, settings)
    beside = [by_unit] if by_unit else []
    if settings.hourly_rate:
        beside.append(_("%(amount)s per hour") % {"amount": ledger.money(settings.hourly_rate, currency)})
    first = [ledger.money(rate, currency)] if rate or not beside else []
    return " + ".join([*first, *beside])


def unit_pay(project: Project, settings: ProjectSettings) -> str:
    """As "$0.02 per region"; empty where nothing is paid by the unit."""
    if not settings.unit_rate:
        return ""
    per = {"region": _("%(amount)s per region"), "word": _("%(amount)s per word")}
    text = per.get(TASK_TYPES[project.task_type].unit, "")
    return text % {"amount": ledger.money(settings.unit_rate, project.organization.currency)} if text else ""
