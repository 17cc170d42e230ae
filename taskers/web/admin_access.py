"""Who sees what in the admin: roles in the organization one is working in, never Django's permissions.

The admin translates. Rows are read there, never edited by hand; what changes something is a POST to an address
that calls one verb.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from taskers import access
from taskers.models.people import Role


def keys_of(request: HttpRequest, *roles: str) -> set[UUID] | None:
    """The projects that the asker may see as one of these roles here; None means all of them."""
    organization = getattr(request, "organization", None)
    if not organization or not request.user.is_authenticated:
        return set()
    held = request.memberships  # type: ignore[attr-defined]
    granted = ((one.role, one.project_key) for one in held if one.organization_id == organization.pk)
    return access.project_keys_among(granted, *roles)


def acts_as(request: HttpRequest, *roles: str) -> bool:
    """Whether the asker may act as one of these roles here, for all projects or for some."""
    return keys_of(request, *roles) != set()


def acts_for_all(request: HttpRequest, *roles: str) -> bool:
    """The same for the whole organization: whoever has a role for some projects only isn't meant."""
    return keys_of(request, *roles) is None


def sees_review(request: HttpRequest) -> bool:
    return acts_as(request, Role.REVIEWER)


def sees_money(request: HttpRequest) -> bool:
    return acts_as(request, Role.FINANCE)


def sees_books(request: HttpRequest) -> bool:
    """As the pages of money admit."""
    return acts_for_all(request, Role.FINANCE)


def sees_disputes(request: HttpRequest) -> bool:
    """As the page of disputes admits."""
    return acts_for_all(request, Role.REVIEWER, Role.FINANCE)


def sees_people(request: HttpRequest) -> bool:
    return acts_as(request, Role.MANAGER)


class OfficeAdmin(admin.ModelAdmin):
    """Rows of the organization that the asker is working in, to be read by those who may act as one of `roles`.

    `organization_path` leads from a row to its organization's key. Where rows belong to projects, `project_path` leads
    to the project's public id, and a role held for some projects shows only theirs; where it is None, only a role held
    for the whole organization counts.
    """

    roles: tuple[str, ...] = ()
    organization_path = "organization"
    project_path: str | None = None

    actions = None
    show_facets = ShowFacets.NEVER
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Never a row of another organization, or of a project that the asker has no such role in."""
        rows = super().get_queryset(request)
        if not self._sees(request):
            return rows.none()
        organization = request.organization  # type: ignore[attr-defined]
        rows = rows.filter(**{self.organization_path: organization.pk})
        keys = keys_of(request, *self.roles)
        return rows if keys is None else rows.filter(**{f"{self.project_path}__in": keys})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._sees(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._sees(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def _sees(self, request: HttpRequest) -> bool:
        return (acts_as if self.project_path else acts_for_all)(request, *self.roles)


class OwnProjects(admin.RelatedFieldListFilter):
    """A filter by project that names only those whose rows are listed: the organization's, or those of the asker's role
    in it."""

    def field_choices(self, field, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        organization = request.organization  # type: ignore[attr-defined]
        own = {"organization": organization.pk}
        keys = keys_of(request, *model_admin.roles)  # type: ignore[attr-defined]
        if keys is not None:
            own["public_id__in"] = keys
        return field.get_choices(include_blank=False, ordering=("name",), limit_choices_to=own)
