"""Middleware that only pages need: what a program asks with a token passes it by.

Such a request has no session, no form and no messages, and says with each request who it is; the token's view finds
the person, the organization and their language. Whoever sends something else than a token to the API, or a token to a
page, is treated as any browser is.
"""

from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django_htmx.middleware import HtmxMiddleware

from taskers.web.middleware import ClockMiddleware, LanguageMiddleware, OrganizationMiddleware

API = "/api/v1/"
NOTHING_MAY_LOAD = "default-src 'none'; frame-ancestors 'none'"


def by_token(request: HttpRequest) -> bool:
    """Whether a program asks, with a token (taskers/credentials/tokens.py says whether it is one)."""
    return request.path_info.startswith(API) and request.META.get("HTTP_AUTHORIZATION", "")[:7].lower() == "bearer "


class ForPages:
    """Put before a middleware's class, it lets programs pass."""

    def __call__(self, request: HttpRequest) -> Any:
        if by_token(request):
            return self.get_response(request)  # type: ignore[attr-defined]
        return super().__call__(request)  # type: ignore[misc]


class Session(ForPages, SessionMiddleware):
    """`request.session`."""


class Csrf(ForPages, CsrfViewMiddleware):
    """Forms come from our own pages. The views of the API take no session's word, so they are asked for none."""


class Authentication(ForPages, AuthenticationMiddleware):
    """`request.user`, of the session; the view of a token sets its own."""


class Messages(ForPages, MessageMiddleware):
    """What the next page says."""


class Htmx(ForPages, HtmxMiddleware):
    """`request.htmx`."""


class Language(ForPages, LanguageMiddleware):
    """The language of whoever signed in."""


class Membership(ForPages, OrganizationMiddleware):
    """`request.memberships` and `request.organization`, of whoever signed in."""


class Clock(ForPages, ClockMiddleware):
    """The clock of whoever signed in."""


class ContentSecurity(CSPMiddleware):
    """What a page may load; an answer to a program, nothing at all."""

    def __call__(self, request: HttpRequest) -> Any:
        if not by_token(request):
            return super().__call__(request)
        response: Any = self.get_response(request)
        response.headers["Content-Security-Policy"] = NOTHING_MAY_LOAD
        return response
