"""Access ends when it should, whole, and nothing of it comes back."""

import re

import pytest
from django.test import Client

from taskers.credentials import tokens
from taskers.models import AuditRecord, Invitation, Person
from taskers.people import invitations
from tests.support import make
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db
NEW = "a long walk by the sea"


def token_of(person: Person, organization) -> str:
    _token, secret = tokens.issue(person, organization, name="Pipeline")
    return secret


def opens(secret: str) -> bool:
    """Whether a program comes in with this token."""
    answer = Client().get("/api/v1/projects/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


def browser_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def is_in(browser: Client) -> bool:
    return browser.get("/profile/").status_code == 200


def link_for(person: Person, by: Person) -> str:
    page = browser_of(by).post(f"/people/{person.public_id}/password-link/").content.decode()
    found = re.search(r'value="http://testserver(/people/password/[^"]+)"', page)
    assert found
    return found[1]


def test_a_password_link_ends_tokens_and_sessions(cast: Cast) -> None:
    stolen, thief = token_of(cast.bob, cast.riverside), browser_of(cast.bob)
    assert opens(stolen) and is_in(thief)
    Client().post(link_for(cast.bob, cast.mina), {"password": NEW})
    assert not opens(stolen) and not is_in(thief)
    told = AuditRecord.objects.get(kind="token_revoked")
    assert (told.person, told.detail) == (cast.bob, {"name": "Pipeline", "why": "password changed"})


def test_changing_ones_password_ends_tokens_and_other_sessions_but_not_this_one(cast: Cast) -> None:
    stolen, thief, bob = token_of(cast.bob, cast.riverside), browser_of(cast.bob), browser_of(cast.bob)
    page = bob.get("/accounts/password/change/").content.decode()
    assert "tokens" in page  # says so before
    sent = {"oldpassword": make.PASSWORD, "password1": NEW, "password2": NEW}
    assert bob.post("/accounts/password/change/", sent).status_code == 302
    assert not opens(stolen) and not is_in(thief) and is_in(bob)


def test_a_password_set_by_a_command_ends_tokens_too(cast: Cast) -> None:
    stolen = token_of(cast.bob, cast.riverside)
    cast.bob.set_password(NEW)
    cast.bob.save()
    assert not opens(stolen)


def test_a_renewed_hash_is_no_new_password(cast: Cast, settings) -> None:
    kept = token_of(cast.bob, cast.riverside)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    assert Client().login(email="bob@example.org", password=make.PASSWORD)
    cast.bob.refresh_from_db()
    assert cast.bob.password.startswith("pbkdf2") and opens(kept)


def test_being_let_back_in_revives_nothing(cast: Cast) -> None:
    """Neither a token, a session, a password link nor an invitation of before."""
    old, before = token_of(cast.bob, cast.riverside), browser_of(cast.bob)
    link = link_for(cast.bob, cast.mina)
    _invitation, secret = invitations.invite(cast.riverside, cast.olga, email="bob@example.org", role="finance")
    mina = browser_of(cast.mina)
    assert mina.post(f"/people/{cast.bob.public_id}/deactivate/").status_code == 302
    assert not opens(old) and not is_in(before)
    assert mina.post(f"/people/{cast.bob.public_id}/reactivate/", {"role": "tasker"}).status_code == 302
    assert not opens(old) and not is_in(before)
    assert Client().get(link).status_code == 410
    assert browser_of(cast.bob).get(f"/invitations/{secret}/").status_code == 410
    assert Client().login(email="bob@example.org", password=make.PASSWORD)  # he himself is back
    assert is_in(browser_of(Person.objects.get(pk=cast.bob.pk)))


def test_tokens_go_with_the_last_role_and_dont_come_back_with_the_next(cast: Cast) -> None:
    invitations.grant(cast.hilltop, cast.bob, "tasker", by=cast.nora)
    here, there = token_of(cast.bob, cast.riverside), token_of(cast.bob, cast.hilltop)
    invitations.grant(cast.riverside, cast.bob, "reviewer", by=cast.mina)
    mina = browser_of(cast.mina)
    mina.post(f"/people/{cast.bob.public_id}/end-role/", {"role": "reviewer"})
    assert opens(here)  # one role is left
    mina.post(f"/people/{cast.bob.public_id}/end-role/", {"role": "tasker"})
    assert not opens(here) and opens(there)
    mina.post(f"/people/{cast.bob.public_id}/reactivate/", {"role": "tasker"})
    assert not opens(here) and opens(there)


def test_who_works_elsewhere_stays_signed_in_there(cast: Cast) -> None:
    invitations.grant(cast.hilltop, cast.bob, "tasker", by=cast.nora)
    here, there, bob = token_of(cast.bob, cast.riverside), token_of(cast.bob, cast.hilltop), browser_of(cast.bob)
    for organization, by in ((cast.riverside, cast.mina), (cast.hilltop, cast.nora)):
        invitations.invite(organization, by, email="bob@example.org", role="reviewer")
    invitations.deactivate(cast.riverside, cast.bob, by=cast.mina)
    assert is_in(bob) and opens(there) and not opens(here)
    assert Invitation.objects.get(withdrawn_at=None).organization == cast.hilltop
