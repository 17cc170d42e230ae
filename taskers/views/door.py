"""Who comes in where."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse

from taskers import access
from taskers.errors import NotFound
from taskers.requests import MemberRequest

View = Callable[..., HttpResponse]


def needs_role(*roles: str) -> Callable[[View], View]:
    """Lets in who may act as one of these roles for the whole of the organization they are working in."""

    def wrap(view: View) -> View:
        @wraps(view)
        @login_required
        def wrapped(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.organization:
                raise NotFound("You don't belong to an organization here; ask whoever invited you.")
            access.require(request.user, request.organization, *roles)
            return view(request, *args, **kwargs)

        return wrapped

    return wrap
