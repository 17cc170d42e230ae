"""What settings and rules that are being typed would come to, beside their fields; nothing is saved."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects.configuration import configure
from projects.configuration.term_checks import check_numbers, check_reach
from projects.errors import Refused
from projects.models import Project, ProjectSettings
from projects.reports import rules_effect, settings_effect
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.project import OF_TYPES, ChangedSettingsForm, settings_initial
from projects.web.manager.forms.rules import RulesForm, rules_initial
from projects.web.manager.forms.told import FIELD_OF
from projects.web.shared.access import manages
from projects.workforce import rules
from taskers.web.requests import MemberRequest

SETTINGS = {FIELD_OF.get(name, name): name for name in settings_effect.NAMES}  # the form's -> the settings'
SAID = {*settings_effect.NAMES, "thresholds"} - configure.THRESHOLDS.keys()  # what is taken of what the form says
TICKED = {"file_order", "copilot", "empty_usual", "shows_verdicts"}  # of which a form says nothing where they aren't
WEIGHING = ("aggregation", "most", "target", "minimum_score")
RULES = {name: name for name in (*rules_effect.TOLD, "standing_evidence")}


class Effect(NamedTuple):
    """What stands beside a field: what its value comes to, or what is wrong with it."""

    field: str
    said: str
    fault: str


@require_GET
@manages
def effects(request: MemberRequest, project: Project) -> HttpResponse:
    """The effects of the settings that are sent, the others as they are saved."""
    now = project.settings_now()
    fields = _fields_of(project)
    typed: dict[str, Any] = dict(_sent(request, fields))
    if "wanted" in typed:  # which every page asks: this is all of it
        typed |= dict.fromkeys(TICKED & fields.keys() - typed.keys(), False)
    values, faults = _typed_settings(project, now, typed)
    settings = ProjectSettings(**values)
    sure = [name for field, name in fields.items() if field not in faults]
    if not _weighs_anew(request, now, settings):
        fields = {field: name for field, name in fields.items() if name not in settings_effect.WEIGHED}
        sure = [name for name in sure if name not in settings_effect.WEIGHED]
    told = settings_effect.of(project, settings, configure.THRESHOLDS | settings.thresholds, sure)
    return _answer(request, fields, told, faults)


@require_GET
@manages
def rules_effects(request: MemberRequest, project: Project) -> HttpResponse:
    """The same of the rules of handing out."""
    now, typed = rules.in_force(project), _sent(request, RULES)
    saved = rules_initial(project, now)
    form = RulesForm(saved | typed, organization=project.organization)
    faults = {name: str(form.errors[name][0]) for name in typed if name in form.errors}
    if faults:
        kept = {name: value for name, value in typed.items() if name not in faults}
        form = RulesForm(saved | kept, organization=project.organization)
    if form.is_valid():
        terms = form.terms()
        for name in terms.keys() & {*RULES, "skip_modes"}:
            setattr(now, name, terms[name])
    sure = [name for name in rules_effect.TOLD if name not in faults]
    if "standing_evidence" in faults:
        sure.remove("standing_floor")
    return _answer(request, RULES, rules_effect.of(project, now, sure), faults)


def _weighs_anew(request: MemberRequest, now: ProjectSettings, settings: ProjectSettings) -> bool:
    """Whether anything by which tasks are weighed is typed, or stands otherwise than it is saved: else what is said of
    it beside its field stays."""
    asked = request.htmx.trigger_name if request.htmx else None
    other = any(getattr(now, name) != getattr(settings, name) for name in WEIGHING)
    saved, typed = (configure.THRESHOLDS | one.thresholds for one in (now, settings))
    return asked in (None, *WEIGHING, *configure.THRESHOLDS) or other or saved != typed


def _fields_of(project: Project) -> dict[str, str]:
    asked = TASK_TYPES[project.task_type].settings_asked
    return {field: name for field, name in SETTINGS.items() if field in asked or field not in OF_TYPES}


def _sent(request: MemberRequest, fields: Collection[str]) -> dict[str, str]:
    return {name: request.GET[name] for name in fields if name in request.GET}


def _answer(
    request: MemberRequest, fields: Mapping[str, str], told: Mapping[str, str], faults: Mapping[str, str]
) -> HttpResponse:
    """Each beside its field; of the field that is typed in it is said aloud as well."""
    found = [Effect(field, told.get(name, ""), faults.get(field, "")) for field, name in fields.items()]
    asked = request.htmx.trigger_name if request.htmx else None
    aloud = next((one.fault or one.said for one in found if one.field == asked), "")
    return render(request, "projects/manager/_settings_effects.html", {"effects": found, "aloud": aloud})


def _typed_settings(
    project: Project, now: ProjectSettings, typed: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings with what was typed, and what is wrong with it by field; a wrong value counts as what is saved."""
    saved = {name: getattr(now, name) for name in configure.FIELDS}
    form = _form(project, now, typed)
    faults = {name: str(form.errors[name][0]) for name in typed if name in form.errors}
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


def _form(project: Project, now: ProjectSettings, typed: dict[str, Any]) -> ChangedSettingsForm:
    said = settings_initial(now) | typed
    return ChangedSettingsForm(said, task_type=project.task_type, organization=project.organization, known=now.fields)
