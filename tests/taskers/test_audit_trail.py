"""What happens to access, and who looked, is written down; nobody changes it afterwards."""

import re

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from config.audited_pages import AUDITED
from taskers.audit import trail
from taskers.audit.trail import Kind
from taskers.credentials import tokens
from taskers.models import AuditRecord
from taskers.people import invitations
from tests.support import make, owner

pytestmark = pytest.mark.django_db
DOOR = "/accounts/login/"


def told(kind: Kind, **terms) -> list[AuditRecord]:
    return list(AuditRecord.objects.filter(kind=kind, **terms).order_by("pk"))


def test_signing_in_wrongly_rightly_and_out_is_written_down(client, cast) -> None:
    client.post(DOOR, {"login": "alice@example.org", "password": "not hers"}, HTTP_USER_AGENT="Firefox\n 1")
    client.post(DOOR, {"login": "nobody@example.org", "password": "not theirs"}, REMOTE_ADDR="203.0.113.9")
    client.post(DOOR, {"login": "alice@example.org", "password": make.PASSWORD})
    client.post("/accounts/logout/")
    wrong, stranger, right = told(Kind.SIGN_IN)
    assert (wrong.person, wrong.actor, wrong.outcome) == (cast.alice, None, "failed")
    assert (wrong.organization, wrong.address, wrong.agent) == (cast.riverside, "127.0.0.1", "Firefox 1")
    assert (stranger.person, stranger.organization, stranger.address) == (None, None, "203.0.113.9")
    assert (right.person, right.actor, right.outcome) == (cast.alice, cast.alice, "done")
    (out,) = told(Kind.SIGN_OUT)
    assert out.actor == cast.alice and out.organization == cast.riverside
    assert "not hers" not in str(list(AuditRecord.objects.values()))


def test_each_organization_reads_of_an_account_that_both_know(client, cast) -> None:
    invitations.grant(cast.hilltop, cast.alice, "tasker", by=cast.alice)
    client.post(DOOR, {"login": "alice@example.org", "password": make.PASSWORD})
    assert {one.organization for one in told(Kind.SIGN_IN)} == {cast.riverside, cast.hilltop}


def test_whoever_was_shown_out_is_seen_at_the_door(client, cast) -> None:
    invitations.deactivate(cast.riverside, cast.bob, by=cast.mina)
    client.post(DOOR, {"login": "bob@example.org", "password": make.PASSWORD})
    (refused,) = told(Kind.SIGN_IN)
    assert (refused.outcome, refused.person, refused.organization) == ("refused", cast.bob, cast.riverside)
    (shown_out,) = told(Kind.DEACTIVATED)
    assert (shown_out.actor, shown_out.person) == (cast.mina, cast.bob)


def test_profile_password_and_roles_leave_records(client, cast) -> None:
    client.force_login(cast.mina)
    client.post("/profile/", {"name": "Mina M.", "time_zone": "UTC"})
    (changed,) = told(Kind.PROFILE_CHANGED)
    assert changed.actor == cast.mina and changed.detail == {"changed": ["name"]}
    client.post(f"/people/{cast.bob.public_id}/give-role/", {"role": "reviewer", "project": ""})
    (given,) = told(Kind.ROLE_GIVEN)
    assert (given.actor, given.person, given.detail["role"]) == (cast.mina, cast.bob, "reviewer")
    cast.bob.set_password("a long walk by the sea")
    cast.bob.save()
    (password,) = told(Kind.PASSWORD_CHANGED)
    assert (password.actor, password.person) == (None, cast.bob)  # a program did it
    assert cast.bob.check_password("a long walk by the sea") and len(told(Kind.PASSWORD_CHANGED)) == 1


def test_a_password_link_is_remembered_by_who_made_it(client, cast) -> None:
    """For line 17: nobody pays with an approver whose account they could have entered."""
    morning = timezone.now()
    assert cast.olga.pk not in trail.could_act_as(cast.finn, since=morning)
    client.force_login(cast.olga)
    client.post(f"/people/{cast.finn.public_id}/password-link/")
    (made,) = told(Kind.PASSWORD_LINK_MADE)
    assert (made.actor, made.person, made.organization) == (cast.olga, cast.finn, cast.riverside)
    assert cast.olga.pk in trail.could_act_as(cast.finn, since=morning)
    assert cast.olga.pk not in trail.could_act_as(cast.fay, since=morning)
    assert cast.olga.pk not in trail.could_act_as(cast.finn, since=timezone.now())


def test_who_was_let_in_lately_is_no_second_person(cast) -> None:
    morning = timezone.now()
    _invitation, secret = invitations.invite(cast.riverside, cast.olga, email="zoe@example.org", role="finance")
    zoe = invitations.accept(secret, name="Zoe", password="a long walk by the sea")
    assert cast.olga.pk in trail.could_act_as(zoe, since=morning)
    assert cast.finn.pk not in trail.could_act_as(zoe, since=morning)
    (accepted,) = told(Kind.INVITATION_ACCEPTED)
    assert accepted.detail["invited_by"] == str(cast.olga.public_id)


def test_the_database_refuses_to_change_the_trail(cast) -> None:
    trail.record(Kind.EXPORTED, organization=cast.riverside, actor=cast.mina)
    for change in ("DELETE FROM taskers_auditrecord", "UPDATE taskers_auditrecord SET outcome = 'refused'"):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            owner.execute(change)
    assert AuditRecord.objects.get().outcome == "done"


def browser_of(person) -> Client:
    browser = Client(HTTP_USER_AGENT="Firefox")
    browser.force_login(person)
    return browser


def test_looking_at_people_and_money_and_carrying_data_away_leave_records(cast) -> None:
    project = make.project(cast.riverside)
    make.batch(project)
    olga, finn = browser_of(cast.olga), browser_of(cast.finn)
    for path in ("/people/", f"/people/{cast.bob.public_id}/", f"/projects/{project.public_id}/quality/"):
        assert olga.get(path).status_code == 200
    looked = told(Kind.PEOPLE_LISTED)
    assert [one.detail["page"] for one in looked][:2] == ["/people/", f"/people/{cast.bob.public_id}/"]
    assert looked[1].subject == f"person:{cast.bob.public_id}" and looked[2].subject == f"project:{project.public_id}"
    assert {(one.actor, one.organization, one.agent) for one in looked} == {(cast.olga, cast.riverside, "Firefox")}
    for path in ("transfer/", "payout/", "payout/owed/", "dispute/"):
        assert finn.get(f"/admin/taskers/{path}").status_code == 200
    assert [one.actor for one in told(Kind.MONEY_VIEWED)] == [cast.finn] * 4
    assert olga.get(f"/projects/{project.public_id}/export/docbin/").status_code == 200
    _token, secret = tokens.issue(cast.mina, cast.riverside, name="Pipeline")
    asked = Client().get(
        f"/api/v1/projects/{project.public_id}/export/docbin/", headers={"Authorization": f"Bearer {secret}"}
    )
    assert asked.status_code == 200
    carried = told(Kind.EXPORTED)
    assert [(one.actor, one.subject) for one in carried] == [
        (cast.olga, f"project:{project.public_id}"),
        (cast.mina, f"project:{project.public_id}"),
    ]


def test_who_may_not_look_is_written_down_and_strangers_are_nobody(cast) -> None:
    assert browser_of(cast.alice).get("/people/").status_code == 403
    (refused,) = told(Kind.PEOPLE_LISTED)
    assert (refused.actor, refused.outcome, refused.organization) == (cast.alice, "refused", cast.riverside)
    Client().get("/people/")
    assert len(told(Kind.PEOPLE_LISTED)) == 1


def test_an_address_of_any_length_is_refused_and_written_down_in_short(cast) -> None:
    """A name in an address is whatever somebody types: too long for its column, or not to be kept at all."""
    long, nul = "a" * 3000, "%00" * 40
    for who, path in (
        (cast.alice, f"/people/skills/{long}/"),
        (cast.mina, f"/admin/taskers/payout/{long}/change/"),
        (cast.mina, f"/admin/taskers/payout/{nul}x/change/"),
    ):
        assert browser_of(who).get(path).status_code == 403, path
    kept = list(AuditRecord.objects.filter(outcome="refused"))
    assert [one.subject[:8] for one in kept] == ["skill:aa", "object:a", "object:x"]
    assert max(len(one.detail["page"]) for one in kept) <= 200


def test_a_taskers_own_work_leaves_none(cast) -> None:
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 1)
    alice = browser_of(cast.alice)
    before = AuditRecord.objects.count()
    alice.get("/")
    alice.post(f"/studio/{project.public_id}/claim", {}, content_type="application/json")
    assert AuditRecord.objects.count() == before


def test_owners_read_the_trail_and_narrow_it(cast) -> None:
    browser_of(cast.mina).get("/people/")
    Client().post(DOOR, {"login": "bob@example.org", "password": "not his"}, REMOTE_ADDR="203.0.113.9")
    browser_of(cast.nora).get("/people/")  # the neighbour's own
    olga = browser_of(cast.olga)
    page = olga.get("/people/audit/").content.decode()
    assert "Looked at people" in page and "203.0.113.9" in page and "Nora" not in page and "not his" not in page
    failed = olga.get("/people/audit/", {"outcome": "failed"}).content.decode()
    assert "203.0.113.9" in failed and "/people/</span>" not in failed
    assert "203.0.113.9" not in olga.get("/people/audit/", {"who": "mina"}).content.decode()
    assert "203.0.113.9" in olga.get("/people/audit/", {"who": "BOB@"}).content.decode()
    assert "Nothing found" in olga.get("/people/audit/", {"until": "2020-01-01"}).content.decode()
    today = f"{timezone.now():%Y-%m-%d}"
    assert "203.0.113.9" in olga.get("/people/audit/", {"since": today, "until": today}).content.decode()
    assert olga.get("/people/audit/", {"before": "x", "since": "y", "kind": "z", "who": "\x00"}).status_code == 200
    assert told(Kind.AUDIT_READ)[0].actor == cast.olga
    # Who looked at somebody is found by their name, and said by it.
    browser_of(cast.mina).get(f"/people/{cast.alice.public_id}/")
    browser_of(cast.bob).get(f"/people/{cast.nora.public_id}/")  # a neighbour's
    of_alice = olga.get("/people/audit/", {"who": "alice", "kind": "people_listed"}).content.decode()
    assert 'data-label="Whom">Alice<' in of_alice and f"person:{cast.alice.public_id}" not in of_alice
    assert "Nora" not in olga.get("/people/audit/", {"kind": "people_listed"}).content.decode()
    for _time in range(101):
        trail.record(Kind.EXPORTED, organization=cast.riverside, actor=cast.rita)
    newest = olga.get("/people/audit/", {"kind": "exported"}).content.decode()
    older = re.search(r'href="\?([^"]+)">Older', newest)
    assert older and newest.count("Rita") == 100
    assert olga.get("/people/audit/?" + older[1].replace("&amp;", "&")).content.decode().count("Rita") == 1


def test_every_audited_address_exists() -> None:
    known: set[str] = set()

    def walk(resolver, space: str = "") -> None:
        for one in resolver.url_patterns:
            inner = f"{space}{one.namespace}:" if getattr(one, "namespace", None) else space
            walk(one, inner) if hasattr(one, "url_patterns") else known.add(f"{space}{one.name}")

    walk(get_resolver())
    assert set(AUDITED) <= known
