"""Who may work on a project, how much, and what comes first; and who can't at the moment."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects import batches as batch_verbs
from projects.admission import qualifying, rules
from projects.admission.rule_forms import (
    BatchForm,
    RequirementFormSet,
    RulesForm,
    requirement_rows,
    rules_initial,
    skills_of,
)
from projects.models import Batch, Project
from projects.tasktypes import TASK_TYPES
from projects.views.door import managed_batch, manages, signed_in
from taskers.errors import Problem
from taskers.requests import MemberRequest

BATCHES = 50  # on a page


@require_http_methods(["GET", "POST"])
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The rules in force, and a form that changes them."""
    row = rules.in_force(project)
    form = RulesForm(request.POST or None, initial=rules_initial(project, row))
    asked: Any = RequirementFormSet(
        request.POST or None,
        initial=requirement_rows(project),
        prefix="asked",
        form_kwargs={"skills": skills_of(project.organization)},
    )
    if request.method == "POST" and form.is_valid() and asked.is_valid():
        try:
            rules.revise(project, request.user, requirements=asked.wanted(), **form.terms())
            messages.success(request, _("Saved. It holds from the next claim on."))
            return redirect("project-rules", project.public_id)
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, problem.text)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "projects/rules.html", _context(project, form, asked, request.GET.get("page")), status=status
    )


@require_POST
@signed_in
def arrange(request: MemberRequest, batch_id) -> HttpResponse:
    """Set how soon a batch is wanted."""
    batch = managed_batch(request, batch_id)
    form = BatchForm.of(batch, request.POST)
    if not form.is_valid():
        said = "; ".join(str(one) for errors in form.errors.values() for one in errors)
        raise Problem(said, code="bad-setting", place="deadline", status=422)
    batch_verbs.arrange(batch, by=request.user, **form.cleaned_data)
    messages.success(request, _("Batch %(name)s is in its new place.") % {"name": batch.name})
    return redirect("project-rules", batch.project.public_id)


def _context(project: Project, form: RulesForm, asked: Any, page: str | None) -> dict[str, Any]:
    open_ones = project.batches.filter(state__in=["live", "paused", "draft"])
    here = Paginator(open_ones.order_by("-priority", "deadline", "pk"), BATCHES).get_page(page)
    rows: list[Batch] = list(here.object_list)
    return {
        "project": project,
        "room": TASK_TYPES[project.task_type],
        "form": form,
        "asked": asked,
        "batches": [(row, BatchForm.of(row)) for row in rows],
        "here": here,
        "seen": qualifying.look_over(project),
        "tab": "people",
        "part": "rules",
    }
