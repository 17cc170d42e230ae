"""A person's own page: name and clock, sign-in, organizations, API tokens."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from taskers import access
from taskers.credentials import tokens
from taskers.errors import NotFound, Problem
from taskers.models import ApiToken, Person
from taskers.people import profile as people
from taskers.web.forms import ProfileForm, TokenForm
from taskers.web.requests import MemberRequest
from taskers.web.views.access import require_fresh_sign_in


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
def profile(request: MemberRequest) -> HttpResponse:
    """The page, and changing name and clock."""
    person = request.user
    form = ProfileForm(request.POST or None, initial=_said_by(person))
    if request.method == "POST" and form.is_valid():
        people.change_profile(person, **form.cleaned_data)
        translation.activate(form.cleaned_data["language"] or translation.get_language_from_request(request))
        messages.success(request, _("Saved."))
        return redirect("profile")
    return _page(request, form=form, status=422 if request.method == "POST" else 200)


@require_POST
@never_cache
@login_required
def issue_token(request: MemberRequest) -> HttpResponse:
    """Make a token and show its secret, this once. A stolen session alone makes none."""
    if not request.organization:
        raise NotFound()
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, token_form=form, status=422)
    require_fresh_sign_in(request)
    said = {"name": form.cleaned_data["name"], "scopes": form.cleaned_data["scopes"], "expires_at": form.expires_at()}
    try:
        token, secret = tokens.issue(request.user, request.organization, **said)
    except Problem as problem:
        form.add_error(problem.place, problem.text)
        return _page(request, token_form=form, status=422)
    return _page(request, made={"token": token, "secret": secret})


@require_POST
@never_cache
@login_required
def rotate_token(request: MemberRequest, token_id: UUID) -> HttpResponse:
    """Make another in the place of one of one's own, and show its secret, this once."""
    rows = ApiToken.objects.filter(person=request.user).select_related("person", "organization")
    token = get_object_or_404(rows, public_id=token_id)
    require_fresh_sign_in(request)
    try:
        made, secret = tokens.rotate(token, by=request.user)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("profile")
    return _page(request, made={"token": made, "secret": secret, "old": token})


@require_POST
@login_required
def revoke_token(request: MemberRequest, token_id: UUID) -> HttpResponse:
    """End a token of one's own."""
    token = get_object_or_404(ApiToken, public_id=token_id, person=request.user)
    tokens.revoke(token, request.user)
    messages.success(request, _("%(token)s opens nothing any more.") % {"token": token.name})
    return redirect("profile")


@require_POST
@login_required
def switch(request: MemberRequest) -> HttpResponse:
    """Work in another organization that one belongs to."""
    chosen = request.POST.get("organization", "")
    if chosen not in {str(one.public_id) for one in access.organizations_of(request.user)}:
        raise NotFound()
    request.session["organization"] = chosen
    return redirect("home")


def _page(request: MemberRequest, status: int = 200, **context: object) -> HttpResponse:
    person = request.user
    mine = ApiToken.objects.filter(person=person, revoked_at=None).select_related("organization", "replaced_by")
    context.setdefault("form", ProfileForm(initial=_said_by(person)))
    context.setdefault("token_form", TokenForm())
    context["tokens"] = list(mine.order_by("-pk"))
    return render(request, "taskers/profile.html", context, status=status)


def _said_by(person: Person) -> dict[str, str]:
    """What the form shows at first."""
    return {"name": person.name, "time_zone": person.time_zone, "language": person.language}
