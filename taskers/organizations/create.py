"""How an organization begins: a name, and one owner who can then invite the others."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from taskers.errors import Problem
from taskers.models import Organization, Person, limits
from taskers.models.people import Role, one_line
from taskers.outbox.events import emit
from taskers.people import invitations


class BadOrganization(Problem):
    """An organization can't be begun like this."""

    code = "bad-organization"


class OrganizationExists(Problem):
    """There is an organization of this name already."""

    code = "organization-exists"
    status = 409


@transaction.atomic
def create(name: str, *, owner_email: str, owner_name: str = "", currency: str = "USD") -> tuple[Organization, str]:
    """A new organization, and the path of the link with which its owner sets a password.

    The path is empty for an owner who had a password before. Raises BadOrganization or OrganizationExists.
    """
    name, email = " ".join(name.split()), owner_email.strip().lower()
    if not 0 < len(name) <= limits.NAME:
        raise BadOrganization(
            "An organization needs a name of at most %(most)s characters.", place="name", most=limits.NAME
        )
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise BadOrganization(
            "%(currency)s is no currency code, such as USD or EUR.", place="currency", currency=repr(currency)
        )
    try:
        validate_email(email)
    except ValidationError:
        raise BadOrganization("%(email)s is not an email address.", place="owner_email", email=repr(email)) from None
    if Organization.objects.filter(name__iexact=name).exists():
        raise OrganizationExists()
    organization = Organization.objects.create(name=name, currency=currency)
    owner = Person.objects.filter(email=email).first()
    newcomer = owner is None
    owner = owner or Person.objects.create_user(email, name=one_line(owner_name) or email.split("@")[0])
    subject = f"organization:{organization.public_id}"
    emit("created", organization_id=organization.pk, actor_id=owner.pk, subject=subject)
    invitations.grant(organization, owner, Role.OWNER, by=owner)
    return organization, invitations.password_reset_path(organization, owner, by=owner) if newcomer else ""
