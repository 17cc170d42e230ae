"""All projects of an organization side by side, those first that need somebody."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from projects import access
from projects.reports import organization as reports
from projects.web.manager import figures
from taskers import access as roles
from taskers.errors import NotAllowed, NotFound
from taskers.web.requests import MemberRequest


@require_GET
@login_required
def page(request: MemberRequest) -> HttpResponse:
    """The page, of the projects that whoever looks manages."""
    organization = request.organization
    if not organization:
        raise NotFound("You don't belong to an organization here; ask whoever invited you.")
    keys = roles.project_keys_of(request.user, organization, *access.MANAGE)
    if keys is not None and not keys:
        raise NotAllowed("This page is for managers; ask one to give you the role.")
    found = reports.of(organization, access.among(organization, keys).order_by("-priority", "-pk"))
    context = {
        "found": found,
        "figures": figures.of_organization(found.days),
        "currency": organization.currency,
        "days": reports.DAYS,
    }
    return render(request, "projects/manager/overview.html", context)
