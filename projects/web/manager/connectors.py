"""The places from which an organization loads data."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from projects import access
from projects.data.connectors import saved
from projects.data.connectors.kinds import KINDS
from projects.models import Connector
from projects.web.manager.forms.connectors import ConnectorForm
from projects.web.shared.access import signed_in
from taskers.errors import NotFound, Problem
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role, require_fresh_sign_in


@require_http_methods(["GET", "POST"])
@signed_in
@needs_role(*access.MANAGE)
def page(request: MemberRequest) -> HttpResponse:
    """Those there are; posting keeps another."""
    chosen = request.POST.get("kind", "")
    forms: dict[str, Any] = {
        key: ConnectorForm(request.POST if key == chosen else None, kind=kind) for key, kind in KINDS.items()
    }
    form = forms.get(chosen)
    if form is not None and form.is_valid():
        require_fresh_sign_in(request)
        try:
            made = saved.add(request.organization, chosen, form.cleaned_data["name"], form.given(), by=request.user)
            messages.success(
                request, _("%(name)s is kept. Load from it on a project's “Load data”.") % {"name": made.name}
            )
            return redirect("connectors")
        except Problem as problem:
            form.add_error(problem.place if problem.place in form.fields else None, _told(problem))
    context = {
        "rows": [(one, KINDS[one.kind].title) for one in _kept(request)],
        "forms": [(kind, forms[key], key == chosen) for key, kind in KINDS.items()],
    }
    return render(request, "projects/manager/connectors.html", context, status=422 if form and form.errors else 200)


def _told(problem: Problem) -> str:
    return f"{problem.text} ({problem.place})" if "," in problem.place else problem.text


def _kept(request: MemberRequest):
    rows = request.organization.connectors.filter(ended_at=None)
    return rows.select_related("made_by").order_by("name")


@require_POST
@signed_in
def end(request: MemberRequest, connector_id: UUID) -> HttpResponse:
    """Load from it no more, and throw its secret away."""
    found = Connector.objects.select_related("organization").filter(public_id=connector_id).first()
    if found is None:
        raise NotFound()
    access.access.require(request.user, found.organization, *access.MANAGE)
    try:
        saved.end(found)
        messages.success(request, _("%(name)s is gone. What was loaded stays.") % {"name": found.name})
    except Problem as problem:
        messages.error(request, problem.text)
    return redirect("connectors")
