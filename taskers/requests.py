"""What a request carries once the middleware has seen it, for those who read types."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from taskers.models import Organization, Person


class MemberRequest(HttpRequest):
    """A request of somebody who signed in. Views that take one stand behind a check that they did."""

    user: Person
    organization: Organization
    htmx: HtmxDetails
