"""What a piece of work pays, in words: the rate, and what comes beside it."""

from django.utils.translation import gettext as _

from projects.models import Project, ProjectSettings
from projects.task_types import TASK_TYPES
from taskers.money import ledger


def pay_said(project: Project, settings: ProjectSettings, rate: int) -> str:
    """As "$0.05", or "$0.05 + $0.02 per region + $12.00 per hour"; the rate where nothing comes beside it."""
    currency = project.organization.currency
    beside = []
    if settings.unit_rate:
        per = {"region": _("%(amount)s per region"), "word": _("%(amount)s per word")}
        text = per.get(TASK_TYPES[project.task_type].unit)
        beside += [text % {"amount": ledger.money(settings.unit_rate, currency)}] if text else []
    if settings.hourly_rate:
        beside.append(_("%(amount)s per hour") % {"amount": ledger.money(settings.hourly_rate, currency)})
    first = [ledger.money(rate, currency)] if rate or not beside else []
    return " + ".join([*first, *beside])
