"""The way round the site, by what a person may do."""

from collections.abc import Iterable
from functools import partial

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from taskers import access
from taskers.models import Membership
from taskers.models.people import Role

PLACES = (
    ("home", (Role.TASKER,), "Work"),
    ("my-work", (Role.TASKER,), "My work"),
    ("projects", (Role.OWNER, Role.MANAGER), "Projects"),
    ("review-list", (Role.OWNER, Role.MANAGER, Role.REVIEWER), "Review"),
    ("models-overview", (Role.OWNER, Role.MANAGER, Role.ML_ENGINEER), "Models"),
    ("people", (Role.OWNER, Role.MANAGER), "People"),
    ("money", (Role.OWNER, Role.FINANCE), "Money"),
    ("admin:index", (Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.FINANCE), "Admin"),
)
# The same in the menu of one's own; for everybody where no role is named.
ACCOUNT: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("profile", (), "Profile"),
    ("webhooks", (Role.OWNER, Role.MANAGER, Role.FINANCE), "Webhooks"),
    ("deliveries-keep", (Role.OWNER, Role.MANAGER), "Deliveries’ files"),
)
# What parts above projects add to a project's own pages.
PROJECT_TABS = (("copilot", "project-copilot", "Copilot"),)
OF_ASSIST = {"models-overview"}
# Roles held for single projects open every other place, which then shows only those projects.
FOR_THE_WHOLE = {"people", "money"}


def navigation(request: HttpRequest) -> dict:
    """`nav`: the places this person may go, in order; `roles`: what they may act as in their organization.

    Found only if a page asks: parts of pages that come alone have no way round.
    """
    found = SimpleLazyObject(lambda: _found(request))
    names = ("nav", "account_nav", "roles", "organizations")
    tabs = [(key, name, _(label)) for key, name, label in PROJECT_TABS if apps.is_installed("assist")]
    return {name: SimpleLazyObject(partial(found.__getitem__, name)) for name in names} | {"project_tabs": tabs}


def _found(request: HttpRequest) -> dict:
    # The API's page is asked by nobody in particular: there the user is None.
    own = [{"url": reverse("system"), "label": _("System")}] if getattr(request.user, "is_superuser", False) else []
    if not getattr(request.user, "is_authenticated", False) or not request.organization:  # type: ignore[attr-defined]
        return {"nav": [], "account_nav": own, "roles": frozenset(), "organizations": []}
    here = request.organization.pk  # type: ignore[attr-defined]
    held = [one for one in request.memberships if one.organization_id == here]  # type: ignore[attr-defined]
    roles, whole = _included(held), _included([one for one in held if one.project_key is None])
    places = [
        (reverse(name), _(label))
        for name, needed, label in PLACES
        if (name not in OF_ASSIST or apps.is_installed("assist"))
        and not (whole if name in FOR_THE_WHOLE else roles).isdisjoint(needed)
    ]
    at = max((url for url, _label in places if _is_within(request.path, url)), key=len, default=None)
    mine = {one.organization for one in request.memberships}  # type: ignore[attr-defined]
    return {
        "nav": [{"url": url, "label": label, "current": url == at} for url, label in places],
        "account_nav": [
            *(
                {"url": reverse(name), "label": _(label)}
                for name, needed, label in ACCOUNT
                if not needed or not whole.isdisjoint(needed)
            ),
            *own,
        ],
        "roles": roles,
        "organizations": sorted(mine, key=lambda one: (one.name, one.pk)),
    }


def _is_within(path: str, place: str) -> bool:
    """Whether a page belongs to a place; everything lies below the root, so that one is only itself."""
    return path == place or (place != "/" and path.startswith(place))


def _included(held: Iterable[Membership]) -> frozenset[str]:
    return frozenset().union(*(access.INCLUDES[one.role] for one in held))
