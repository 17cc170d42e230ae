"""A token takes a fresh sign-in, second step included; the office sees all of them and ends them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from taskers.credentials import tokens
from taskers.models import ApiToken, AuditRecord, Person
from tests.support import make
from tests.support.cast import Cast
from tests.support.taskers.second_step import at_the_second_step, code_now, with_second_step, wrong_code

pytestmark = pytest.mark.django_db
WANTED = {"name": "Pipeline", "days": "30", "scopes": "all"}
MAKE = "/profile/tokens/"
TERMS = {"target_error": "5", "assurance": "95", "audit_share": "10"}


@pytest.fixture
def stolen(cast: Cast) -> Client:
    """A session of Alice's that was begun some time ago, in a thief's hands."""
    browser = Client()
    browser.force_login(cast.alice)
    return browser


def secrets_on(answer) -> list[str]:
    return re.findall(r"tdm_[\w-]{43}", answer.content.decode())


def test_a_stolen_session_makes_no_token(stolen: Client) -> None:
    answer = stolen.post(MAKE, WANTED)
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    page = stolen.post(answer["Location"], {"password": "a guess"})
    assert page.status_code == 200 and not secrets_on(page) and not ApiToken.objects.exists()
    told = AuditRecord.objects.get(kind="fresh_sign_in", outcome="failed")
    assert told.person.name == "Alice"


def test_who_proves_it_again_gets_the_token_at_once(stolen: Client, cast: Cast) -> None:
    answer = stolen.post(MAKE, WANTED)
    page = stolen.post(answer["Location"], {"password": make.PASSWORD})
    assert len(secrets_on(page)) == 1
    assert ApiToken.objects.get().organization == cast.riverside
    assert AuditRecord.objects.get(kind="token_made").person == cast.alice
    assert len(secrets_on(stolen.post(MAKE, WANTED))) == 1  # for five minutes


def test_a_sign_in_grows_old(stolen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stolen.post("/accounts/reauthenticate/", {"password": make.PASSWORD})
    monkeypatch.setattr("taskers.web.fresh_sign_in.SECONDS", -1)
    assert stolen.post(MAKE, WANTED).status_code == 302 and not ApiToken.objects.exists()


def test_where_there_is_a_second_step_a_password_alone_makes_no_token(stolen: Client, cast: Cast) -> None:
    with_second_step(cast.alice)
    answer = stolen.post(MAKE, WANTED)
    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
    by_hand = stolen.post("/accounts/reauthenticate/?next=/profile/", {"password": make.PASSWORD})
    assert by_hand["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert stolen.post(MAKE, WANTED).status_code == 302
    assert stolen.post(answer["Location"], {"code": wrong_code()}).status_code == 200
    assert not ApiToken.objects.exists()
    assert len(secrets_on(stolen.post(answer["Location"], {"code": code_now()}))) == 1


def test_signing_in_with_both_steps_is_fresh(cast: Cast) -> None:
    with_second_step(cast.alice)
    browser = at_the_second_step("alice@example.org")
    browser.post("/accounts/2fa/authenticate/", {"code": code_now()})
    assert len(secrets_on(browser.post(MAKE, WANTED))) == 1


def test_a_models_token_takes_a_fresh_sign_in_too(cast: Cast) -> None:
    project = make.project(cast.riverside)
    mina = Client()
    mina.force_login(cast.mina)
    asked = mina.post(f"/projects/{project.public_id}/models/", TERMS | {"name": "Tagger"})
    assert asked["Location"].startswith("/accounts/reauthenticate/") and not ApiToken.objects.exists()
    page = mina.post(asked["Location"], {"password": make.PASSWORD})
    assert len(secrets_on(page)) == 1 and ApiToken.objects.get().person.kind == "model"


def office(person: Person) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def test_the_office_sees_who_has_a_token_and_ends_it(cast: Cast) -> None:
    token, secret = tokens.issue(cast.alice, cast.riverside, name="Her pipeline")
    tokens.issue(cast.ned, cast.hilltop, name="The neighbour's")
    old, _secret = tokens.issue(cast.bob, cast.riverside, name="Long over")
    ApiToken.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(days=1))
    Client().get("/api/v1/skills/", headers={"Authorization": f"Bearer {secret}"})
    for who in (cast.olga, cast.mina):
        page = office(who).get("/people/tokens/").content.decode()
        assert "Her pipeline" in page and "Alice" in page and token.prefix in page and secret not in page
        assert "never" not in page  # it was used just now
        assert "neighbour" not in page and "Long over" not in page
    assert office(cast.mina).post(f"/people/tokens/{token.public_id}/revoke/").status_code == 302
    assert Client().get("/api/v1/skills/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    told = AuditRecord.objects.get(kind="token_revoked")
    assert (told.actor, told.person, told.detail["why"]) == (cast.mina, cast.alice, "by the office")
    assert office(cast.mina).post(f"/people/tokens/{token.public_id}/revoke/").status_code == 404


def test_a_program_of_the_office_lists_and_ends_them(cast: Cast) -> None:
    token, secret = tokens.issue(cast.alice, cast.riverside, name="Her pipeline")
    _mine, minas = tokens.issue(cast.mina, cast.riverside, name="Office")
    _hers, noras = tokens.issue(cast.nora, cast.hilltop, name="Neighbour")

    def by(key: str, method: str, path: str):
        return getattr(Client(), method)(path, headers={"Authorization": f"Bearer {key}"})

    rows = by(minas, "get", "/api/v1/tokens/").json()["results"]
    assert [(one["name"], one["email"]) for one in rows] == [
        ("Her pipeline", "alice@example.org"),
        ("Office", "mina@example.org"),
    ]
    assert rows[0]["last_used_at"] is None and rows[1]["last_used_at"] and secret not in str(rows)
    here = f"/api/v1/tokens/{token.public_id}/"
    assert by(secret, "get", "/api/v1/tokens/").status_code == 403
    assert (by(secret, "delete", here).status_code, by(noras, "delete", here).status_code) == (403, 404)
    assert by(minas, "delete", here).status_code == 204
    assert by(secret, "get", "/api/v1/skills/").status_code == 401
    assert by(minas, "delete", here).status_code == 404
