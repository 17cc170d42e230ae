"""Where a new project begins: presets of ours, templates of one's own; and how a project becomes such a template."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.configuration import presets
from projects.data.importing import course_copies
from projects.models import Project, ProjectTemplate
from projects.task_types import TASK_TYPES
from projects.web.manager import samples
from projects.web.shared.access import manages
from projects.workflow import project_copies
from taskers.access import require
from taskers.errors import NotFound, Problem
from taskers.models import Organization
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role


@require_GET
@never_cache
@needs_role(*access.MANAGE)
def gallery(request: MemberRequest) -> HttpResponse:
    """Ready projects, each with a picture of its task; one's own templates first."""
    kept = list(project_copies.templates_of(request.organization))
    for one in kept:
        one.type_title = TASK_TYPES[one.pattern["task_type"]].title  # type: ignore[attr-defined]
    shown = [(one, samples.of_preset(one), TASK_TYPES[one.task_type].title) for one in presets.PRESETS.values()]
    return render(request, "projects/manager/gallery.html", {"presets": shown, "templates": kept})


def pattern_of(asked: QueryDict, organization: Organization) -> Mapping[str, Any] | None:
    """The pattern that an address or a form names, a preset or a template; None where it names none."""
    if preset := presets.PRESETS.get(asked.get("preset", "")):
        return presets.pattern_of(preset) | {"preset": preset.key, "title": preset.title}
    key = str(asked.get("template") or "")
    if not key:
        return None
    found = _template(organization, key)
    return found.pattern | {"template": str(found.public_id), "title": found.name}


@require_POST
@manages
def clone(request: MemberRequest, project: Project) -> HttpResponse:
    """Another project with the same labels, settings, rules and course."""
    require(request.user, project.organization, *access.MANAGE)
    try:
        copy = course_copies.clone(project, request.POST.get("name", ""), by=request.user, draft=True)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("project-settings", project.public_id)
    messages.success(request, _("The project is a draft. Load some data next, then publish it on its overview."))
    return redirect("project-settings", copy.public_id)


@require_POST
@manages
def keep(request: MemberRequest, project: Project) -> HttpResponse:
    """Keep a project's labels, settings and rules as a template."""
    require(request.user, project.organization, *access.MANAGE)
    try:
        made = project_copies.keep_template(project, request.POST.get("name", ""), by=request.user)
        messages.success(request, _("Kept: “%(name)s” is among the templates of a new project.") % {"name": made.name})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-settings", project.public_id)


@require_POST
@never_cache
@needs_role(*access.MANAGE)
def remove(request: MemberRequest, template_id: UUID) -> HttpResponse:
    """Throw a template away."""
    found = _template(request.organization, str(template_id))
    project_copies.remove_template(found, by=request.user)
    messages.success(request, _("“%(name)s” is no template any more.") % {"name": found.name})
    return redirect("project-gallery")


def _template(organization: Organization, key: str) -> ProjectTemplate:
    try:
        asked = UUID(key)
    except ValueError:
        raise NotFound() from None
    found = project_copies.templates_of(organization).filter(public_id=asked).first()
    if found is None:
        raise NotFound()
    return found
