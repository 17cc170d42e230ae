"""Making a project, and changing what it asks for."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects import access
from projects.configuration import configure, illustrations, instructions, label_changes, label_keys, save_settings
from projects.configuration.pictured import instructions_html
from projects.configuration.save_settings import Overwrites
from projects.models import Illustration, Project, ProjectSettings, ProjectTemplate, limits
from projects.reports import settings_effect
from projects.task_types import TASK_TYPES
from projects.web.manager import gallery, previews, removed_labels
from projects.web.manager.conflict import conflict_of
from projects.web.manager.forms.illustrations import IllustrationForm
from projects.web.manager.forms.labels import OF_TYPES, LabelFormSet, Labels, blank_rows, label_rows
from projects.web.manager.forms.preference import own_labels
from projects.web.manager.forms.project import (
    ChangedSettingsForm,
    NewProjectForm,
    SettingsForm,
    settings_initial,
)
from projects.web.manager.forms.told import FIELD_OF
from projects.web.manager.previews import Looks
from projects.web.shared.access import manages
from projects.workflow import label_removal, project_copies
from taskers import access as roles
from taskers.errors import Problem
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role

LABEL_PLACE = re.compile(r"labels\[(\d+)\]\.(\w+)(.*)")


@require_http_methods(["GET", "POST"])
@never_cache
@needs_role(*access.MANAGE)
def new(request: MemberRequest) -> HttpResponse:
    """A form that makes a project, ready to load data into; begun from a pattern if the address names one."""
    organization = request.organization
    spoken = instructions.languages(organization)
    pattern = gallery.pattern_of(request.POST or request.GET, organization)
    form = NewProjectForm(request.POST or None, languages=spoken, organization=organization, pattern=pattern)
    labels = _new_labels(request, pattern)
    if request.method == "POST" and form.is_valid() and labels.is_valid():
        try:
            project = _create(request, form, labels, pattern)
            messages.success(
                request, _("The project is a draft. Load some data next, then publish it on its overview.")
            )
            return redirect("load", project.public_id)
        except Problem as problem:
            _blame(form, labels, problem)
    context = {"form": form, "labels": labels, "project": None, "pattern": pattern, "keys_may_change": True}
    context["preview"] = _preview(form, illustrations.template_of(organization, pattern or {}))
    return render(request, "projects/manager/new.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@manages
def task_preview(request: MemberRequest, project: Project) -> HttpResponse:
    """A task as taskers would see it under the settings as they are typed; nothing of them is saved."""
    in_use = save_settings.labels_of(project)
    renamable = in_use if label_keys.may_change(project) else []
    form, labels = _changed(request, project, project.settings_now(), in_use, bool(renamable))

    def tried() -> Looks:
        terms = _terms(form, labels, project.task_type, renamable)
        return previews.of_project(project, by=request.user, **terms)

    return _tried(request, request.POST.get("name", "").strip() or project.name, form, labels, tried)


@require_POST
@never_cache
@needs_role(*access.MANAGE)
def new_task_preview(request: MemberRequest) -> HttpResponse:
    """The same of a project that isn't there yet, which needs no name for that."""
    pattern = gallery.pattern_of(request.POST, request.organization)
    typed = request.POST.copy()
    typed["name"] = uuid4().hex
    spoken = instructions.languages(request.organization)
    form = NewProjectForm(typed, languages=spoken, organization=request.organization, pattern=pattern)
    labels = _new_labels(request, pattern)

    def tried() -> Looks:
        return previews.of_new(lambda: _create(request, form, labels, pattern), pattern, reader=request.user)

    name = request.POST.get("name", "").strip() or _("New project")
    blank = labels.is_valid() and not labels.meant  # nobody has said a label yet, which is no mistake
    return _tried(request, name, form, labels, tried, otherwise=200 if blank else 422)


def _tried(
    request: MemberRequest,
    name: str,
    form: SettingsForm,
    labels: Labels,
    tried: Callable[[], Looks],
    *,
    otherwise: int = 422,
) -> HttpResponse:
    looks = None
    if form.is_valid() and labels.is_valid():
        try:
            looks = tried()
        except Problem as problem:
            _blame(form, labels, problem)
    context = {"form": form, "labels": labels, "looks": looks, "name": name}
    return render(request, "projects/manager/_task_preview.html", context, status=200 if looks else otherwise)


def _changed(
    request: MemberRequest, project: Project, now: ProjectSettings, in_use: Sequence[Mapping], keys_may_change: bool
) -> tuple[ChangedSettingsForm, Any]:
    """The form and the label table of a project that is there."""
    shown = _own(project.task_type, in_use)
    labels = _labels(
        request, label_rows(shown, now.label_mapping, now.fields), project.task_type, keys_may_change, project
    )
    return _form(request, project, now), labels


def _own(task_type: str, labels: Sequence[Mapping]) -> list[Mapping]:
    """The labels that a manager made: without those that the type has by itself."""
    types = {one["key"] for one in own_labels(task_type)}
    return [one for one in labels if one["key"] not in types]


def _create(request: MemberRequest, form: NewProjectForm, labels: Labels, pattern: Mapping[str, Any] | None) -> Project:
    name, task_type = form.cleaned_data["name"], form.cleaned_data["task_type"]
    terms = _terms(form, labels, task_type, pattern["labels"] if pattern else ())
    asked = pattern or {"settings": {}}
    return project_copies.begin(
        request.organization, asked, by=request.user, name=name, task_type=task_type, draft=True, **terms
    )


def _new_labels(request: MemberRequest, pattern: Mapping[str, Any] | None) -> Any:
    """The label table of a project that isn't there yet, with what its pattern has."""
    if pattern is None:
        return _labels(request, blank_rows(), request.POST.get("task_type", ""))
    shown = _own(pattern["task_type"], pattern["labels"])
    begun = pattern["settings"]
    rows = label_rows(shown, begun.get("label_mapping", {}), begun.get("fields", [])) or blank_rows()
    return _labels(request, rows, request.POST.get("task_type", ""))


@require_http_methods(["GET", "POST"])
@manages
def settings(request: MemberRequest, project: Project) -> HttpResponse:
    """The settings in force, and a form that makes the next version of them."""
    now = project.settings_now()
    posted = request.method == "POST"
    in_use = save_settings.labels_of(project)
    seen = request.POST.get("seen", "") if posted else save_settings.mark(project, now.version, in_use)
    keys_may_change = label_keys.may_change(project)
    form, labels = _changed(request, project, now, in_use, keys_may_change)
    status, conflict, removed = 422 if posted else 200, None, None
    if posted and form.is_valid() and labels.is_valid():
        try:
            named = in_use if keys_may_change else []
            terms = _terms(form, labels, project.task_type, named) | {"seen": seen, "name": form.renamed()}
            removed = removed_labels.sent(request.POST, project, in_use, terms["labels"])
            version = label_removal.revise(project, request.user, merged=removed.merged(), **terms).version
            messages.success(request, _saved_as(version, now.version))
            return redirect("project-settings", project.public_id)
        except Overwrites as problem:
            status, conflict = problem.status, conflict_of(request, project, seen, form)
            seen = save_settings.mark(project)  # saving again, having read the notice, is meant
        except Problem as problem:
            _blame(form, labels, problem)
    pictures = list(illustrations.listed(project))
    context = {"project": project, "form": form, "labels": labels, "seen": seen}
    context |= {"conflict": conflict, "removed": removed}
    context |= {
        "media": TASK_TYPES[project.task_type].media,
        "in_use": _own(project.task_type, in_use),
        "version": now.version,
        "preview": _preview(form, project, pictures),
        "pictures": [one for one in pictures if one.removed_at is None],
        "picture_form": IllustrationForm(),
        "effects": settings_effect.of(project, now, configure.THRESHOLDS | now.thresholds),
        "keys_may_change": keys_may_change,
        "may_make": roles.may(request.user, project.organization, *access.MANAGE),
        "tab": "settings",
    }
    return render(request, "projects/manager/settings.html", context, status=status)


def _saved_as(version: int, before: int) -> str:
    """Names and labels are no version of their own."""
    return _("Saved as version %(version)s.") % {"version": version} if version != before else _("Saved.")


@require_POST
@manages
def merge_labels(request: MemberRequest, project: Project) -> HttpResponse:
    """Have a label's answers count as another's, and offer it no more."""
    names = dict(project.labels.in_use().values_list("key", "name"))
    label, into = request.POST.get("label", ""), request.POST.get("into", "")
    try:
        label_changes.merge(project, label, into, by=request.user)
        said = {"label": names[label], "into": names[into]}
        messages.success(request, _("“%(label)s” is “%(into)s” from now on.") % said)
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-settings", project.public_id)


def _form(request: MemberRequest, project: Project, now: ProjectSettings) -> ChangedSettingsForm:
    return ChangedSettingsForm(
        request.POST or None,
        initial=settings_initial(now) | {"name": project.name},
        task_type=project.task_type,
        effects_at=reverse("settings-effects", args=[project.public_id]),
        organization=project.organization,
        languages={code: code for code in now.instructions_by_language} | instructions.languages(project.organization),
        known=now.fields,
    )


def _labels(
    request: MemberRequest,
    rows: list[dict],
    task_type: str,
    keys_may_change: bool = True,
    project: Project | None = None,
) -> Any:
    """The label table. What a type doesn't ask is only shown where another type may still be chosen."""
    asked = TASK_TYPES[task_type].labels_asked if task_type in TASK_TYPES else OF_TYPES
    terms: dict[str, Any] = {"asked": asked, "shown": asked if project else OF_TYPES}
    terms["keys_may_change"] = keys_may_change
    return LabelFormSet(request.POST or None, initial=rows, prefix="labels", form_kwargs=terms)


def _terms(form: SettingsForm, labels: Labels, task_type: str, named: Sequence[Mapping]) -> dict[str, Any]:
    """All that the page says, as configure's verbs take it. Where one of the labels `named` before is called something
    else, its key follows."""
    names = {label["key"]: label["name"] for label in named}
    rows = [label_keys.following(row, names.get(row["present_key"])) for row in labels.filled()]
    terms = form.terms(task_type) | {"labels": [*rows, *form.own_labels(task_type)]}
    if "model_names" in TASK_TYPES[task_type].labels_asked:
        terms["label_mapping"] = labels.mapping([label_keys.present_key(row) for row in rows])
    return terms


def _preview(
    form: Form, owner: Project | ProjectTemplate | None, pictures: Sequence[Illustration] | None = None
) -> str:
    return instructions_html(str(form["instructions"].value() or "")[: limits.INSTRUCTIONS], owner, pictures)


def _blame(form: SettingsForm, labels: Labels, problem: Problem) -> None:
    """Put a verb's refusal beside the field it is about."""
    place = LABEL_PLACE.fullmatch(problem.place)
    if place and int(place[1]) < len(labels.meant):
        labels.meant[int(place[1])].blame(place[2], place[3], problem.text)
        return
    if problem.place == "labels" and labels.forms:
        labels.forms[0].add_error("name", problem.text)
        return
    field = problem.place
    if field.startswith("fields"):
        field = next((one for one in ("fields_asked", "also_asked") if one in form.asked), "")
        form.blame_row(problem.place, before=int(field == "also_asked"))  # of a pair, what is preferred comes first
    field = FIELD_OF.get(field, field)
    form.add_error(field if field in form.fields else None, problem.text)


@require_POST
@needs_role(*access.MANAGE)
def preview(request: MemberRequest) -> HttpResponse:
    """Instructions of a project that isn't there yet, as taskers will see them."""
    pattern = gallery.pattern_of(request.POST, request.organization) or {}
    return _previewed(request, illustrations.template_of(request.organization, pattern))


@require_POST
@manages
def instructions_preview(request: MemberRequest, project: Project) -> HttpResponse:
    """The same of a project that has pictures."""
    return _previewed(request, project)


def _previewed(request: MemberRequest, owner: Project | ProjectTemplate | None) -> HttpResponse:
    asked = request.htmx.trigger_name if request.htmx else None
    said = asked if asked and asked.startswith("instructions") else "instructions"
    html = instructions_html(request.POST.get(said, "")[: limits.INSTRUCTIONS], owner)
    return render(request, "projects/manager/_preview.html", {"preview": html})
