"""Who may work on a project, how much, and what comes first; and who can't at the moment."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects.models import Batch, Project
from projects.reports import rules_effect
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.rules import (
    BatchForm,
    RequirementFormSet,
    RulesForm,
    requirement_rows,
    rules_initial,
    skills_of,
)
from projects.web.shared.access import managed_batch, manages, signed_in
from projects.workflow import batches
from projects.workforce import qualified_people, rules
from taskers.errors import Problem
from taskers.web.requests import MemberRequest

BATCHES = 50  # on a page


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The rules in force, and a form that changes them."""
    form, asked = _forms(project, request.POST or None)
    if request.method == "POST" and form.is_valid() and asked.is_valid():
        try:
            rules.revise(project, request.user, requirements=asked.wanted(), **form.terms())
            messages.success(request, _("Saved. It holds from the next claim on."))
            return redirect("project-rules", project.public_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    status = 422 if request.method == "POST" else 200
    return render(request, "projects/manager/rules.html", _context(request, project, form, asked), status=status)


@require_POST
@signed_in
def arrange(request: MemberRequest, batch_id) -> HttpResponse:
    """Set how soon a batch is wanted."""
    batch = managed_batch(request, batch_id)
    form = BatchForm.of(batch, request.POST)
    if not form.is_valid():
        context = _context(request, batch.project, *_forms(batch.project), refused=(batch, form))
        return render(request, "projects/manager/rules.html", context, status=422)
    batches.arrange(batch, by=request.user, **form.cleaned_data)
    messages.success(request, _("Batch %(name)s is in its new place.") % {"name": batch.name})
    return redirect("project-rules", batch.project.public_id)


def _forms(project: Project, data: Any = None) -> tuple[RulesForm, Any]:
    """The rules in force as forms: terms, and what is required."""
    initial = rules_initial(project, rules.in_force(project))
    skills = {"skills": skills_of(project.organization)}
    rows = requirement_rows(project)
    asked = RequirementFormSet(data, initial=rows, prefix="asked", form_kwargs=skills)
    at = reverse("rules-effects", args=[project.public_id])
    return RulesForm(data, initial=initial, organization=project.organization, effects_at=at), asked


def _context(
    request: MemberRequest,
    project: Project,
    form: RulesForm,
    asked: Any,
    *,
    refused: tuple[Batch, BatchForm] | None = None,
) -> dict[str, Any]:
    """What the page shows; `refused` is a batch whose place couldn't be set, with its form."""
    open_ones = project.batches.filter(state__in=["live", "paused", "draft"])
    here = Paginator(open_ones.order_by("-priority", "deadline", "pk"), BATCHES).get_page(request.GET.get("page"))
    shown = {row: BatchForm.of(row) for row in here.object_list}
    shown |= [refused] if refused else []
    effects = rules_effect.of(project, rules.in_force(project))
    return {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "form": form,
        "asked": asked,
        "batches": list(shown.items()),
        "here": here,
        "seen": qualified_people.look_over(project),
        "effects": effects,
        "skips": [(field, effects.get(field.name, "")) for field in form.skips],
        "tab": "people",
        "part": "rules",
    }
