"""Taking the skill of the project's course away: they do nothing there until they have passed it anew."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from projects.models import AssignmentRules, RuleConsequence
from projects.quality.qualification import qualification_tests
from projects.workflow.automatic_rules.actions.protocol import Action
from taskers.errors import StateConflict
from taskers.models import Qualification, Skill
from taskers.skills import skills


def act(consequence: RuleConsequence, reason: str) -> dict[str, Any]:
    """Nothing changes where there is no course, or they haven't passed it."""
    project, person = consequence.rule.project, consequence.person
    had = Qualification.objects.filter(person=person, skill__in=_skill_of(consequence)).first()
    if had is None:
        return {"already": True}
    try:
        qualification_tests.retrain(project, person, by=None)
    except StateConflict:
        return {"already": True}
    return {"value": had.value}


def end(consequence: RuleConsequence) -> None:
    """Give it back, unless they have it again."""
    skill = _skill_of(consequence).first()
    if skill is None or "value" not in consequence.did:
        return
    if not Qualification.objects.filter(person=consequence.person, skill=skill).exists():
        skills.grant(consequence.person, skill, consequence.did["value"], by=None)


def _skill_of(consequence: RuleConsequence) -> QuerySet[Skill]:
    rules = AssignmentRules.objects.filter(project=consequence.rule.project)
    return Skill.objects.filter(pk__in=rules.values("training_skill"))


ACTION = Action(_("Have them pass the course anew"), act, end)
