"""The models that an organization brought: taken in, asked again, taken away."""

from pathlib import Path
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assist.registry import intake
from assist.web import overview
from assist.web.forms import BringForm
from projects import access
from taskers import access as roles
from taskers.errors import NotFound
from taskers.models import Organization
from taskers.models.people import Role
from taskers.web.requests import MemberRequest

MAY = (*access.MANAGE, Role.ML_ENGINEER)


@require_POST
@login_required
def add(request: MemberRequest) -> HttpResponse:
    """Take a model in as the organization's own."""
    organization = own_organization(request)
    form = BringForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            version = _brought(form, organization, request)
        except intake.BadModel as problem:
            form.add_error(None, f"{problem.place}: {problem.text}" if problem.place else problem.text)
        else:
            told = _("%(model)s is here. It is asked a first question; it can be chosen once it has answered.")
            messages.success(request, told % {"model": version})
            return redirect("models-overview")
    return overview.shown(request, organization, code=422, form=form)


@require_POST
@login_required
def again(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Ask it a first question once more."""
    version = intake.own(own_organization(request), version_id)
    intake.ask_again(version)
    messages.success(request, _("%(model)s is asked again.") % {"model": version})
    return redirect("models-overview")


@require_POST
@login_required
def remove(request: MemberRequest, version_id: UUID) -> HttpResponse:
    """Take it away."""
    version = intake.own(own_organization(request), version_id)
    intake.take_away(version)
    messages.success(request, _("%(model)s is gone.") % {"model": version})
    return redirect("models-overview")


def _brought(form: BringForm, organization: Organization, request: MemberRequest) -> object:
    file = form.cleaned_data["file"]
    if file:
        return intake.bring(organization, Path(file.temporary_file_path()), by=request.user)
    return intake.bring_page(organization, form.cleaned_data["page"], by=request.user)


def own_organization(request: MemberRequest) -> Organization:
    """The organization, for who may bring models. Raises NotFound, NotAllowed."""
    if not request.organization:
        raise NotFound()
    roles.require(request.user, request.organization, *MAY)
    return request.organization
