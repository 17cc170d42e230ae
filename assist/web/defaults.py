"""What an organization's projects begin with, and whether its verdicts may teach models for everybody: said on the page
of all models."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assist.learning import rollout
from assist.registry import defaults
from assist.web import overview
from assist.web.brought import own_organization
from assist.web.forms import BeginWithForm
from taskers import access as roles
from taskers.errors import NotFound
from taskers.models import Organization
from taskers.models.people import Role
from taskers.organizations import consent
from taskers.web.requests import MemberRequest


@require_POST
@login_required
def begin(request: MemberRequest) -> HttpResponse:
    """Let projects begin with a version."""
    organization = own_organization(request)
    form = BeginWithForm(request.POST, organization=organization)
    if not form.is_valid():
        return overview.shown(request, organization, code=422, default_form=form)
    made = rollout.begin_with(organization, form.cleaned_data["version"], by=request.user)
    told = _("Projects in which no other model has answered begin with %(model)s from now on.")
    messages.success(request, told % {"model": made.version})
    return redirect("models-overview")


@require_POST
@login_required
def end(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """No further."""
    found = defaults.live(own_organization(request), version_id)
    defaults.end(found, by=request.user)
    messages.success(request, _("Projects don’t begin with %(model)s any more.") % {"model": found.version})
    return redirect("models-overview")


@require_POST
@login_required
def give_consent(request: MemberRequest) -> HttpResponse:
    """An owner says that the organization's verdicts may teach models for everybody."""
    consent.give(_owned(request), by=request.user)
    messages.success(request, _("Snapshots from now on may teach models for everybody."))
    return redirect("models-overview")


@require_POST
@login_required
def withdraw_consent(request: MemberRequest) -> HttpResponse:
    """An owner takes that back."""
    consent.withdraw(_owned(request), by=request.user)
    told = _("Taken back. Models that rest on these verdicts are marked, and come to answer nowhere else anew.")
    messages.success(request, told)
    return redirect("models-overview")


def _owned(request: MemberRequest) -> Organization:
    """The organization, for its owners alone. Raises NotFound, NotAllowed."""
    if not request.organization:
        raise NotFound()
    roles.require(request.user, request.organization, Role.OWNER)
    return request.organization
