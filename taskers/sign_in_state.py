"""Whether somebody who came in some time ago, and has a line open since, is still signed in."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest


def still_signed_in(session_key: str, person_key: int) -> bool:
    """Whether this session lives and still opens this person's account.

    It doesn't after they signed out, after their password was changed, or once they were shown out.
    """
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return get_user(request).pk == person_key
