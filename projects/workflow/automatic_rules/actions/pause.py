"""Pausing somebody in the project until the time is over: an exclusion like one that a manager makes."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from projects.models import Exclusion, RuleConsequence
from projects.workflow.automatic_rules.actions.protocol import Action
from projects.workforce import rules
from taskers.errors import StateConflict


def act(consequence: RuleConsequence, reason: str) -> dict[str, Any]:
    """Nothing changes for somebody who is kept out already."""
    project = consequence.rule.project
    if Exclusion.objects.filter(tasker=consequence.person, project=project, lifted_at=None, until=None).exists():
        return {"already": True}
    made = rules.exclude(consequence.person, reason=reason, by=None, project=project, until=consequence.until)
    RuleConsequence.objects.filter(pk=consequence.pk).update(exclusion=made)
    return {}


def end(consequence: RuleConsequence) -> None:
    """Let them work again."""
    if consequence.exclusion is None:
        return
    try:
        rules.lift(consequence.exclusion, by=None)
    except StateConflict:
        return  # lifted by hand


ACTION = Action(_("Pause them"), act, end)
