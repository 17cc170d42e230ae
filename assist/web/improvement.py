"""What to improve: where the model loses, down to the very tasks, and which verdicts are likely wrong."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from assist.learning import declared, doubts, improve, learning_curve, likely_wrong
from assist.learning.recipes import RECIPES
from assist.models import LabelCheck
from assist.web import training
from assist.web.evaluation_rows import excerpt_of
from assist.web.forms import LooksForm
from assist.web.slice_names import SliceNames
from assist.web.training import looks_after
from projects.errors import Refused
from projects.models import Project, Task
from projects.reports import notices
from projects.web.shared.access import manages
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest, number_asked

SHOWN = 20  # slices, and likely wrong verdicts
PAGE = 50  # tasks
SLICE = 200  # characters that a name of one has at most


@require_GET
@looks_after
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """Slices by what is to be gained there, and what the last check of verdicts found."""
    found, check = improve.measured(project), likely_wrong.newest(project)
    points = [(int(number), float(right)) for number, right in check.curve] if check else []
    promised = doubts.gain(points)
    context = training.around(request, project) | {
        "measured": found,
        "slices": improve.weak_slices(found)[:SHOWN] if found else [],
        "check": check,
        "checking": check is not None and check.state == LabelCheck.State.RUNNING,
        "doubted": _doubted(check, project) if check else [],
        "curve": [(number, 100 * right) for number, right in points],
        "promised": None if promised is None else round(100 * promised, 1),
        "trained": [
            (RECIPES[one.recipe].title, one, one.points[0], one.points[-1]) for one in learning_curve.of(project)
        ],
        "looks_form": LooksForm(),
        "declared": declared.all_of(project),
        "worker": notices.worker_alive(),
    }
    return render(request, "assist/improve.html", context)


@require_GET
@looks_after
def tasks(request: MemberRequest, project: Project) -> HttpResponse:
    """The tasks of a slice, those first at which the model did worst."""
    found = improve.measured(project)
    if found is None:
        raise NotFound("Nothing was measured here yet.")
    name = request.GET.get("slice", "").replace("\x00", "")[:SLICE]
    at = number_asked(request, "page")
    rows = improve.worst(found, name, skip=(at - 1) * PAGE, most=PAGE + 1)
    context = training.around(request, project) | {
        "measured": found,
        "slice": name,
        "rows": [(one, excerpt_of(one.task)) for one in rows[:PAGE]],
        "before": at - 1,
        "after": at + 1 if len(rows) > PAGE else 0,
    }
    return render(request, "assist/improve_tasks.html", context)


@require_POST
@looks_after
def check(request: MemberRequest, project: Project) -> HttpResponse:
    """Look for verdicts that are likely wrong."""
    try:
        likely_wrong.begin(project, by=request.user)
        messages.success(request, _("The verdicts are being checked."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-improve", project.public_id)


@require_POST
@looks_after
def looks(request: MemberRequest, project: Project) -> HttpResponse:
    """Ask reviewers for a second look at the likeliest."""
    form, newest = LooksForm(request.POST), likely_wrong.newest(project)
    if newest is None or not form.is_valid():
        messages.error(request, _("From 1 to 100 at once, once verdicts were checked."))
        return redirect("copilot-improve", project.public_id)
    try:
        made = likely_wrong.open_looks(newest, form.cleaned_data["most"], by=request.user)
        said = ngettext("%(number)d second look was opened.", "%(number)d second looks were opened.", made)
        messages.success(request, said % {"number": made})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("copilot-improve", project.public_id)


@require_POST
@manages
def withdraw(request: MemberRequest, project: Project, slice_id: UUID) -> HttpResponse:
    """Have the gate ask for a declared kind of task no longer."""
    try:
        declared.withdraw(project, slice_id, because=request.POST.get("reason", ""), by=request.user)
        messages.success(request, _("Withdrawn. Evaluations don’t ask for it from the next one on."))
    except Refused as refused:
        messages.error(request, refused.text)
    return redirect(reverse("copilot-improve", args=[project.public_id]) + "#declared-title")


def _doubted(found: LabelCheck, project: Project) -> list[dict[str, Any]]:
    """The likeliest, with their tasks where those are still here."""
    rows = likely_wrong.doubted(found)[:SHOWN]
    known = Task.objects.filter(project=project).in_bulk([one["task"] for one in rows])
    names = SliceNames(project)
    return [
        {
            **one,
            "task": known[one["task"]],
            "excerpt": excerpt_of(known[one["task"]]),
            "instead": names.choice(one["instead"]),
        }
        for one in rows
        if one["task"] in known
    ]
