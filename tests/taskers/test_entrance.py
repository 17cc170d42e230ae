"""Coming in: invitations for people with and without an account, password links, signing in, the closed door."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from taskers.models import Invitation, Membership, Person
from taskers.people import invitations
from tests.support import make

pytestmark = pytest.mark.django_db
NEW = "a long walk by the sea"


def link_for(cast, email: str, role: str = "tasker") -> str:
    _invitation, secret = invitations.invite(cast.riverside, cast.mina, email=email, role=role)
    return f"/invitations/{secret}/"


def belongs(person: Person, organization) -> bool:
    return Membership.objects.live().filter(person=person, organization=organization).exists()


def test_somebody_with_an_account_signs_in_first(client, cast) -> None:
    link = link_for(cast, "ned@example.org")
    page = client.get(link).content.decode()
    assert f"/accounts/login/?next={link}" in page and 'name="password"' not in page
    assert client.post(link, {"name": "Not Ned", "password": NEW}).status_code == 422
    assert not belongs(cast.ned, cast.riverside)
    client.force_login(cast.ned)
    assert client.post(link)["Location"] == "/"
    assert belongs(cast.ned, cast.riverside) and belongs(cast.ned, cast.hilltop)
    assert client.session["organization"] == str(cast.riverside.public_id)


def test_an_invitation_serves_nobody_else(client, cast) -> None:
    link = link_for(cast, "ada@example.org")
    client.force_login(cast.sam)
    assert "This invitation is for ada@example.org" in client.get(link).content.decode()
    assert client.post(link).status_code == 422
    assert not belongs(cast.sam, cast.riverside)


def test_invitation_needs_a_good_password(client, cast) -> None:
    link = link_for(cast, "ada@example.org")
    for poor in ("short", "password1234", "aaaaaaaaaaaa", "123456789012", "riverside2026", ""):
        assert client.post(link, {"name": "Ada", "password": poor}).status_code == 422
    assert not Person.objects.filter(email="ada@example.org").exists()


def test_old_and_made_up_invitations_are_gone(client, cast) -> None:
    link = link_for(cast, "ada@example.org")
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(link).status_code == 410
    assert client.get("/invitations/made-up/").status_code == 410


def test_a_newer_invitation_replaces_the_older(client, cast) -> None:
    first, second = link_for(cast, "ada@example.org"), link_for(cast, "ada@example.org")
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200


def password_link(client, cast) -> str:
    client.force_login(cast.mina)
    page = client.post(f"/people/{cast.bob.public_id}/password-link/").content.decode()
    found = re.search(r'value="http://testserver(/people/password/[^"]+)"', page)
    assert found
    client.logout()
    return found[1]


def test_password_link_sets_a_password_once(client, cast) -> None:
    bob = type(client)()
    bob.force_login(cast.bob)
    link = password_link(client, cast)
    assert "bob@example.org" in client.get(link).content.decode()
    assert client.post(link, {"password": "too short"}).status_code == 422
    assert client.post(link, {"password": NEW})["Location"] == "/accounts/login/"
    assert client.get(link).status_code == 410
    assert client.post(link, {"password": "another one by the sea"}).status_code == 410
    assert not client.login(email="bob@example.org", password=make.PASSWORD)
    assert client.login(email="bob@example.org", password=NEW)
    assert bob.get("/my-work/").status_code == 302  # his other session ended


def test_password_link_of_somebody_deactivated_is_gone(client, cast) -> None:
    link = password_link(client, cast)
    invitations.deactivate(cast.riverside, cast.bob, by=cast.mina)
    assert client.get(link).status_code == 410


def test_made_up_password_links_are_gone(client, cast) -> None:
    for key in ("x", "MQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "%00"):
        assert client.get(f"/people/password/{key}/abc-def/").status_code == 410


def test_no_link_for_who_also_works_elsewhere(client, cast) -> None:
    invitations.grant(cast.hilltop, cast.bob, "tasker", by=cast.bob)
    client.force_login(cast.mina)
    answer = client.post(f"/people/{cast.bob.public_id}/password-link/")
    assert answer.status_code == 403 and "/people/password/" not in answer.content.decode()


def test_signing_in_and_out(client, cast) -> None:
    wrong = client.post("/accounts/login/", {"login": "ALICE@example.org", "password": "wrong"}).content.decode()
    assert "That isn't right" in wrong and "isn't saved" not in wrong, "nothing was to be saved"
    answer = client.post("/accounts/login/", {"login": "ALICE@example.org", "password": make.PASSWORD})
    assert answer.status_code == 302 and answer["Location"] == "/"
    assert "Hello, Alice" in client.get("/").content.decode()
    assert client.get("/accounts/logout/").status_code == 200  # asks; signing out takes a POST
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert client.get("/")["Location"].startswith("/accounts/login/")


def test_nobody_signs_up_unasked(client) -> None:
    page = client.get("/accounts/signup/")
    assert "By invitation" in page.content.decode()
    client.post("/accounts/signup/", {"email": "x@example.org", "password1": NEW, "password2": NEW})
    assert not Person.objects.filter(email="x@example.org").exists()


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/signup/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/password/change/",
        "/accounts/logout/",
        "/profile/",
        "/people/",
        "/people/invite/list/",
    ],
)
def test_pages_obey_the_strict_policy(path, client, cast) -> None:
    """No inline style or script, no address of another host; the header says the same."""
    if "login" not in path and "reset" not in path and "signup" not in path:
        client.post("/accounts/login/", {"login": "olga@example.org", "password": make.PASSWORD})
        client.post("/accounts/reauthenticate/", {"password": make.PASSWORD})  # as adding a second step asks
    answer = client.get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert " style=" not in page and "<style" not in page and not re.search(r"\son\w+=", page)
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", page)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]


def test_a_form_without_its_token_is_refused_kindly(cast, client) -> None:
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(cast.mina)
    answer = strict.post("/people/invite/", {"email": "x@example.org", "role": "tasker"})
    assert answer.status_code == 403 and "This page was too old" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_faults_have_pages_of_their_own(client, cast, settings) -> None:
    client.force_login(cast.alice)
    assert "Not here" in client.get("/nothing/").content.decode()
    client.raise_request_exception = False
    settings.ROOT_URLCONF = "tests.support.taskers.broken_urls"
    answer = client.get("/broken/")
    assert answer.status_code == 500 and "The fault is on our side" in answer.content.decode()
