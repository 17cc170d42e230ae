"""Making a project, and changing what it asks for."""

import re
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from projects import access, configure, instructions, markdown, revision
from projects.forms import (
    NewProjectForm,
    SettingsForm,
    rate_label,
    settings_initial,
)
from projects.label_forms import LabelFormSet, Labels, blank_rows, label_rows
from projects.models import Project
from projects.pair_fields import own_labels
from projects.revision import Overwrites
from projects.tasktypes import TASK_TYPES
from projects.truth import methods
from projects.views.door import manages
from taskers.errors import Problem
from taskers.requests import MemberRequest
from taskers.views.door import needs_role

LABEL_PLACE = re.compile(r"labels\[(\d+)\]\.(name|key|hotkey)")


@require_http_methods(["GET", "POST"])
@never_cache
@needs_role(*access.MANAGE)
def new(request: MemberRequest) -> HttpResponse:
    """A form that makes a project, ready to load data into."""
    form = NewProjectForm(request.POST or None, languages=instructions.languages(request.organization))
    labels: Any = LabelFormSet(request.POST or None, initial=blank_rows(), prefix="labels")
    if request.method == "POST" and form.is_valid() and labels.is_valid():
        try:
            project = _create(request, form, labels)
            messages.success(request, _("The project is made. Load some data next."))
            return redirect("load", project.public_id)
        except Problem as problem:
            _blame(form, labels, problem)
    form.fields["rate"].label = rate_label(request.organization)
    context = {"form": form, "labels": labels, "project": None, "preview": _preview(form)}
    return render(request, "projects/new.html", context, status=422 if request.method == "POST" else 200)


def _create(request: MemberRequest, form: NewProjectForm, labels: Labels) -> Project:
    rows, task_type = labels.filled(), form.cleaned_data["task_type"]
    return configure.create(
        request.organization,
        request.user,
        name=form.cleaned_data["name"],
        task_type=task_type,
        labels=[*rows, *form.own_labels(task_type)],
        label_mapping=labels.mapping([configure.label_key(row) for row in rows]),
        **form.terms(task_type),
    )


@require_http_methods(["GET", "POST"])
@manages
def settings(request: MemberRequest, project: Project) -> HttpResponse:
    """The settings in force, and a form that makes the next version of them."""
    now = project.settings_now()
    seen = request.POST.get("seen") or revision.mark(project)
    own = {one["key"] for one in own_labels(project.task_type)}
    rows = label_rows([one for one in revision.labels_of(project) if one["key"] not in own], now.label_mapping)
    spoken = {code: code for code in now.instructions_by_language} | instructions.languages(project.organization)
    form = SettingsForm(request.POST or None, initial=settings_initial(now), languages=spoken)
    fitting = [(one.key, one.title) for one in methods.fitting(project.task_type, now.fields)]
    form.fields["aggregation"].choices = fitting  # type: ignore[attr-defined]
    labels: Any = LabelFormSet(request.POST or None, initial=rows, prefix="labels")
    status, conflict = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid() and labels.is_valid():
            try:
                version = _revise(request, project, form, labels, seen).version
                messages.success(request, _("Saved as version %(version)s.") % {"version": version})
                return redirect("project-settings", project.public_id)
            except Overwrites as problem:
                status, conflict = problem.status, _conflict(project, seen)
                seen = revision.mark(project)  # saving again, having read the notice, is meant
            except Problem as problem:
                _blame(form, labels, problem)
    form.fields["rate"].label = rate_label(project.organization)
    context = {
        "project": project,
        "room": TASK_TYPES[project.task_type],
        "form": form,
        "labels": labels,
        "seen": seen,
        "conflict": conflict,
        "version": now.version,
        "preview": _preview(form),
        "tab": "settings",
    }
    return render(request, "projects/settings.html", context, status=status)


def _revise(request: MemberRequest, project: Project, form: SettingsForm, labels: Labels, seen: str):
    rows = labels.filled()
    return revision.revise(
        project,
        request.user,
        seen=seen,
        labels=[*rows, *form.own_labels(project.task_type)],
        label_mapping=labels.mapping([configure.label_key(row) for row in rows]),
        **form.terms(project.task_type),
    )


def _conflict(project: Project, seen: str) -> dict[str, Any]:
    who, fields = revision.changed_since(project, seen)
    return {"who": who, "fields": ", ".join(field.replace("_", " ") for field in fields)}


def _preview(form: Form) -> str:
    return markdown.safe_html(str(form["instructions"].value() or "")[: instructions.LONGEST])


def _blame(form: Form, labels: Labels, problem: Problem) -> None:
    """Put a verb's refusal beside the field it is about."""
    if place := LABEL_PLACE.fullmatch(problem.place):
        rows = [row for row in labels.ordered_forms if row.cleaned_data.get("name", "").strip()]
        rows[int(place[1])].add_error("hotkey" if place[2] == "hotkey" else "name", problem.text)
        return
    field = problem.place if problem.place in form.fields else None
    form.add_error(field, f"{problem.text} ({problem.place})" if problem.place and field is None else problem.text)


@require_POST
@needs_role(*access.MANAGE)
def preview(request: MemberRequest) -> HttpResponse:
    """Instructions as taskers will see them."""
    asked = request.htmx.trigger_name if request.htmx else None
    said = asked if asked and asked.startswith("instructions") else "instructions"
    html = markdown.safe_html(request.POST.get(said, "")[: instructions.LONGEST])
    return render(request, "projects/_preview.html", {"preview": html})
