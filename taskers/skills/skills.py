"""Giving people skills and taking them away; each change is told in the outbox."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.utils.text import slugify

from taskers import access
from taskers.errors import Problem, StateConflict
from taskers.models import Membership, Organization, Person, Qualification, Skill, limits
from taskers.models.people import Role
from taskers.outbox.events import emit


def define(
    organization: Organization, name: str, *, kind: str = Skill.Kind.SKILL, key: str = "", by: Person | None = None
) -> Skill:
    """The organization's skill of this name, made if there is none. Raises Problem for a name without a letter."""
    made_of = slugify(name) or slugify(name, allow_unicode=True).encode("ascii", "xmlcharrefreplace").decode()
    key = key or slugify(made_of).replace("-", "_")[: limits.SKILL_KEY]
    if not key:
        raise Problem("A skill needs a name with a letter or digit in it.", code="no-name", place="name", status=422)
    if kind not in Skill.Kind.values:
        choices = ", ".join(Skill.Kind.values)
        raise Problem("Choose one of %(choices)s.", code="bad-kind", place="kind", status=422, choices=choices)
    made, new = Skill.objects.get_or_create(
        organization=organization, key=key, defaults={"name": name.strip()[: limits.SKILL_NAME], "kind": kind}
    )
    if new:
        emit(
            "skill_defined",
            organization_id=organization.pk,
            actor_id=by.pk if by else None,
            subject=f"skill:{made.key}"[:80],
            name=made.name,
            skill_kind=kind,
        )
    return made


def skills_of(organization: Organization) -> QuerySet[Skill]:
    """What the organization's projects may ask for; `people` says how many have it now."""
    valid = Q(qualifications__expires_at=None) | Q(qualifications__expires_at__gt=Now())
    rows = Skill.objects.filter(organization=organization)
    return rows.annotate(people=Count("qualifications", filter=valid)).order_by("kind", "name", "pk")


def held_of(skill: Skill) -> QuerySet[Qualification]:
    """Who has a skill, by name; what ran out is among it."""
    return skill.qualifications.select_related("person", "granted_by").order_by("person__name", "person")


def people_of(organization: Organization) -> QuerySet[Person]:
    """Whom it may be given to: everybody who may act here, by name."""
    rows = Membership.objects.live().filter(organization=organization)
    return Person.objects.filter(pk__in=rows.values("person")).order_by("name", "pk")


def valid() -> QuerySet[Qualification]:
    """What people hold now: what ran out is not among it."""
    return Qualification.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Now()))


@transaction.atomic
def grant(
    person: Person,
    skill: Skill,
    value: float = 1.0,
    *,
    by: Person | None,
    expires_at: datetime | None = None,
    note: str = "",
) -> Qualification:
    """Give somebody a skill, or another value in it. Raises Problem for people from outside."""
    if not access.may(person, skill.organization, *Role.values) and person.kind != Person.Kind.MODEL:
        text, to = "%(person)s isn't in %(organization)s.", skill.organization
        raise Problem(text, code="not-a-member", place="person", status=422, person=person, organization=to)
    if not limits.SKILL_VALUE.holds(value):
        raise Problem("This value is out of bounds.", code="bad-value", place="value", status=422)
    given, _ = Qualification.objects.update_or_create(
        person=person,
        skill=skill,
        defaults={
            "value": value,
            "expires_at": expires_at,
            "granted_by": by,
            "granted_at": Now(),
            "note": note[: limits.SKILL_NOTE],
        },
    )
    _tell("skill_granted", given.skill, person, by, value=value, until=expires_at.isoformat() if expires_at else None)
    return given


@transaction.atomic
def withdraw(person: Person, skill: Skill, *, by: Person | None) -> None:
    """Take a skill away. Raises StateConflict when the person hasn't got it."""
    gone, _ = Qualification.objects.filter(person=person, skill=skill).delete()
    if not gone:
        raise StateConflict("%(person)s hasn't got %(skill)s.", person=person, skill=skill)
    _tell("skill_withdrawn", skill, person, by)


def _tell(kind: str, skill: Skill, person: Person, by: Person | None, **data: Any) -> None:
    emit(
        kind,
        organization_id=skill.organization_id,
        actor_id=by.pk if by else None,
        subject=f"person:{person.public_id}",
        skill=skill.key,
        **data,
    )
