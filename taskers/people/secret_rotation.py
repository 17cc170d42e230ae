"""A new secret key, and an end to everything that opens Tandem: after somebody may have read what was secret."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from taskers.audit import trail
from taskers.audit.trail import Kind
from taskers.credentials import tokens
from taskers.errors import Problem
from taskers.files import private_file
from taskers.models import ApiToken, Invitation, Organization, Person

VARIABLE = "SECRET_KEY"
KEY_BYTES = 48
WHY = "secret-key-rotated"


class KeyNotWritten(Problem):
    """%(file)s could not be written (%(reason)s), and nothing was revoked. Make room there, and try again."""

    code = "key-not-written"
    status = 503


@dataclass(frozen=True)
class Rotation:
    """What was ended, and the new key where the operator has to bring it into the environment."""

    tokens: int
    sessions: int
    invitations: int
    key_for_environment: str = ""


def rotate() -> Rotation:
    """Put a new secret key into the data folder, then end every session, token, invitation and password link. Raises
    KeyNotWritten.

    May be repeated, also after it was killed: the key comes first, and all the rest is one transaction. Where the key
    comes from the environment it is only made here.
    """
    key, elsewhere = secrets.token_urlsafe(KEY_BYTES), bool(os.environ.get(VARIABLE))
    if not elsewhere:
        path = Path(settings.SECRET_KEY_FILE)
        try:
            private_file.write(path, key, replace=True)
        except OSError as problem:
            raise KeyNotWritten(file=path, reason=problem.strerror) from None
    revoked, sessions, withdrawn = revoke_everything()
    return Rotation(revoked, sessions, withdrawn, key if elsewhere else "")


@transaction.atomic
def revoke_everything() -> tuple[int, int, int]:
    """End all that opens Tandem: how many tokens, sessions and invitations."""
    sessions, _ = Session.objects.all().delete()
    # Sessions and password links of before open nothing, even before the processes know the new key.
    Person.objects.update(access_epoch=F("access_epoch") + 1)
    holders = Person.objects.filter(pk__in=ApiToken.objects.filter(revoked_at=None).values("person"))
    revoked = sum(tokens.revoke_all(person, by=None, why=WHY) for person in holders.order_by("pk"))
    withdrawn = sum(map(_withdraw_invitations, Organization.objects.order_by("pk")))
    ended = {"tokens": revoked, "sessions": sessions, "invitations": withdrawn}
    # Each organization reads a trail of its own, and learns nothing of the others' numbers.
    for organization in Organization.objects.order_by("pk"):
        trail.record(Kind.SECRET_KEY_ROTATED, organization=organization)
    trail.record(Kind.SECRET_KEY_ROTATED, detail=ended)
    return revoked, sessions, withdrawn


def _withdraw_invitations(organization: Organization) -> int:
    invitations = Invitation.objects.filter(organization=organization, accepted_at=None, withdrawn_at=None)
    keys = list(invitations.order_by("pk").values_list("public_id", flat=True))
    for key in keys:
        subject = f"invitation:{key}"
        trail.record(Kind.INVITATION_WITHDRAWN, organization=organization, subject=subject, detail={"why": WHY})
    return invitations.update(withdrawn_at=timezone.now()) if keys else 0
