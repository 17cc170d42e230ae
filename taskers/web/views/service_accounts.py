"""Programs of the organization's own, for its office: made, given tokens, ended."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taskers.errors import Problem
from taskers.models import Membership, ServiceAccount
from taskers.organizations.project_names import project_names
from taskers.people import service_accounts as verbs
from taskers.web.forms import ServiceAccountForm, TokenForm
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role, require_fresh_sign_in
from taskers.web.views.people import OFFICE


@require_http_methods(["GET", "POST"])
@needs_role(*OFFICE)
def accounts(request: MemberRequest) -> HttpResponse:
    """All in use, and a form for one more."""
    form = ServiceAccountForm(request.user, request.organization, request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        said["project_key"] = said.pop("project")
        try:
            made = verbs.create(request.organization, by=request.user, **said)
        except Problem as problem:
            form.add_error("name" if problem.place == "name" else None, problem.text)
        else:
            return redirect("service-account", made.public_id)
    context = {"accounts": verbs.of(request.organization), "form": form, "part": "service-accounts"}
    status = 422 if request.method == "POST" else 200
    return render(request, "taskers/service_accounts.html", context, status=status)


@require_GET
@needs_role(*OFFICE)
def account(request: MemberRequest, account_id: UUID) -> HttpResponse:
    """One, with its roles and tokens."""
    return _page(request, verbs.one_of(request.organization, account_id))


@require_POST
@never_cache
@needs_role(*OFFICE)
def issue(request: MemberRequest, account_id: UUID) -> HttpResponse:
    """Make a token of its own and show its secret, this once. A stolen session alone makes none."""
    found = verbs.one_of(request.organization, account_id)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, token_form=form)
    require_fresh_sign_in(request)
    said = {"name": form.cleaned_data["name"], "scopes": form.cleaned_data["scopes"], "expires_at": form.expires_at()}
    try:
        token, secret = verbs.issue(found, by=request.user, **said)
    except Problem as problem:
        form.add_error("days" if problem.place == "days" else None, problem.text)
        return _page(request, found, status=problem.status, token_form=form)
    return _page(request, found, made={"token": token, "secret": secret})


@require_POST
@never_cache
@needs_role(*OFFICE)
def rotate(request: MemberRequest, account_id: UUID, token_id: UUID) -> HttpResponse:
    """Make another token in the place of one of its own, and show its secret, this once."""
    found = verbs.one_of(request.organization, account_id)
    require_fresh_sign_in(request)
    token, secret = verbs.rotate(found, token_id, by=request.user)
    return _page(request, found, made={"token": token, "secret": secret, "old": token.replaces})


@require_POST
@needs_role(*OFFICE)
def end(request: MemberRequest, account_id: UUID) -> HttpResponse:
    """End it, and all that it could enter with."""
    found = verbs.one_of(request.organization, account_id)
    verbs.end(found, by=request.user)
    messages.success(request, _("%(name)s opens nothing any more.") % {"name": found})
    return redirect("service-accounts")


def _page(request: MemberRequest, found: ServiceAccount, *, status: int = 200, **context: Any) -> HttpResponse:
    roles = Membership.objects.filter(person=found.person, organization=request.organization, ended_at=None)
    context.setdefault("token_form", TokenForm())
    context |= {
        "account": found,
        "roles_held": roles.order_by("pk"),
        "project_names": project_names(request.organization),
        "tokens": verbs.tokens_of(found),
        "part": "service-accounts",
    }
    return render(request, "taskers/service_account.html", context, status=status)
