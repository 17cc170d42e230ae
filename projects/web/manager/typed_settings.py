"""What settings that are being typed would come to, beside their fields; nothing is saved."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects.configuration import configure
from projects.configuration.term_checks import check_numbers, check_reach
from projects.errors import Refused
from projects.models import Project, ProjectSettings
from projects.reports import settings_effect
from projects.web.manager.forms.project import FIELD_OF, ChangedSettingsForm, settings_initial
from projects.web.shared.access import manages
from taskers.web.requests import MemberRequest

FIELDS = {FIELD_OF.get(name, name): name for name in settings_effect.TOLD}  # the form's -> the settings'
SAID = {*settings_effect.TOLD, "thresholds"} - {"agreement"}  # what is taken of what the form says


class Effect(NamedTuple):
    """What stands beside a field: what its value comes to, or what is wrong with it."""

    field: str
    said: str
    fault: str


@require_GET
@manages
def effects(request: MemberRequest, project: Project) -> HttpResponse:
    """The effects of the values that are sent, the others as they are saved."""
    now = project.settings_now()
    values, faults = _typed(project, now, {name: request.GET[name] for name in FIELDS if name in request.GET})
    settings = ProjectSettings(**values)
    sure = [name for field, name in FIELDS.items() if field not in faults]
    told = settings_effect.of(project, settings, configure.THRESHOLDS | settings.thresholds, sure)
    found = [Effect(field, told.get(name, ""), faults.get(field, "")) for field, name in FIELDS.items()]
    asked = request.htmx.trigger_name if request.htmx else None
    aloud = next((one.fault or one.said for one in found if one.field == asked), "")
    return render(request, "projects/manager/_settings_effects.html", {"effects": found, "aloud": aloud})


def _typed(project: Project, now: ProjectSettings, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings with what was typed, and what is wrong with it by field; a wrong value counts as what is saved."""
    saved = {name: getattr(now, name) for name in configure.FIELDS}
    form = _form(project, now, typed)
    faults = {name: form.errors[name][0] for name in typed if name in form.errors}
    if faults:
        form = _form(project, now, {name: value for name, value in typed.items() if name not in faults})
    if form.errors:  # of what is saved, which no form would take
        return saved, faults
    said = {name: value for name, value in form.terms(project.task_type).items() if name in SAID}
    values = saved | said | {"thresholds": {**now.thresholds, **said["thresholds"]}}
    try:
        check_numbers(values, project.task_type)
        check_reach(project, now, values)
    except Refused as refused:
        faults.setdefault(FIELD_OF.get(refused.place, refused.place), refused.text)
    return values, faults


def _form(project: Project, now: ProjectSettings, typed: Mapping[str, str]) -> ChangedSettingsForm:
    said = settings_initial(now) | typed
    return ChangedSettingsForm(said, task_type=project.task_type, organization=project.organization, known=now.fields)
