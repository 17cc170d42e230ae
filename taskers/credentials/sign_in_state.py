"""Who a session signs in, where there is no request of Django's: before it, or long after it."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest


def signed_in_by(session_key: str | None) -> AbstractBaseUser | AnonymousUser:
    """Whom this session signs in, if it lives and still opens their account."""
    return session_request(session_key).user


def session_request(session_key: str | None) -> HttpRequest:
    """A request of this session, with its user and nothing else."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    request.user = get_user(request)
    return request


def still_signed_in(session_key: str, person_key: int) -> bool:
    """Whether somebody who came in by this session some time ago, and has a line open since, is still signed in.

    It doesn't after they signed out, after their password was changed, or once they were shown out.
    """
    return signed_in_by(session_key).pk == person_key
