"""The API tokens of the organization, for its office."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from taskers.credentials import tokens as verbs
from taskers.models.people import Role
from taskers.web import token_list
from taskers.web.forms import TokenDaysForm
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role
from taskers.web.views.people import OFFICE

MOST = 500


@require_GET
@never_cache
@needs_role(*OFFICE)
def tokens(request: MemberRequest) -> HttpResponse:
    """All that open something."""
    return _page(request, TokenDaysForm(initial={"days": request.organization.token_days}))


@require_POST
@needs_role(Role.OWNER)
def days(request: MemberRequest) -> HttpResponse:
    """Say for how long tokens may work."""
    form = TokenDaysForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    sooner = verbs.limit(request.organization, form.cleaned_data["days"], by=request.user)
    said = ngettext("Saved. %(count)s token ends sooner.", "Saved. %(count)s tokens end sooner.", sooner)
    messages.success(request, said % {"count": sooner} if sooner else _("Saved."))
    return redirect("tokens")


def _page(request: MemberRequest, form: TokenDaysForm, status: int = 200) -> HttpResponse:
    found = list(token_list.live(request.organization)[: MOST + 1])
    context = {"tokens": found[:MOST], "more": len(found) > MOST, "part": "tokens", "days_form": form}
    return render(request, "taskers/tokens.html", context, status=status)


@require_POST
@needs_role(*OFFICE)
def revoke(request: MemberRequest, token_id: UUID) -> HttpResponse:
    """End one, whosoever it is."""
    token = token_list.revoke(request.organization, token_id, by=request.user)
    said = {"token": token.name, "person": token.person}
    messages.success(request, _("%(token)s of %(person)s opens nothing any more.") % said)
    return redirect("tokens")
