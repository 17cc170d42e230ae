"""Where what is being done comes from: the request in hand, for those who write it down deep below the view."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase

from taskers.audit import addresses
from taskers.models import Person

BRIEF = 200  # characters that are kept of what others say of themselves


@dataclass(frozen=True)
class Origin:
    """The address, the browser or program, and who is signed in there."""

    address: str | None = None
    agent: str = ""
    request: HttpRequest | None = None

    @property
    def person(self) -> Person | None:
        """Whoever is signed in, by a session or by a token."""
        user: Person | None = getattr(self.request, "user", None)
        return user if user is not None and user.is_authenticated else None


NOWHERE = Origin()
_here: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def here() -> Origin:
    """Where the present request comes from; NOWHERE outside of one."""
    return _here.get()


def of_request(request: HttpRequest) -> Origin:
    """What a request says of where it comes from. The address is the server's word: it believes known proxies alone."""
    return Origin(address_of(request), brief(request.META.get("HTTP_USER_AGENT", "")), request)


def brief(text: str, longest: int = BRIEF) -> str:
    """What is kept of a text that anybody may have chosen."""
    return "".join(one for one in text if one.isprintable())[:longest]


def address_of(request: HttpRequest) -> str | None:
    """The address that a request came from, or None where there is none, as through a socket file."""
    return addresses.plain(request.META.get("REMOTE_ADDR", ""))


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """For as long as this lasts, whatever is done comes from there."""
    before = _here.set(origin)
    try:
        yield
    finally:
        _here.reset(before)


class OriginMiddleware:
    """Lets everything below a request know where it comes from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with coming_from(of_request(request)):
            return self.get_response(request)
