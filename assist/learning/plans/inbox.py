"""What people are told of plans: a model that waits for a person, and a plan that stopped."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assist.learning.plans.rounds import MOVED, STOPPED_EVENT
from assist.learning.reasons import REASONS
from assist.learning.recipes import RECIPES
from assist.models import PlanRound
from projects import access
from projects.models import Project
from taskers.errors import said_again
from taskers.models import Event
from taskers.models.people import Role
from taskers.notifications.told import Kind, Told, who


def hear(events: Sequence[Event]) -> Iterable[Told]:
    """Who manages the project, or looks after its models."""
    told = [one for one in events if one.kind == STOPPED_EVENT or one.data["state"] == PlanRound.State.ASKED]
    projects = Project.objects.in_bulk([one.project_key for one in told], field_name="public_id")
    for one in told:
        project = projects.get(one.project_key) if one.project_key else None
        if project is None:
            continue
        values = {"project": project.name, "recipe": one.data["recipe"], "reason": one.data["reason"]}
        values["stopped"] = one.kind == STOPPED_EVENT
        address = reverse("copilot-plans", args=[project.public_id])
        for person in who(project.organization_id, project.public_id, *access.MANAGE, Role.ML_ENGINEER):
            yield Told(person, project.organization_id, f"{one.subject}:{one.pk}", address, values)


def words(values: Mapping[str, Any]) -> str:
    key = values["recipe"]
    said = {
        "project": values["project"],
        "recipe": _(RECIPES[key].title) if key in RECIPES else key,
        "reason": said_again(values["reason"], REASONS.values()),
    }
    if values["stopped"]:
        return _("%(project)s: %(recipe)s trains no more by itself. %(reason)s") % said
    return _("%(project)s: what %(recipe)s made by itself waits for a person.") % said


KIND = Kind(
    "training_plan",
    gettext_lazy("Trainings by themselves"),
    frozenset({MOVED, STOPPED_EVENT}),
    hear,
    words,
    office=True,
)
