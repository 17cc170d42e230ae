"""The way round the site, by what a person may do."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from taskers import access
from taskers.models.people import Role

PLACES = (
    ("home", (Role.TASKER,), "Work"),
    ("my-work", (Role.TASKER,), "My work"),
    ("projects", (Role.OWNER, Role.MANAGER), "Projects"),
    ("review-list", (Role.OWNER, Role.MANAGER, Role.REVIEWER), "Review"),
    ("people", (Role.OWNER, Role.MANAGER), "People"),
    ("admin:index", (Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.FINANCE), "Admin"),
)


def navigation(request: HttpRequest) -> dict:
    """`nav`: the places this person may go, in order; `roles`: what they may act as in their organization."""
    # The API's page is asked by nobody in particular: there the user is None.
    if not getattr(request.user, "is_authenticated", False) or not request.organization:  # type: ignore[attr-defined]
        return {"nav": [], "roles": frozenset()}
    roles = _roles(request)
    places = [(reverse(name), _(label)) for name, needed, label in PLACES if not roles.isdisjoint(needed)]
    here = max((url for url, _label in places if _is_within(request.path, url)), key=len, default=None)
    return {
        "nav": [{"url": url, "label": label, "current": url == here} for url, label in places],
        "account_nav": [{"url": reverse("profile"), "label": _("Profile")}],
        "roles": roles,
        "organizations": request.organizations,  # type: ignore[attr-defined]
    }


def _is_within(path: str, place: str) -> bool:
    """Whether a page belongs to a place; everything lies below the root, so that one is only itself."""
    return path == place or (place != "/" and path.startswith(place))


def _roles(request: HttpRequest) -> frozenset[str]:
    """Roles held for single projects open the same places; the pages show only those projects."""
    rows = access.Membership.objects.live().filter(person=request.user, organization=request.organization)
    return frozenset().union(*(access.INCLUDES[role] for role in rows.values_list("role", flat=True)))
