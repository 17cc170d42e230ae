"""Telling somebody: they read it where they pick their work, until the time is over."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from projects.models import RuleConsequence
from projects.workflow.automatic_rules.actions.protocol import Action


def act(consequence: RuleConsequence, reason: str) -> dict[str, Any]:
    """The consequence is the message."""
    return {}


ACTION = Action(_("Tell them"), act)
