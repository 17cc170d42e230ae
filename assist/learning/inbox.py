"""What people are told of models: a training that failed, verdicts that are likely wrong, drift, plans."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assist.learning import likely_wrong, training
from assist.learning.drift import inbox as drift
from assist.learning.plans import inbox as plans
from assist.learning.reasons import REASONS
from assist.models import LabelCheck, TrainingRun
from projects import access
from projects.models import Project
from taskers.errors import said_again
from taskers.models import Event
from taskers.models.people import Role
from taskers.notifications.told import Kind, Told, who


def hear_of_training(events: Sequence[Event]) -> Iterable[Told]:
    """Whoever asked for it."""
    rows = TrainingRun.objects.filter(public_id__in=[one.data["run"] for one in events])
    for one in rows.select_related("project"):
        values = {"project": one.project.name, "reason": one.reason}
        address = reverse("copilot-run", args=[one.project.public_id, one.public_id])
        yield Told(one.asked_by_id, one.project.organization_id, f"run:{one.public_id}", address, values)


def training_in_words(values: Mapping[str, Any]) -> str:
    said = {"project": values["project"], "reason": said_again(values["reason"], REASONS.values())}
    return _("A training in %(project)s failed: %(reason)s") % said


def hear_of_doubts(events: Sequence[Event]) -> Iterable[Told]:
    """Who manages the project, or looks after its models."""
    projects = Project.objects.in_bulk([one.project_key for one in events], field_name="public_id")
    checks = LabelCheck.objects.in_bulk([one.data["check"] for one in events], field_name="public_id")
    known = {str(key): one for key, one in checks.items()}
    for one in events:
        project = projects.get(one.project_key) if one.project_key else None
        if project is None or one.data["check"] not in known:
            continue
        values = {"project": project.name, "verdicts": one.data["verdicts"]}
        address = reverse("copilot-improve", args=[project.public_id])
        for person in who(project.organization_id, project.public_id, *access.MANAGE, Role.ML_ENGINEER):
            yield Told(person, project.organization_id, f"check:{one.data['check']}", address, values)


def doubts_in_words(values: Mapping[str, Any]) -> str:
    number = values["verdicts"]
    text = ngettext(
        "%(verdicts)s verdict of %(project)s is likelier wrong than right. Ask reviewers for a second look.",
        "%(verdicts)s verdicts of %(project)s are likelier wrong than right. Ask reviewers for a second look.",
        number,
    )
    return text % values


KINDS = [
    Kind(
        "training_failed",
        gettext_lazy("Trainings that failed"),
        frozenset({training.FAILED_EVENT}),
        hear_of_training,
        training_in_words,
        office=True,
    ),
    Kind(
        "likely_wrong",
        gettext_lazy("Verdicts that are likely wrong"),
        frozenset({likely_wrong.FOUND}),
        hear_of_doubts,
        doubts_in_words,
        office=True,
    ),
    drift.KIND,
    plans.KIND,
]
