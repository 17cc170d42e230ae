"""A version on its way to answer: how it goes, and what was done. For managers and ML engineers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assist.learning import canary, canary_report
from assist.models import Rollout
from assist.web.evaluation_rows import evaluation_of
from assist.web.forms import RolloutForm, SaidForm
from assist.web.rollouts import shown
from assist.web.training import around, looks_after
from projects.models import Project
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest

WIDE, HIGH = 640.0, 120.0  # of the drawing of its share


@require_POST
@looks_after
def begin(request: MemberRequest, project: Project, evaluation_id: UUID) -> HttpResponse:
    """Give what passed its first share, or let it answer in shadow before."""
    found = evaluation_of(project, evaluation_id)
    form = RolloutForm(request.POST)
    if form.is_valid():
        try:
            made = canary.begin(found, by=request.user, **form.terms())
        except Problem as problem:
            form.add_error(None, problem.text)
        else:
            messages.success(request, _("%(model)s is on its way.") % {"model": made.version})
            return redirect("copilot-rollout", project.public_id, made.public_id)
    return shown(request, found, rollout_form=form)


@require_GET
@looks_after
def page(request: MemberRequest, project: Project, rollout_id: UUID) -> HttpResponse:
    """Its share over time, each guardrail, what it did in shadow, and every step."""
    found = _rollout(project, rollout_id)
    timeline = list(found.timeline.select_related("by").order_by("number"))
    context = around(request, project) | {
        "rollout": found,
        "going_on": found.state in canary.RUNNING,
        "guardrails": canary_report.guardrails_of(found),
        "outlook": canary_report.outlook_of(found, timezone.now()),
        "shadow": canary_report.shadow_of(found),
        "timeline": timeline[::-1],
        "climb": _climb([(one.at, one.share) for one in timeline], found.ended_at or timezone.now()),
        "steps": canary.STEPS,
        "form": SaidForm(),
    }
    return render(request, "assist/rollout.html", context)


@require_POST
@looks_after
def hold(request: MemberRequest, project: Project, rollout_id: UUID) -> HttpResponse:
    """No further step for now."""
    found = _rollout(project, rollout_id)
    canary.hold(found, by=request.user, said=_said(request))
    return _done(request, found, _("Held. It keeps its share and takes no further step."))


@require_POST
@looks_after
def go_on(request: MemberRequest, project: Project, rollout_id: UUID) -> HttpResponse:
    """What was held goes on."""
    found = _rollout(project, rollout_id)
    canary.go_on(found, by=request.user, said=_said(request))
    return _done(request, found, _("It goes on."))


@require_POST
@looks_after
def roll_back(request: MemberRequest, project: Project, rollout_id: UUID) -> HttpResponse:
    """Back to what answered before, at once."""
    found = _rollout(project, rollout_id)
    canary.roll_back(found, by=request.user, said=_said(request))
    return _done(request, found, _("Rolled back. Work that somebody has in hand keeps what it was offered."))


def _said(request: MemberRequest) -> str:
    form = SaidForm(request.POST)
    return form.cleaned_data["said"] if form.is_valid() else ""


def _done(request: MemberRequest, found: Rollout, text: str) -> HttpResponse:
    messages.success(request, text)
    return redirect("copilot-rollout", found.project.public_id, found.public_id)


def _rollout(project: Project, key: UUID) -> Rollout:
    found = canary_report.of_project(project).filter(public_id=key).first()
    if found is None:
        raise NotFound("There is no such rollout here.")
    return found


def _climb(told: list[tuple[datetime, int]], until: datetime) -> dict[str, Any]:
    """The share over time as a line of steps, and where each began."""
    first = told[0][0]
    whole = max(1.0, (until - first).total_seconds())
    places = [(WIDE * (at - first).total_seconds() / whole, HIGH * (1 - share / 100)) for at, share in told]
    path = f"M0 {places[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in places[1:]) + f"H{WIDE:.1f}"
    return {"path": path, "from": first, "until": until}
