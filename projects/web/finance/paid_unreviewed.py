"""Projects that pay what waits for a reviewer though nobody looked: for finance, who say yes to it, or no."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from projects.models import Project, ProposedDeadline, ReviewDeadline
from projects.quality import approvals
from taskers.errors import NotFound, Problem
from taskers.models.people import Role
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role

SHOWN = 100  # that wait: what is answered makes room for the next
PAGE = 50


@require_GET
@needs_role(Role.OWNER, Role.FINANCE)
def page(request: MemberRequest) -> HttpResponse:
    """Those that wait for a second person, and those that are on."""
    here = {"project__organization": request.organization}
    asked = ProposedDeadline.objects.filter(**here).select_related("project__review_deadline", "made_by")
    on = ReviewDeadline.objects.filter(**here).select_related("project", "changed_by", "approved_by")
    shown = Paginator(on.order_by("project__name", "pk"), PAGE).get_page(request.GET.get("page"))
    context = {"part": "unreviewed", "asked": asked.order_by("made_at")[:SHOWN], "on": shown}
    return render(request, "projects/finance/unreviewed.html", context)


@require_POST
@needs_role(Role.OWNER, Role.FINANCE)
def act(request: MemberRequest, project_id: UUID) -> HttpResponse:
    """Say yes, or no, or switch it off."""
    project = Project.objects.filter(organization=request.organization, public_id=project_id).first()
    if project is None:
        raise NotFound()
    try:
        match request.POST.get("act"):
            case "approve":
                approvals.agree(project, request.user, days=_seen(request))
                messages.success(request, _("It is on."))
            case "decline":
                approvals.decline(project, request.user)
                messages.success(request, _("It stays as it was."))
            case "stop":
                approvals.propose(project, request.user, None)
                messages.success(request, _("It is off. What it paid stays."))
            case _:
                raise NotFound()
    except NotFound:
        raise
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("money-unreviewed")


def _seen(request: MemberRequest) -> int:
    """How many days the page said, so that nobody says yes to others."""
    said = request.POST.get("days", "")
    return int(said) if said.isdecimal() and len(said) < 5 else 0
