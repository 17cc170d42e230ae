"""Names for project keys. Projects live a floor above and are known here only by their keys; they name themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:  # read at the start, before Django's models may be
    from taskers.models import Organization

Lookup = Callable[["Organization", bool, bool], dict[UUID, str]]


def _nameless(organization: Organization, archived: bool, drafts: bool) -> dict[UUID, str]:
    return {}


_lookups: list[Lookup] = [_nameless]


def look_up_with(lookup: Lookup) -> None:
    """Say how names are found; called once, at the start, by whoever knows projects."""
    _lookups[:] = [lookup]


def project_names(organization: Organization, *, archived: bool = True, drafts: bool = True) -> dict[UUID, str]:
    """Project key -> name, for all projects of an organization, in the order of their names; without those that are
    archived where one is to be chosen, and without drafts where it is about work that was done."""
    return _lookups[0](organization, archived, drafts)
