"""A person's own page: name, clock, keys for programs, and the organization they work in."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from taskers.credentials import tokens
from taskers.models import ApiToken
from taskers.people import invitations
from taskers.web.middleware import ClockMiddleware
from tests.support import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client, cast) -> Client:
    """Her browser, in which she has just signed in."""
    client.post("/accounts/login/", {"login": "alice@example.org", "password": make.PASSWORD})
    return client


def test_name_and_clock_are_kept(alice, cast) -> None:
    assert alice.post("/profile/", {"name": " Alice  B. ", "time_zone": "Asia/Tokyo"}).status_code == 302
    cast.alice.refresh_from_db()
    assert (cast.alice.name, cast.alice.time_zone) == ("Alice B.", "Asia/Tokyo")
    assert alice.post("/profile/", {"name": "Alice", "time_zone": "Mars/Base"}).status_code == 422


def test_times_are_told_by_the_askers_clock(alice, cast, rf) -> None:
    seen = []
    middleware = ClockMiddleware(lambda request: seen.append(timezone.get_current_timezone_name()))
    request = rf.get("/")
    request.user = cast.alice
    cast.alice.time_zone = "Asia/Tokyo"
    middleware(request)
    assert seen == ["Asia/Tokyo"] and timezone.get_current_timezone_name() == "UTC"


def test_token_is_shown_once_and_kept_as_a_hash(alice, cast) -> None:
    page = alice.post("/profile/tokens/", {"name": "Pipeline", "days": "30", "scopes": "read"}).content.decode()
    secret = re.search(r"tdm_[\w-]{43}", page)
    assert secret
    assert 'href="/api/"' in page and "Authorization: Bearer" in page, "how it is used stands beside it"
    token = ApiToken.objects.get(person=cast.alice)
    assert token.secret_hash == tokens.digest(secret[0]) and token.organization == cast.riverside
    assert token.expires_at and 29 < (token.expires_at - timezone.now()).days + 1 <= 30
    later = alice.get("/profile/").content.decode()
    assert "Pipeline" in later and secret[0] not in later


def test_revoking_a_token_ends_it(alice, cast) -> None:
    token, _secret = tokens.issue(cast.alice, cast.riverside, name="Old")
    assert alice.post(f"/profile/tokens/{token.public_id}/revoke/").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at
    assert "Old" not in alice.get("/profile/").content.decode().partition('aria-labelledby="tokens-title"')[2]


def test_nobody_revokes_somebody_elses_token(alice, cast) -> None:
    token, _secret = tokens.issue(cast.bob, cast.riverside, name="Bob's")
    assert alice.post(f"/profile/tokens/{token.public_id}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_token_needs_a_name(alice) -> None:
    assert alice.post("/profile/tokens/", {"name": "", "days": "30", "scopes": "read"}).status_code == 422
    assert not ApiToken.objects.exists()


def test_stranger_has_a_profile_but_no_tokens(client, cast) -> None:
    client.post("/accounts/login/", {"login": "sam@example.org", "password": make.PASSWORD})
    assert client.get("/profile/").status_code == 200
    assert client.post("/profile/tokens/", {"name": "x", "days": "30", "scopes": "read"}).status_code == 404


def test_working_in_another_organization(alice, cast) -> None:
    assert alice.post("/organization/", {"organization": cast.hilltop.public_id}).status_code == 404
    invitations.grant(cast.hilltop, cast.alice, "manager", by=cast.alice)
    alice.post("/organization/", {"organization": cast.hilltop.public_id})
    page = alice.get("/people/").content.decode()
    assert "ned@example.org" in page and "bob@example.org" not in page
    alice.post("/organization/", {"organization": cast.riverside.public_id})
    assert alice.get("/people/").status_code == 403
