"""Having reviewers look at verdicts that rest on somebody's answers."""

import random
from typing import Any

from django.utils.translation import gettext_lazy as _

from projects.models import RuleConsequence
from projects.quality import audit_rounds
from projects.workflow.automatic_rules.actions.protocol import Action
from taskers.errors import StateConflict

NUMBER = 10  # verdicts


def act(consequence: RuleConsequence, reason: str) -> dict[str, Any]:
    """Nothing follows where nothing of theirs is decided."""
    try:
        made = audit_rounds.work_of(consequence.rule.project, consequence.person, NUMBER, dice=random.SystemRandom())
    except StateConflict:
        return {"verdicts": 0}
    return {"verdicts": made.looks.count()}


ACTION = Action(_("Audit their work"), act, told=False)
