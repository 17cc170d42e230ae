"""Answers that take too long."""

from django.utils.translation import gettext_lazy as _

from projects.workflow.automatic_rules.conditions.protocol import Condition
from projects.workflow.automatic_rules.conditions.speed import measure
from taskers.models.limits import Between

CONDITION = Condition(
    title=_("Slower than"),
    said=_("The last %(window)s answers took %(measured)s seconds, half of them more."),
    measure=measure,
    limit=Between(0.1, 86_400),
    usual=600.0,
    unit="s",
    above=True,
)
