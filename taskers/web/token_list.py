"""The API tokens of an organization, for its office: who has one, what for, when it was made and last used."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from taskers.credentials import tokens
from taskers.errors import NotFound
from taskers.models import ApiToken, Organization, Person


def live(organization: Organization) -> QuerySet[ApiToken]:
    """Those that open something, newest first."""
    rows = ApiToken.objects.filter(organization=organization, revoked_at=None).select_related("person", "replaces")
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now())).order_by("-pk")


def revoke(organization: Organization, token_id: UUID, *, by: Person) -> ApiToken:
    """End one of an organization's tokens at once, whosoever it is. Raises NotFound where there is none such."""
    token = ApiToken.objects.filter(organization=organization, public_id=token_id).select_related("person").first()
    if token is None or not tokens.revoke(token, by, why="by the office"):
        raise NotFound("There is no such token here, or it was revoked already.")
    return token
