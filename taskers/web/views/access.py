"""Who comes in where."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.decorators import login_required
from django.http.response import HttpResponseBase

from taskers import access
from taskers.errors import NotAllowed, NotFound
from taskers.web.fresh_sign_in import is_fresh
from taskers.web.requests import MemberRequest

View = Callable[..., HttpResponseBase]


def needs_role(*roles: str) -> Callable[[View], View]:
    """Lets in who may act as one of these roles for the whole of the organization they are working in."""

    def wrap(view: View) -> View:
        @wraps(view)
        @login_required
        def wrapped(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.organization:
                raise NotFound("You don't belong to an organization here; ask whoever invited you.")
            access.require(request.user, request.organization, *roles)
            return view(request, *args, **kwargs)

        return wrapped

    return wrap


def require_fresh_sign_in(request: MemberRequest) -> None:
    """Has whoever signed in a while ago do so again, with their second step if they have one; then the view is asked
    again with what was sent. Raises ReauthenticationRequired, or NotAllowed where there is no way to ask them."""
    if is_fresh(request):
        return
    if not get_adapter().get_reauthentication_methods(request.user):
        raise NotAllowed("Sign out and in again, and then do this right away.")
    raise ReauthenticationRequired()
