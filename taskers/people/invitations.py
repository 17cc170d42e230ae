"""Letting people in, changing what they may do, and showing them out. Works without a mail server: links are shown."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from taskers.access import STAFF, require_over
from taskers.audit import trail
from taskers.audit.trail import Kind
from taskers.credentials import tokens
from taskers.credentials.password_hashing import hashing_for
from taskers.credentials.password_links import links
from taskers.errors import NotAllowed, NotFound, Problem, StateConflict
from taskers.models import Invitation, Membership, Organization, Person
from taskers.models.people import Role, one_line
from taskers.outbox.events import emit

LIFETIME = timedelta(days=14)
LONGEST_EMAIL = Invitation._meta.get_field("email").max_length or 0


class BadInvitation(Problem):
    """This invitation can't be made as it is."""

    code = "bad-invitation"
    status = 422


class InvitationGone(Problem):
    """This invitation was used, withdrawn or is too old; ask for a new one."""

    code = "invitation-gone"
    status = 410


class LastOwner(StateConflict):
    """An organization needs at least one owner; make somebody else an owner first."""

    code = "last-owner"


@transaction.atomic
def invite(
    organization: Organization,
    by: Person,
    *,
    email: str,
    role: str,
    name: str = "",
    project_key: UUID | None = None,
) -> tuple[Invitation, str]:
    """A new invitation and its secret. An older one still open for the same email and role is withdrawn."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise BadInvitation("%(email)s is not an email address.", place="email", email=repr(email)) from None
    if len(email) > LONGEST_EMAIL:
        raise BadInvitation("This email address is too long.", place="email")
    if role not in Role.values:
        raise _no_role(role)
    require_over(by, organization, [role])
    open_ones = Invitation.objects.filter(
        organization=organization, email=email, role=role, project_key=project_key, accepted_at=None, withdrawn_at=None
    )
    open_ones.update(withdrawn_at=timezone.now())
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organization=organization,
        email=email,
        name=one_line(name),
        role=role,
        project_key=project_key,
        secret_hash=_digest(secret),
        invited_by=by,
        expires_at=timezone.now() + LIFETIME,
    )
    subject = f"invitation:{invitation.public_id}"
    _tell("invited", organization, by, subject, email=email, role=role)
    detail = {"email": email, "role": role}
    trail.record(Kind.INVITED, organization=organization, actor=by, subject=subject, detail=detail)
    return invitation, secret


@transaction.atomic
def withdraw(invitation: Invitation, by: Person) -> None:
    """Make a link useless. Raises InvitationGone if it already is, NotAllowed for roles above the asker's."""
    require_over(by, invitation.organization, [invitation.role])
    open_ones = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not open_ones.update(withdrawn_at=timezone.now()):
        raise InvitationGone()
    subject = f"invitation:{invitation.public_id}"
    _tell("invitation_withdrawn", invitation.organization, by, subject)
    trail.record(Kind.INVITATION_WITHDRAWN, organization=invitation.organization, actor=by, subject=subject)


def find(secret: str) -> Invitation:
    """The open invitation of a link, or InvitationGone."""
    invitation = (
        Invitation.objects.select_related("organization")
        .filter(secret_hash=_digest(secret), accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now())
        .first()
    )
    if invitation is None:
        raise InvitationGone()
    return invitation


@transaction.atomic
def accept(secret: str, *, name: str = "", password: str = "", person: Person | None = None) -> Person:
    """Use an invitation once: as the signed-in `person`, or as a new one with this name and password.

    The link was sent to one address, so it makes or enters only that address's account. Raises InvitationGone, or
    BadInvitation when the account exists and its owner must sign in first, HashingBusy.
    """
    invitation = find(secret)
    if person is None and Person.objects.filter(email=invitation.email).exists():
        raise BadInvitation("You already have an account: sign in, then open the link again.")
    if person is not None and person.email != invitation.email:
        raise BadInvitation("This invitation is for %(email)s; sign in as that person.", email=invitation.email)
    opened = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not opened.update(accepted_at=timezone.now()):
        raise InvitationGone()
    if person is None:
        with hashing_for(invitation.email):
            person = Person.objects.create_user(invitation.email, password, name=one_line(name) or invitation.name)
    grant(invitation.organization, person, invitation.role, by=person, project_key=invitation.project_key)
    trail.record(
        Kind.INVITATION_ACCEPTED,
        organization=invitation.organization,
        actor=person,
        person=person,
        subject=f"invitation:{invitation.public_id}",
        detail={"role": invitation.role, "invited_by": str(invitation.invited_by.public_id)},
    )
    return person


@transaction.atomic
def grant(
    organization: Organization, person: Person, role: str, *, by: Person, project_key: UUID | None = None
) -> Membership:
    """Give a person a role; a role they already have stays as it is. Callers have checked that `by` may."""
    membership, made = Membership.objects.get_or_create(
        person=person, organization=organization, role=role, project_key=project_key, ended_at=None
    )
    if made:
        _tell("role_granted", organization, by, f"person:{person.public_id}", role=role)
        _audit(Kind.ROLE_GIVEN, organization, by, person, role, project_key)
        _fit_admin(person)
    return membership


@transaction.atomic
def give(
    organization: Organization, person: Person, role: str, *, by: Person, project_key: UUID | None = None
) -> Membership:
    """Give one more role to somebody who belongs here. Raises NotAllowed, or NotFound for people from outside."""
    if role not in Role.values:
        raise _no_role(role)
    if not Membership.objects.live().filter(person=person, organization=organization).exists():
        raise NotFound()
    require_over(by, organization, [role])
    return grant(organization, person, role, by=by, project_key=project_key)


@transaction.atomic
def end(membership: Membership, *, by: Person) -> None:
    """Take a role away; with the last one here go their tokens.

    Raises LastOwner, or NotFound when it was taken already.
    """
    organization = Organization.objects.select_for_update().get(pk=membership.organization_id)
    require_over(by, organization, [membership.role])
    if membership.role == Role.OWNER:
        others = Membership.objects.live().filter(organization=organization, role=Role.OWNER, project_key=None)
        if not others.exclude(pk=membership.pk).exists():
            raise LastOwner()
    if not Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=timezone.now()):
        raise NotFound("This role was already taken away.")
    _tell("role_ended", organization, by, f"person:{membership.person.public_id}", role=membership.role)
    _audit(Kind.ROLE_ENDED, organization, by, membership.person, membership.role, membership.project_key)
    _fit_admin(membership.person)
    if not Membership.objects.filter(person=membership.person, organization=organization, ended_at=None).exists():
        tokens.revoke_all(membership.person, organization, by=by, why="left")


@transaction.atomic
def deactivate(organization: Organization, person: Person, *, by: Person) -> None:
    """End everything a person is in this organization; who belongs to no other can't sign in any more.

    What they could enter with is gone for good, and stays so if they are let back in: tokens of this organization,
    invitations to it, and, of whoever belongs nowhere else, every session and password link.
    """
    rows = Membership.objects.filter(person=person, organization=organization, ended_at=None)
    # The owner's role last: it is the one that may be refused, and then nothing of this happens.
    for membership in sorted(rows, key=lambda row: row.role == Role.OWNER):
        end(membership, by=by)
    if not Membership.objects.filter(person=person, ended_at=None).exists():
        Person.objects.filter(pk=person.pk).update(is_active=False, access_epoch=F("access_epoch") + 1)
    tokens.revoke_all(person, organization, by=by, why="deactivated")
    invited = Invitation.objects.filter(organization=organization, email=person.email)
    invited.filter(accepted_at=None, withdrawn_at=None).update(withdrawn_at=timezone.now())
    _tell("person_deactivated", organization, by, f"person:{person.public_id}")
    trail.record(Kind.DEACTIVATED, organization=organization, actor=by, person=person)


@transaction.atomic
def reactivate(organization: Organization, person: Person, role: str, *, by: Person) -> None:
    """Let somebody back in, in one role. Only people who once belonged here can be let back."""
    if not Membership.objects.filter(person=person, organization=organization).exists():
        raise NotFound()
    if role not in Role.values:
        raise _no_role(role)
    require_over(by, organization, [role])
    if person.kind == Person.Kind.SERVICE:
        raise NotAllowed("A service account that has ended stays so: make another.")
    Person.objects.filter(pk=person.pk).update(is_active=True)
    grant(organization, person, role, by=by)
    trail.record(Kind.REACTIVATED, organization=organization, actor=by, person=person)


def password_reset_path(organization: Organization, person: Person, *, by: Person) -> str:
    """The path of a link, good for one use, with which a person sets a new password.

    Raises NotAllowed for people above the asker, and for people who also belong to another organization: whoever
    holds the link could enter there too. Raises NotFound for people who don't belong here.
    """
    mine = Membership.objects.live().filter(person=person)
    here = list(mine.filter(organization=organization).values_list("role", flat=True))
    if not here:
        raise NotFound()
    require_over(by, organization, here)
    if person.kind != Person.Kind.HUMAN:
        raise NotAllowed("Nobody signs in as %(person)s: it is a program.", person=person)
    if person.is_superuser or mine.exclude(organization=organization).exists():
        raise NotAllowed("%(person)s also works elsewhere; only they can change their password.", person=person)
    _tell("password_reset_made", organization, by, f"person:{person.public_id}")
    trail.record(Kind.PASSWORD_LINK_MADE, organization=organization, actor=by, person=person)
    key = urlsafe_base64_encode(force_bytes(person.pk))
    return f"/people/password/{key}/{links.make_token(person)}/"


def _fit_admin(person: Person) -> None:
    """Office roles may open the admin; what they see there is decided by its pages."""
    office = Membership.objects.filter(person=person, ended_at=None, role__in=STAFF).exists()
    Person.objects.filter(pk=person.pk, is_superuser=False).update(is_staff=office)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _tell(kind: str, organization: Organization, actor: Person, subject: str, **data: Any) -> None:
    emit(kind, organization_id=organization.pk, actor_id=actor.pk, subject=subject, **data)


def _audit(
    kind: Kind, organization: Organization, by: Person, person: Person, role: str, project_key: UUID | None
) -> None:
    subject = f"project:{project_key}" if project_key else ""
    trail.record(kind, organization=organization, actor=by, person=person, subject=subject, detail={"role": role})


def _no_role(role: str) -> BadInvitation:
    text = "There is no role %(role)s; use one of %(choices)s."
    return BadInvitation(text, place="role", role=repr(role), choices=", ".join(Role.values))
