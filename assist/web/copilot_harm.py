"""The copilot's measured harm, raised as an alert: said to the managers once, and shown until it is over.

It is measured as the copilot's page shows it, by a worker, since it reads much.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assist.models import CopilotHarm
from assist.suggestions.help_report import Help, Interval
from assist.web import figures
from projects import access
from projects.models import Annotation, Project, ProjectSettings
from projects.reports.queue_health import Hindrance
from taskers.models import Event
from taskers.models.people import Role
from taskers.notifications.told import Kind, Told, who
from taskers.outbox.events import emit

RAISED = "copilot_harm"
RECENT_WORK = timedelta(days=1)  # without any, the figures are those of before
WEIGHT = 1  # among a project's hindrances: only what stops the work matters more


def watch_all() -> int:
    """Measure wherever work came in lately, and where harm is known; returns in how many projects it was raised."""
    return sum(look(project) for project in _watched().select_related("organization").order_by("pk"))


def look(project: Project) -> bool:
    """Raise or clear the alert of one project; says whether it was raised."""
    measured = figures.help_of(project).whole if project.settings_now().copilot else None
    if measured is None or not measured.does_harm:
        CopilotHarm.objects.filter(project=project).delete()
        return False
    return _raise(project, measured)


@transaction.atomic
def _raise(project: Project, measured: Help) -> bool:
    now = timezone.now()
    saved = _numbers(measured.saved) if measured.finding == "costs" else None
    better = _numbers(measured.better) if measured.better and measured.better.high < 0 else None
    values = {"saved": saved, "better": better, "measured_at": now}
    _harm, is_new = CopilotHarm.objects.update_or_create(
        project=project, defaults=values, create_defaults=values | {"raised_at": now}
    )
    if is_new:
        emit(
            RAISED,
            organization_id=project.organization_id,
            project_key=project.public_id,
            subject=f"project:{project.public_id}",
            saved=saved,
            better=better,
        )
    return is_new


def hindrances_of(projects: Sequence[int]) -> dict[int, list[Hindrance]]:
    """What to say of it beside what else keeps projects from getting done, by their keys."""
    rows = CopilotHarm.objects.filter(project__in=projects).select_related("project")
    return {row.project_id: [_hindrance(row)] for row in rows}


def hear(events: Sequence[Event]) -> Iterable[Told]:
    """Who manages the project, or looks after its models."""
    projects = Project.objects.in_bulk([event.project_key for event in events], field_name="public_id")
    for event in events:
        project = projects.get(event.project_key) if event.project_key else None
        if project is None:
            continue
        values = {"project": project.name, "saved": event.data["saved"], "better": event.data["better"]}
        address = reverse("project-copilot", args=[project.public_id])
        for person in who(project.organization_id, project.public_id, *access.MANAGE, Role.ML_ENGINEER):
            yield Told(person, project.organization_id, f"harm:{event.pk}", address, values)


def words(values: Mapping[str, Any]) -> str:
    """The alert as a sentence."""
    return f"{values['project']}: {_sentence(values['saved'], values['better'])}"


KIND = Kind("copilot_harm", gettext_lazy("Harm done by the copilot"), frozenset({RAISED}), hear, words, office=True)


def _watched() -> QuerySet[Project]:
    control = ProjectSettings.objects.filter(project=OuterRef("pk"), copilot=True, control_share__gt=0)
    recent = Annotation.objects.filter(task__project=OuterRef("pk"), at__gt=timezone.now() - RECENT_WORK)
    known = CopilotHarm.objects.filter(project=OuterRef("pk"))
    measurable = Project.objects.filter(Exists(control), Exists(recent), state=Project.State.LIVE)
    return measurable | Project.objects.filter(Exists(known))


def _hindrance(harm: CopilotHarm) -> Hindrance:
    remedy = _("Look at its figures, and turn it off or let another model answer.")
    address = reverse("project-copilot", args=[harm.project.public_id])
    return Hindrance(_sentence(harm.saved, harm.better), remedy, address, _("Copilot"), WEIGHT)


def _sentence(saved: Sequence[float] | None, better: Sequence[float] | None) -> str:
    sentences = []
    if saved:
        text = _("The copilot costs time: %(value)s %% saved (95 %% interval %(low)s to %(high)s %%).")
        sentences.append(text % _percents(saved))
    if better:
        text = _("Answers are worse with the copilot: quality %(value)s points (95 %% interval %(low)s to %(high)s).")
        sentences.append(text % _percents(better))
    return " ".join(sentences)


def _numbers(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.value, interval.low, interval.high]


def _percents(numbers: Sequence[float]) -> dict[str, str]:
    interval = Interval(*numbers)
    return {"value": interval.percent, "low": interval.low_percent, "high": interval.high_percent}
