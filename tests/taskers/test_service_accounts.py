"""Tokens that open some of it, that end, and that give way to the next; and programs of the organization's own."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from taskers.credentials import tokens
from taskers.errors import NotAllowed, StateConflict
from taskers.models import ApiToken, AuditRecord, Event, Membership, Organization, Person
from taskers.people import invitations, service_accounts
from tests.support import make
from tests.support.cast import Cast
from tests.support.projects.pipeline import Office, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(cast: Cast) -> Office:
    return Office(cast.olga, cast.riverside)


def who_is(secret: str):
    return Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"})


def test_a_token_tells_who_it_is_and_what_it_opens(cast: Cast) -> None:
    program = Office(cast.mina, cast.riverside, "read", "load")
    told = program.get("me").json()
    assert (told["name"], told["organization"], told["kind"]) == ("Mina", "Riverside", "human")
    assert told["roles"] == [{"role": "manager", "project": None}]
    assert told["token"]["scopes"] == ["read", "load"]
    assert program.get("projects").status_code == 200
    problem = refused(program.send("POST", "projects", body={"name": "Ports"}), 403, "scope-missing")
    assert "manage" in problem["detail"]


def test_an_organization_says_for_how_long_tokens_work(cast: Cast, olga: Office) -> None:
    token, _secret = tokens.issue(cast.alice, cast.riverside, name="For ever")
    short, _secret = tokens.issue(
        cast.alice, cast.riverside, name="Short", expires_at=timezone.now() + timedelta(days=2)
    )
    assert Office(cast.mina, cast.riverside).send("PUT", "token-policy", body={"days": 30}).status_code == 403
    assert olga.send("PUT", "token-policy", body={"days": 30}).json() == {"days": 30}
    before = short.expires_at
    for one in (token, short):
        one.refresh_from_db()
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    assert short.expires_at == before, "what ends sooner stays"
    cast.riverside.refresh_from_db()
    with pytest.raises(tokens.TooLong):
        tokens.issue(cast.alice, cast.riverside, name="For ever")
    with pytest.raises(tokens.TooLong):
        tokens.issue(cast.alice, cast.riverside, name="Long", expires_at=timezone.now() + timedelta(days=31))
    assert AuditRecord.objects.get(kind="tokens_limited").detail["days"] == 30
    assert olga.send("PUT", "token-policy", body={"days": None}).json() == {"days": None}
    assert Organization.objects.get(pk=cast.riverside.pk).token_days is None


def test_a_token_gives_way_to_the_next_and_works_on_for_a_day(cast: Cast) -> None:
    until = timezone.now() + timedelta(days=90)
    token, secret = tokens.issue(cast.mina, cast.riverside, name="Nightly", scopes=["read"], expires_at=until)
    new, other = tokens.rotate(token, by=cast.mina)
    assert who_is(secret).status_code == who_is(other).status_code == 200
    assert (new.scopes, new.name, new.replaces) == (["read"], "Nightly", token)
    assert abs((new.expires_at - until).total_seconds()) < 60
    with pytest.raises(tokens.AlreadyRotated):
        tokens.rotate(token, by=cast.mina)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    assert (who_is(secret).status_code, who_is(other).status_code) == (401, 200)


def test_what_was_revoked_comes_to_no_life_by_rotating(cast: Cast) -> None:
    token, _secret = tokens.issue(cast.mina, cast.riverside, name="Nightly")
    tokens.revoke(token, cast.mina)
    with pytest.raises(tokens.AlreadyRotated):
        tokens.rotate(token, by=cast.mina)
    assert ApiToken.objects.count() == 1


def test_olga_sets_up_a_program_that_outlives_her(cast: Cast, olga: Office) -> None:
    made = olga.send("POST", "service-accounts", body={"name": "Loader", "role": "manager", "note": "Nightly"})
    assert made.status_code == 201
    account = made.json()["id"]
    body = {"name": "Cron", "scopes": ["load", "read"]}
    given = olga.send("POST", "service-account-tokens", account, body=body).json()
    assert given["scopes"] == ["read", "load"]
    invitations.grant(cast.riverside, cast.mina, "owner", by=cast.olga)
    invitations.deactivate(cast.riverside, cast.olga, by=cast.mina)
    told = who_is(given["secret"]).json()
    assert (told["name"], told["kind"]) == ("Loader", "service")
    project = make.project(cast.riverside)
    headers = {"Authorization": f"Bearer {given['secret']}"}
    path = f"/api/v1/projects/{project.public_id}/batches/"
    assert Client().post(path, {"name": "March"}, "application/json", headers=headers).status_code == 201
    assert Event.objects.filter(kind="batch_created", actor_id=Person.objects.get(kind="service").pk).exists()


def test_a_program_rotates_its_own_token_and_people_do_not(cast: Cast, olga: Office) -> None:
    account = service_accounts.create(cast.riverside, name="Loader", role="manager", by=cast.olga)
    _token, secret = service_accounts.issue(account, name="Cron", scopes=["load"], by=cast.olga)
    headers = {"Authorization": f"Bearer {secret}"}
    answer = Client().post("/api/v1/me/rotate/", headers=headers)
    assert answer.status_code == 201 and who_is(answer.json()["secret"]).json()["token"]["scopes"] == ["load"]
    refused(Client().post("/api/v1/me/rotate/", headers=headers), 409, "already-rotated")
    refused(olga.send("POST", "me-rotate"), 403, "not-allowed")


def test_nobody_gives_a_program_more_than_they_have(cast: Cast, olga: Office) -> None:
    mina = Office(cast.mina, cast.riverside)
    refused(mina.send("POST", "service-accounts", body={"name": "Mine", "role": "owner"}), 403, "not-allowed")
    refused(olga.send("POST", "service-accounts", body={"name": "Mine", "role": "tasker"}), 400, "invalid", "role")
    account = service_accounts.create(cast.riverside, name="Boss", role="owner", by=cast.olga)
    body = {"name": "Mine", "scopes": ["read"]}
    refused(mina.send("POST", "service-account-tokens", account.public_id, body=body), 403, "not-allowed")
    narrow = Office(cast.olga, cast.riverside, "people", "read")
    assert narrow.send("POST", "service-account-tokens", account.public_id, body=body).status_code == 201
    body["scopes"] = ["finance"]
    answer = narrow.send("POST", "service-account-tokens", account.public_id, body=body)
    refused(answer, 403, "scope-missing", "scopes")
    token, _secret = service_accounts.issue(account, name="All", scopes=["all"], by=cast.olga)
    answer = narrow.send("POST", "service-account-rotate", account.public_id, token.public_id)
    refused(answer, 403, "scope-missing", "scopes")


def test_nobody_signs_in_as_a_program(cast: Cast) -> None:
    account = service_accounts.create(cast.riverside, name="Loader", role="manager", by=cast.olga)
    with pytest.raises(NotAllowed):
        invitations.password_reset_path(cast.riverside, account.person, by=cast.olga)
    account.person.set_password(make.PASSWORD)
    account.person.save()
    answer = Client().post("/accounts/login/", {"login": account.person.email, "password": make.PASSWORD})
    assert answer.status_code == 200 and "_auth_user_id" not in answer.wsgi_request.session


def test_an_ended_program_opens_nothing_and_its_name_is_free(cast: Cast) -> None:
    account = service_accounts.create(cast.riverside, name="Loader", role="manager", by=cast.olga)
    with pytest.raises(StateConflict):
        service_accounts.create(cast.riverside, name="Loader", role="reviewer", by=cast.olga)
    _token, secret = service_accounts.issue(account, name="Cron", scopes=["load"], by=cast.olga)
    service_accounts.end(account, by=cast.olga)
    assert who_is(secret).status_code == 401
    assert not Membership.objects.live().filter(person=account.person).exists()
    assert service_accounts.create(cast.riverside, name="Loader", role="reviewer", by=cast.olga).pk


def signed_in(person: Person) -> Client:
    browser = Client()
    browser.post("/accounts/login/", {"login": person.email, "password": make.PASSWORD})
    return browser


def test_the_office_makes_one_on_its_page_and_the_secret_is_shown_once(cast: Cast) -> None:
    olga = signed_in(cast.olga)
    said = {"name": "Loader", "note": "Brings the nightly files", "role": "manager", "project": ""}
    page = olga.post("/people/service-accounts/", said)
    shown = olga.get(page["Location"]).content.decode()
    assert "Brings the nightly files" in shown and "Manager" in shown
    assert "Loader" in olga.get("/people/service-accounts/").content.decode()
    token = {"name": "Cron", "days": "30", "scopes": ["read", "load"]}
    made = olga.post(f"{page['Location']}tokens/", token).content.decode()
    assert ApiToken.objects.get(name="Cron").scopes == ["read", "load"]
    assert made.count("tdm_") >= 1 and "Load: batches, tasks, files" in made
    old = ApiToken.objects.get(name="Cron")
    rotated = olga.post(f"{page['Location']}tokens/{old.public_id}/rotate/").content.decode()
    assert "works for a day more" in rotated and ApiToken.objects.get(replaces=old).scopes == old.scopes
    assert olga.post(f"{page['Location']}tokens/", {"name": "Nothing", "days": "30"}).status_code == 422
    assert olga.post(f"{page['Location']}end/").status_code == 302
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_a_person_rotates_a_token_of_theirs_on_the_profile(cast: Cast) -> None:
    mina = signed_in(cast.mina)
    mina.post("/profile/tokens/", {"name": "Mine", "days": "30", "scopes": ["read"]})
    old = ApiToken.objects.get()
    page = mina.post(f"/profile/tokens/{old.public_id}/rotate/").content.decode()
    assert "works for a day more" in page and ApiToken.objects.get(replaces=old).person == cast.mina
    again = mina.post(f"/profile/tokens/{old.public_id}/rotate/", follow=True).content.decode()
    assert "took this one" in again


def test_an_owner_says_on_the_page_how_long_tokens_work(cast: Cast) -> None:
    olga, mina = signed_in(cast.olga), signed_in(cast.mina)
    tokens.issue(cast.alice, cast.riverside, name="For ever")
    assert "How long tokens work" not in mina.get("/people/tokens/").content.decode()
    assert olga.post("/people/tokens/days/", {"days": "0"}).status_code == 422
    page = olga.post("/people/tokens/days/", {"days": "60"}, follow=True).content.decode()
    assert "1 token ends sooner" in page and 'value="60"' in page
    refused_for = mina.post("/profile/tokens/", {"name": "Long", "days": "90", "scopes": ["read"]})
    assert refused_for.status_code == 422 and "60 days at most" in refused_for.content.decode()
