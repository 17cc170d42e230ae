"""What a request carries once the middleware has seen it, for those who read types."""

from uuid import UUID

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from taskers.models import Membership, Organization, Person

NO_KEY = UUID(int=0)  # names nothing


class MemberRequest(HttpRequest):
    """A request of somebody who signed in. Views that take one stand behind a check that they did."""

    user: Person
    organization: Organization
    memberships: list[Membership]
    htmx: HtmxDetails


def key_asked(request: HttpRequest, name: str) -> UUID:
    """A public id from the address's query."""
    return key_in(request.GET.get(name))


def number_asked(request: HttpRequest, name: str) -> int:
    """A number from 1 to 999 from the address's query, as of a page; 1 where there is none, or it isn't one."""
    text = request.GET.get(name, "")
    return max(1, int(text)) if text.isdecimal() and len(text) <= 3 else 1


def key_in(text: str | None) -> UUID:
    """The public id that a text of a form or an address is; NO_KEY where there is none or it isn't one."""
    try:
        return UUID(text or "")
    except ValueError:
        return NO_KEY
