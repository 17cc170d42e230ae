"""Taking the skill of the project's course away: they do nothing there until they have passed it anew."""

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from projects.models import AssignmentRules, RuleConsequence
from projects.quality.qualification import qualification_tests
from projects.workflow.automatic_rules.actions.protocol import Action
from taskers.errors import Problem, StateConflict
from taskers.models import Qualification, Skill
from taskers.skills import skills


def act(consequence: RuleConsequence, reason: str) -> dict[str, Any]:
    """Nothing changes where there is no course, or they haven't passed it."""
    project, person = consequence.rule.project, consequence.person
    given = AssignmentRules.objects.filter(project=project).values("training_skill")
    had = skills.valid().select_related("skill").filter(person=person, skill__in=given).first()
    if had is None:
        return {"already": True}
    try:
        qualification_tests.retrain(project, person, by=None)
    except StateConflict:
        return {"already": True}
    ends = had.expires_at.isoformat() if had.expires_at else None
    return {"skill": had.skill.key, "value": had.value, "expires_at": ends, "note": had.note}


def end(consequence: RuleConsequence) -> None:
    """Give back what was taken, unless they have it again or belong to the organization no more."""
    did, person = consequence.did, consequence.person
    owner = consequence.rule.project.organization_id
    skill = Skill.objects.filter(organization=owner, key=did.get("skill", "")).first()
    if skill is None or Qualification.objects.filter(person=person, skill=skill).exists():
        return
    ends = parse_datetime(did["expires_at"]) if did["expires_at"] else None
    try:
        skills.grant(person, skill, did["value"], by=None, expires_at=ends, note=did["note"])
    except Problem:
        return  # they left meanwhile


ACTION = Action(_("Have them pass the course anew"), act, end, lasts=False)
