"""The API tokens of the organization, for its office."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from taskers.web import token_list
from taskers.web.requests import MemberRequest
from taskers.web.views.access import needs_role
from taskers.web.views.people import OFFICE

MOST = 500


@require_GET
@never_cache
@needs_role(*OFFICE)
def tokens(request: MemberRequest) -> HttpResponse:
    """All that open something."""
    found = list(token_list.live(request.organization)[: MOST + 1])
    context = {"tokens": found[:MOST], "more": len(found) > MOST, "part": "tokens"}
    return render(request, "taskers/tokens.html", context)


@require_POST
@needs_role(*OFFICE)
def revoke(request: MemberRequest, token_id: UUID) -> HttpResponse:
    """End one, whosoever it is."""
    token = token_list.revoke(request.organization, token_id, by=request.user)
    said = {"token": token.name, "person": token.person}
    messages.success(request, _("%(token)s of %(person)s opens nothing any more.") % said)
    return redirect("tokens")
