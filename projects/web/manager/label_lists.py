"""Labels as a list: what a pasted list or another project's labels would make of the label table, and the list of a
project's labels as a file. Nothing is saved here: the table is saved with the settings."""

import json
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.configuration import label_colours, label_keys, save_settings
from projects.data import label_lists, label_plan
from projects.data.label_lists import LabelList
from projects.data.label_plan import Plan, Terms
from projects.models import Project
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.labels import OF_TYPES, LabelFormSet
from projects.web.manager.forms.preference import own_labels
from projects.web.shared.access import manages
from taskers.errors import NotFound, Problem
from taskers.models import Organization
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json; charset=utf-8"}


def copyable_projects(
    request: MemberRequest, organization: Organization, project: Project | None = None
) -> QuerySet[Project]:
    """The organization's other projects that the person manages, whose labels may be copied, by name."""
    projects = access.projects_for(request.user, organization, *access.MANAGE).order_by("name")
    return projects.exclude(pk=project.pk) if project else projects


@require_POST
@manages
def preview(request: MemberRequest, project: Project) -> HttpResponse:
    """The label table as typed, with a list put into it: what is added, changed, unchanged, removed and rejected."""
    task_type = TASK_TYPES[project.task_type]
    grid = project.settings_now().grid or 1
    terms = Terms(
        asked=task_type.labels_asked,
        keys_may_change=label_keys.may_change(project),
        studio_keys=lambda rows: task_type.studio_keys(rows, grid),
    )
    return _previewed(request, project.organization, terms, task_type.labels_asked, project)


@require_POST
@never_cache
@needs_role(*access.MANAGE)
def preview_new(request: MemberRequest) -> HttpResponse:
    """The same of a project that isn't there yet, whose type may not be chosen yet."""
    chosen = request.POST.get("task_type", "")
    if chosen in TASK_TYPES:
        task_type = TASK_TYPES[chosen]
        terms = Terms(asked=task_type.labels_asked, keys_may_change=True, studio_keys=task_type.studio_keys)
    else:
        terms = Terms(asked=OF_TYPES, keys_may_change=True, studio_keys=lambda _rows: {})
    return _previewed(request, request.organization, terms, OF_TYPES)


def _previewed(
    request: MemberRequest,
    organization: Organization,
    terms: Terms,
    shown: Collection[str],
    project: Project | None = None,
) -> HttpResponse:
    if "list_options" in request.POST:  # as the list is opened: most pages are read without it
        projects = copyable_projects(request, organization, project)
        return render(request, "projects/manager/_label_list_projects.html", {"projects": projects})
    of_forms = {"asked": terms.asked, "shown": shown, "keys_may_change": terms.keys_may_change}
    typed = LabelFormSet(request.POST, prefix="labels", form_kwargs=of_forms)
    context: dict[str, Any] = {"project": project}
    try:
        rows = [{name: form[name].value() for name in form.fields} for form in typed.forms]
        listed = _listed(request, organization, terms)
        replace_all = request.POST.get("list_replace") == "on"
        plan = label_plan.plan(rows, listed, terms, replace_all=replace_all)
        formset = LabelFormSet(initial=_coloured(plan), prefix="labels", form_kwargs=of_forms)
        context |= {"plan": plan, "rows": formset, "has_effect": plan.added or plan.changed or plan.removed}
    except Problem as problem:
        context["problem"] = problem
    return render(request, "projects/manager/_label_list.html", context)


def _coloured(plan: Plan) -> list[dict[str, Any]]:
    """The rows, each in a colour; new ones get one that no other has, as far as there are any."""
    used = [str(row["colour"]) for row in plan.rows if row.get("colour")]
    fresh = iter(label_colours.fresh(used, len(plan.rows)))
    return [row if row.get("colour") else row | {"colour": next(fresh)} for row in plan.rows]


def _listed(request: MemberRequest, organization: Organization, terms: Terms) -> LabelList:
    """The pasted list, or the labels of the project that is chosen: without shapes where there are none to choose, as
    nobody who copies labels from images to texts misses them."""
    source = request.POST.get("list_project", "")
    if not source:
        return label_lists.read(request.POST.get("list_text", ""))
    try:
        project = access.project(request.user, UUID(source), *access.MANAGE)
    except ValueError:
        raise NotFound() from None
    if project.organization_id != organization.pk:
        raise NotFound()
    labels = {label["key"]: label for label in _labels(project)}
    entries = label_lists.entries(labels.values())
    if "shapes" not in terms.asked:
        entries = [entry | {"shapes": []} for entry in entries]
    listed = label_lists.checked(enumerate(entries, start=1))
    for label in listed.labels:
        copied = labels[label["key"]]
        label["attributes"] = json.dumps(copied["attributes"], ensure_ascii=False)
        label["field"] = copied["field"]
    return listed


def _labels(project: Project) -> list[Mapping[str, Any]]:
    """The labels in use that a manager made: without those that the type has by itself."""
    types = {label["key"] for label in own_labels(project.task_type)}
    return [label for label in save_settings.labels_of(project) if label["key"] not in types]


@require_GET
@manages
def download(request: MemberRequest, project: Project, ending: str) -> HttpResponse:
    """The labels in use as CSV or JSON, which can be pasted into another project."""
    labels = _labels(project)
    text = label_lists.as_csv(labels) if ending == "csv" else label_lists.as_json(labels)
    response = HttpResponse(text, content_type=CONTENT_TYPES[ending])
    response["Content-Disposition"] = f'attachment; filename="labels.{ending}"'
    return response
