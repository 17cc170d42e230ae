"""API tokens: shown once, kept as a hash, checked on every request."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from taskers import access
from taskers.audit import trail
from taskers.audit.trail import Kind
from taskers.credentials import rate_limits
from taskers.database.prepared import ask_named, columns, from_columns
from taskers.errors import Problem, StateConflict
from taskers.models import ApiToken, Organization, Person, Scope
from taskers.outbox.events import emit

PREFIX = "tdm_"


OVERLAP = timedelta(days=1)  # how long a token works on beside the one that takes its place


class TooLong(Problem):
    """Here API tokens work for a limited time only: say until when."""

    code = "token-too-long"
    status = 422


class AlreadyRotated(StateConflict):
    """Another token took this one's place already, or it opens nothing any more."""

    code = "already-rotated"


def issue(
    person: Person,
    organization: Organization,
    *,
    name: str,
    expires_at: datetime | None = None,
    scopes: Sequence[str] = (Scope.EVERYTHING,),
    by: Person | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which can't be shown again. It opens of what its person may do that of `scopes`.

    Raises TooLong where the organization's tokens may not work that long.
    """
    last = latest(organization)
    if last is not None and (expires_at is None or expires_at > last):
        raise TooLong("Here API tokens work for %(days)s days at most.", place="days", days=organization.token_days)
    return _made(person, organization, by=by, name=name, expires_at=expires_at, scopes=_ordered(scopes))


def latest(organization: Organization) -> datetime | None:
    """Until when a token that is made now may work; None where its maker may say."""
    return timezone.now() + timedelta(days=organization.token_days) if organization.token_days else None


@transaction.atomic
def rotate(token: ApiToken, *, by: Person) -> tuple[ApiToken, str]:
    """Another token in this one's place, for as long a time again, and its secret; this one works on for OVERLAP.

    Raises AlreadyRotated where that was done before, or where it opens nothing any more.
    """
    now, last = timezone.now(), latest(token.organization)
    live = ApiToken.objects.filter(pk=token.pk, revoked_at=None, replaced_by=None)
    live = live.filter(Q(expires_at=None) | Q(expires_at__gt=now))
    until = token.expires_at and now + (token.expires_at - token.created_at)
    ends = min(now + OVERLAP, token.expires_at or now + OVERLAP)
    if not live.update(expires_at=ends):
        raise AlreadyRotated()
    until = min(filter(None, (until, last)), default=None)
    terms = {"name": token.name, "expires_at": until, "scopes": token.scopes, "replaces": token}
    try:
        with transaction.atomic():
            made, secret = _made(token.person, token.organization, by=by, **terms)
    except IntegrityError:  # two at once
        raise AlreadyRotated() from None
    return made, secret


@transaction.atomic
def limit(organization: Organization, days: int | None, *, by: Person) -> int:
    """Let no token of the organization's work longer than so many days from now; returns how many end sooner for it."""
    organization.token_days = days
    Organization.objects.filter(pk=organization.pk).update(token_days=days)
    last = latest(organization)
    mine = ApiToken.objects.filter(organization=organization, revoked_at=None)
    sooner = mine.filter(Q(expires_at=None) | Q(expires_at__gt=last)).update(expires_at=last) if last else 0
    emit("token_days_set", organization_id=organization.pk, actor_id=by.pk, subject="tokens", days=days)
    trail.record(Kind.TOKENS_LIMITED, organization=organization, actor=by, detail={"days": days, "sooner": sooner})
    return sooner


def _made(person: Person, organization: Organization, *, by: Person | None, **terms: Any) -> tuple[ApiToken, str]:
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        person=person, organization=organization, prefix=secret[:8], secret_hash=digest(secret), **terms
    )
    actor = by or person
    emit("token_issued", organization_id=organization.pk, actor_id=actor.pk, subject=f"token:{token.public_id}")
    _audit(Kind.TOKEN_MADE, token, by=by)
    return token, secret


def _ordered(scopes: Sequence[str]) -> list[str]:
    """Each once, in the order in which they are listed; everything stands alone."""
    if Scope.EVERYTHING in scopes:
        return [Scope.EVERYTHING.value]
    return [one for one in Scope.values if one in scopes]


def revoke(token: ApiToken, by: Person, *, why: str = "asked") -> bool:
    """End a token at once; revoking it again changes nothing and gives False."""
    ended = bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()))
    if ended:
        emit("token_revoked", organization_id=token.organization_id, actor_id=by.pk, subject=f"token:{token.public_id}")
        _audit(Kind.TOKEN_REVOKED, token, by=by, why=why)
    return ended


def revoke_all(person: Person, organization: Organization | None = None, *, by: Person | None, why: str) -> int:
    """End a person's tokens at once, of one organization or of all; returns how many. Nobody is `by` for commands."""
    mine = ApiToken.objects.filter(person=person, revoked_at=None)
    if organization is not None:
        mine = mine.filter(organization=organization)
    ended = 0
    for token in mine.order_by("pk"):
        ended += revoke(token, by or person, why=why)
    return ended


def digest(secret: str) -> str:
    """What is kept of a secret. The secret carries 256 random bits, so a plain hash can't be searched backwards."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _audit(kind: Kind, token: ApiToken, by: Person | None, **detail: str) -> None:
    trail.record(
        kind,
        organization=token.organization_id,
        actor=by,
        person=token.person,
        subject=f"token:{token.public_id}",
        detail={"name": token.name} | detail,
    )


# Who asks, for which organization, and as what: each request of a program asks for all of it, once.
LIVE = f"""
SELECT {columns(ApiToken, "t")}, {columns(Person, "w")}, {columns(Organization, "o")},
  (SELECT json_agg(json_build_array(m.role, m.project_key)) FROM taskers_membership m
    WHERE m.person_id = t.person_id AND m.organization_id = t.organization_id AND m.ended_at IS NULL)::text AS granted
FROM taskers_apitoken t
JOIN taskers_person w ON w.id = t.person_id AND w.is_active
JOIN taskers_organization o ON o.id = t.organization_id
WHERE t.secret_hash = %(hash)s::text AND t.revoked_at IS NULL
"""


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer tdm_…`. Sets `request.organization` to the one the token belongs to."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[Person, ApiToken] | None:
        header = get_authorization_header(request)  # type: ignore[arg-type]  # asks for its META alone
        words = header.split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed("The header must read 'Authorization: Bearer' and one token.")
        token = self._live(words[1].decode("latin-1"))
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        plain = request._request if isinstance(request, Request) else request
        plain.rate_limit = rate_limits.hit(token)  # type: ignore[attr-defined]
        plain.organization = token.organization  # type: ignore[attr-defined]
        return token.person, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="tandem"'

    def _live(self, secret: str) -> ApiToken:
        found = ask_named(LIVE, {"hash": digest(secret)})
        token = from_columns(ApiToken, "t", found[0]) if found else None
        if token is None or (token.expires_at and token.expires_at <= timezone.now()):
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        (row,) = found
        token.person, token.organization = from_columns(Person, "w", row), from_columns(Organization, "o", row)
        granted = [(role, key and UUID(key)) for role, key in json.loads(row["granted"] or "[]")]
        if not granted:
            raise AuthenticationFailed("This token's owner is no longer in its organization.")
        access.remember(token.person, token.organization, granted)
        return token
