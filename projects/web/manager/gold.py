"""The gold of a project: how it fares, retiring it and putting it back."""

import random
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from projects.models import Project
from projects.quality.gold import authoring, pool
from projects.reports import gold_health
from projects.task_types import TASK_TYPES
from projects.web.manager.forms.gold import KeepManyForm
from projects.web.shared.access import manages
from projects.web.shared.answer_drawing import drawing
from projects.web.shared.units import of_percent
from projects.workforce import rules
from taskers.errors import Problem, StateConflict
from taskers.web.requests import MemberRequest

PAGE = 50


@require_GET
@manages
def page(request: MemberRequest, project: Project) -> HttpResponse:
    """The stock, 50 at a time."""
    pages = Paginator(pool.known_answers(project), PAGE)
    here = pages.get_page(request.GET.get("page"))
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "form": KeepManyForm(initial={"number": 20, "least": 95}),
        "lines": pool.lines(list(here.object_list)),
        "here": here,
        "health": gold_health.health(project, _precision(request)),
        "limit": rules.in_force(project).gold_uses,
        "share": rules.in_force(project).gold_share,
        "tab": "people",
        "part": "gold",
    }
    return render(request, "projects/manager/gold.html", context)


def _precision(request: MemberRequest) -> float:
    text = request.GET.get("precision", "")
    return int(text) / 100 if text.isascii() and text.isdigit() and len(text) < 3 else gold_health.USUAL


@require_GET
@manages
def one(request: MemberRequest, project: Project, task_id: UUID) -> HttpResponse:
    """One known answer, beside what people say instead."""
    kept = pool.one_of(project, task_id)
    right, others = pool.other_answers(kept)
    task = kept.gold.task
    answers = {"known": kept.gold.answer} | {f"other{place}": other.answer for place, other in enumerate(others)}
    context = {
        "project": project,
        "task_type": TASK_TYPES[project.task_type],
        "task": task,
        "line": pool.lines([kept])[0],
        "right": right,
        "others": [(f"other{place}", place, other.number) for place, other in enumerate(others)],
        "view": drawing(task, answers),
        "tab": "people",
        "part": "gold",
    }
    return render(request, "projects/manager/gold_answer.html", context)


@require_POST
@manages
def answer(request: MemberRequest, project: Project, task_id: UUID) -> HttpResponse:
    """Hold right what people say instead."""
    kept = pool.one_of(project, task_id)
    _right, others = pool.other_answers(kept)
    place = request.POST.get("other", "")
    try:
        if not place.isascii() or not place.isdigit() or int(place) >= len(others):
            raise StateConflict("Nobody says this any more; look again.", code="no-such-answer")
        authoring.answer_anew(kept, others[int(place)].answer, by=request.user, dice=random.SystemRandom())
        messages.success(request, _("This is its answer now; its count starts afresh."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("gold-answer", project.public_id, task_id)


@require_POST
@manages
def keep_many(request: MemberRequest, project: Project) -> HttpResponse:
    """Make gold of decided tasks, by lot."""
    form = KeepManyForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say how many, from 1 to 500, and how sure in percent."))
        return redirect("project-gold", project.public_id)
    said = form.cleaned_data
    try:
        dice = random.SystemRandom()
        made = authoring.keep_many(project, said["number"], of_percent(said["least"]), by=request.user, dice=dice)
        messages.success(request, ngettext("%(n)s is gold now.", "%(n)s are gold now.", made) % {"n": made})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-gold", project.public_id)


@require_POST
@manages
def act(request: MemberRequest, project: Project, task_id: UUID) -> HttpResponse:
    """Retire one, with a reason, or put it back."""
    kept = pool.one_of(project, task_id)
    try:
        if request.POST.get("act") == "retire":
            pool.retire(kept, request.POST.get("why", ""), by=request.user)
            messages.success(request, _("Retired: nobody gets it any more."))
        else:
            pool.restore(kept, by=request.user)
            messages.success(request, _("Back in the stock; its count starts afresh."))
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("project-gold", project.public_id)
