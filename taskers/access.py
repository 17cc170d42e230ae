"""Who may do what: roles, and the roles that include others."""

from collections.abc import Iterable
from uuid import UUID

from taskers.database.prepared import ask
from taskers.errors import NotAllowed, NotFound
from taskers.models import Membership, Organization, Person
from taskers.models.people import Role

# What each role may act as.
INCLUDES: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset({Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.FINANCE, Role.ML_ENGINEER}),
    Role.MANAGER: frozenset({Role.MANAGER, Role.REVIEWER}),
    Role.REVIEWER: frozenset({Role.REVIEWER}),
    Role.FINANCE: frozenset({Role.FINANCE}),
    Role.ML_ENGINEER: frozenset({Role.ML_ENGINEER}),
    Role.TASKER: frozenset({Role.TASKER}),
}

REMEMBERED = "_granted"
GRANTED = """
SELECT m.role, m.project_key FROM taskers_membership m JOIN taskers_person w ON w.id = m.person_id AND w.is_active
WHERE m.person_id = %(person)s::bigint AND m.organization_id = %(organization)s::bigint AND m.ended_at IS NULL
"""

# Those who work in the organization's office, as against those who do its tasks.
STAFF = (Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.FINANCE, Role.ML_ENGINEER)


def remember(person: Person, organization: Organization, granted: Iterable[tuple[str, UUID | None]]) -> None:
    """Keep with this instance, which lives for one request, what its person was just found to be there."""
    person.__dict__[REMEMBERED] = (organization.pk, list(granted))


def roles_of(person: Person, organization: Organization, project_key: UUID | None = None) -> frozenset[str]:
    """Everything a person may act as in an organization: for all its projects, and for this one if it is named."""
    known, granted = person.__dict__.get(REMEMBERED, (None, []))
    if known != organization.pk:
        granted = ask(GRANTED, {"person": person.pk, "organization": organization.pk})
    return frozenset().union(
        *(INCLUDES[role] for role, key in granted if key is None or (project_key is not None and key == project_key))
    )


def may(person: Person, organization: Organization, *roles: str, project_key: UUID | None = None) -> bool:
    """Whether a person may act as one of these roles."""
    return not roles_of(person, organization, project_key).isdisjoint(roles)


def require(person: Person, organization: Organization, *roles: str, project_key: UUID | None = None) -> None:
    """Raises NotFound for people from outside, so that they can't tell what exists, and NotAllowed for members."""
    held = roles_of(person, organization, project_key)
    if not held:
        raise NotFound()
    if held.isdisjoint(roles):
        text = "This needs the role %(roles)s; ask a manager of %(organization)s."
        raise NotAllowed(text, roles=_list(roles), organization=organization)


def organizations_of(person: Person) -> list[Organization]:
    """Those a person belongs to, by name."""
    keys = Membership.objects.live().filter(person=person).values("organization")
    return list(Organization.objects.filter(pk__in=keys).order_by("name", "pk"))


def project_keys_of(person: Person, organization: Organization, *roles: str) -> set[UUID] | None:
    """The projects a person may enter as one of these roles; None means all of them."""
    granted = Membership.objects.live().filter(person=person, organization=organization)
    return project_keys_among(granted.values_list("role", "project_key"), *roles)


def project_keys_among(granted: Iterable[tuple[str, UUID | None]], *roles: str) -> set[UUID] | None:
    """The same of memberships that were read already, as (role, project)."""
    keys: set[UUID] = set()
    for role, key in granted:
        if INCLUDES[role].isdisjoint(roles):
            continue
        if key is None:
            return None
        keys.add(key)
    return keys


# Whom each role may invite, change and show out: nobody can raise themselves or touch those above them.
GRANTS: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset(Role.values),
    Role.MANAGER: frozenset({Role.REVIEWER, Role.TASKER}),
}


def grantable(person: Person, organization: Organization) -> frozenset[str]:
    """The roles that this person may give and take here."""
    rows = Membership.objects.live().filter(person=person, organization=organization, project_key=None)
    return frozenset().union(*(GRANTS.get(role, frozenset()) for role in rows.values_list("role", flat=True)))


def require_over(person: Person, organization: Organization, roles: Iterable[str]) -> None:
    """Raises NotAllowed unless this person may give and take these roles here."""
    above = sorted(Role(role).label.lower() for role in set(roles) - grantable(person, organization))
    if above:
        text = "Your role doesn't let you decide who is %(roles)s; ask an owner."
        raise NotAllowed(text, roles=" or ".join(above))


def _list(roles: Iterable[str]) -> str:
    return " or ".join(sorted(Role(role).label.lower() for role in roles))
