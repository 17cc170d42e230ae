"""What a kind of notification is: which events it hears of, whom it tells what, and in which words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from taskers import access
from taskers.models import Event, Membership
from taskers.models.people import Role


@dataclass(frozen=True)
class Told:
    """One thing for one person. `thing` is the same whenever it is told again; `address` is where it leads."""

    person: int
    organization: int
    thing: str
    address: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """`hear` makes of events what people are told; `words` says it in the language that is active."""

    key: str
    title: Any
    events: frozenset[str]
    hear: Callable[[Sequence[Event]], Iterable[Told]]
    words: Callable[[Mapping[str, Any]], str]
    by_mail: bool = True  # for those who have mail, unless they choose otherwise
    office: bool = False  # told to people of the office alone: who does nothing but tasks isn't asked about it


def who(organization_id: int, project_key: UUID | None, *roles: str) -> list[int]:
    """The people who may act as one of these roles in the project, or in the whole organization where none is named."""
    granting = [role for role in Role.values if not access.INCLUDES[role].isdisjoint(roles)]
    rows = Membership.objects.live().filter(organization=organization_id, role__in=granting)
    here = Q(project_key=None) | Q(project_key=project_key) if project_key else Q(project_key=None)
    return sorted(set(rows.filter(here).values_list("person", flat=True)))
