"""Giving people skills and taking them away; each change is told in the outbox."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.text import slugify

from taskers import access
from taskers.errors import Problem, StateConflict
from taskers.models import Organization, Person, Qualification, Skill
from taskers.models.people import Role
from taskers.outbox import emit


def define(organization: Organization, name: str, *, kind: str = Skill.Kind.SKILL, key: str = "") -> Skill:
    """The organization's skill of this name, made if there is none. Raises Problem for a name without a letter."""
    key = key or slugify(name).replace("-", "_")[:60]
    if not key:
        raise Problem("A skill needs a name with a letter or digit in it.", code="no-name", place="name")
    made, _ = Skill.objects.get_or_create(
        organization=organization, key=key, defaults={"name": name.strip()[:80], "kind": kind}
    )
    return made


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
        raise Problem(f"{person} isn't in {skill.organization}.", code="not-a-member", place="person")
    given, _ = Qualification.objects.update_or_create(
        person=person,
        skill=skill,
        defaults={"value": value, "expires_at": expires_at, "granted_by": by, "granted_at": Now(), "note": note[:200]},
    )
    _tell("skill_granted", given.skill, person, by, value=value, until=expires_at.isoformat() if expires_at else None)
    return given


@transaction.atomic
def withdraw(person: Person, skill: Skill, *, by: Person | None) -> None:
    """Take a skill away. Raises StateConflict when the person hasn't got it."""
    gone, _ = Qualification.objects.filter(person=person, skill=skill).delete()
    if not gone:
        raise StateConflict(f"{person} hasn't got {skill}.")
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
