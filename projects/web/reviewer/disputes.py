"""Where the office answers what taskers contest: the list, one with its evidence, the answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from projects import access
from projects.reports import disputes as reports
from projects.web.shared.answer_drawing import drawing
from taskers import access as roles
from taskers.errors import NotFound, Problem
from taskers.models import Dispute
from taskers.models.people import Role
from taskers.money import disputes
from taskers.web.requests import MemberRequest, key_asked
from taskers.web.views.access import needs_role

ANSWERS = (Role.REVIEWER, Role.FINANCE)


@require_GET
@never_cache
@needs_role(*ANSWERS)
def listed(request: MemberRequest) -> HttpResponse:
    """What is open, the most pressing first; or what was answered."""
    state = "answered" if request.GET.get("state") == "answered" else "open"
    after = Dispute.objects.filter(organization=request.organization, public_id=key_asked(request, "after")).first()
    lines = reports.listed(request.organization, request.user, state, after=after)
    context = {
        "lines": lines[: reports.PAGE],
        "state": state,
        "more": len(lines) > reports.PAGE,
        "next": lines[reports.PAGE - 1].dispute.public_id if len(lines) > reports.PAGE else None,
        "sees_money": roles.may(request.user, request.organization, Role.FINANCE),
    }
    return render(request, "projects/reviewer/disputes.html", context)


@require_GET
@never_cache
@needs_role(*ANSWERS)
def one(request: MemberRequest, dispute_key: UUID) -> HttpResponse:
    """A dispute, the tasker's answer beside the verdict, and the form that answers it."""
    return _page(request, _dispute(request, dispute_key))


@require_POST
@never_cache
@needs_role(*ANSWERS)
def answer(request: MemberRequest, dispute_key: UUID) -> HttpResponse:
    """Uphold or refuse it, with a reason."""
    dispute, said = _dispute(request, dispute_key), request.POST.get("answer", "").replace("\x00", "")
    try:
        answered = disputes.answer(dispute, request.user, state=request.POST.get("state", ""), text=said)
    except Problem as problem:
        return _page(request, dispute, problem)
    messages.success(request, _("Answered. The tasker sees it beside the piece of work."))
    # Upholding alone changes nothing of the task: what is left to do is said there.
    return redirect("dispute", dispute_key) if answered.state == Dispute.State.UPHELD else redirect("disputes")


def _page(request: MemberRequest, dispute: Dispute, problem: Problem | None = None) -> HttpResponse:
    found = reports.evidence(dispute)
    task, organization = found.task, request.organization
    key = task.project.public_id if task else None
    reviews = bool(key) and roles.may(request.user, organization, *access.REVIEW, project_key=key)
    may_answer = reports.may_answer(dispute, request.user)
    told = may_answer and not (found.blind and reviews)  # who may be drawn to look at it isn't told what was decided
    answers = _answers(found, told)
    context = {
        "found": found,
        "dispute": dispute,
        "task": task,
        "view": drawing(task, answers) if task and answers and reviews else None,
        "reviews": reviews,
        "told": told,
        "looks": reviews and told and not (found.known or found.gold),
        "undecided": dispute.state == Dispute.State.UPHELD and not (found.decided_anew or found.known or found.gold),
        "manages": bool(key) and roles.may(request.user, organization, *access.MANAGE, project_key=key),
        "own": dispute.tasker_id == request.user.pk,
        "may_answer": may_answer,
        "problem": problem,
        "typed": request.POST.get("answer", ""),
        "currency": organization.currency,
    }
    return render(request, "projects/reviewer/dispute.html", context, status=problem.status if problem else 200)


def _answers(found: reports.Evidence, told: bool) -> dict[str, dict]:
    """What is drawn: the tasker's answer, and for whoever is told it what was held right, then and now."""
    mine = {"mine": found.answer.answer} if found.answer else {}
    if not told:
        return mine
    if found.known:
        return mine | {"known": found.known.answer}
    then = {"then": found.then.answer} if found.then else {}
    return mine | then | ({"now": found.now.answer} if found.now and found.decided_anew else {})


def _dispute(request: MemberRequest, dispute_key: UUID) -> Dispute:
    rows = Dispute.objects.select_related("tasker", "answered_by", "organization")
    found = rows.filter(organization=request.organization, public_id=dispute_key).first()
    if found is None:
        raise NotFound()
    return found
