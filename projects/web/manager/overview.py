"""All projects of an organization side by side, those first that need somebody."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects.reports import organization as reports
from projects.web.manager import figures
from taskers.errors import NotFound
from taskers.web.requests import MemberRequest


@require_GET
@login_required
def page(request: MemberRequest) -> HttpResponse:
    """The page, of the projects that whoever looks manages."""
    found = _found(request)
    context = {
        "found": found,
        "figures": figures.of_organization(found, request.organization.currency),
        "currency": request.organization.currency,
        "days": reports.DAYS,
        "unit": "day",
    }
    return render(request, "projects/manager/overview.html", context)


@require_GET
@login_required
def file(request: MemberRequest, figure: str) -> HttpResponse:
    """One figure of all of them as a CSV file."""
    found = _found(request)
    return figures.file(figures.of_organization(found, request.organization.currency), figure, "day")


def _found(request: MemberRequest) -> reports.Overview:
    organization = request.organization
    if not organization:
        raise NotFound("You don't belong to an organization here; ask whoever invited you.")
    return reports.for_manager(organization, request.user)
