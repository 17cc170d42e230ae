"""Issue 11, line 18: what happens to access, and who looked, is written down; nobody changes it afterwards."""

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from taskers import audit, invitations
from taskers.audit import Kind
from taskers.models import AuditRecord
from tests import make

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
    assert cast.olga.pk not in audit.could_act_as(cast.finn, since=morning)
    client.force_login(cast.olga)
    client.post(f"/people/{cast.finn.public_id}/password-link/")
    (made,) = told(Kind.PASSWORD_LINK_MADE)
    assert (made.actor, made.person, made.organization) == (cast.olga, cast.finn, cast.riverside)
    assert cast.olga.pk in audit.could_act_as(cast.finn, since=morning)
    assert cast.olga.pk not in audit.could_act_as(cast.fay, since=morning)
    assert cast.olga.pk not in audit.could_act_as(cast.finn, since=timezone.now())


def test_who_was_let_in_lately_is_no_second_person(cast) -> None:
    morning = timezone.now()
    _invitation, secret = invitations.invite(cast.riverside, cast.olga, email="zoe@example.org", role="finance")
    zoe = invitations.accept(secret, name="Zoe", password="a long walk by the sea")
    assert cast.olga.pk in audit.could_act_as(zoe, since=morning)
    assert cast.finn.pk not in audit.could_act_as(zoe, since=morning)
    (accepted,) = told(Kind.INVITATION_ACCEPTED)
    assert accepted.detail["invited_by"] == str(cast.olga.public_id)


def test_the_database_refuses_to_change_the_trail(cast) -> None:
    audit.record(Kind.EXPORTED, organization=cast.riverside, actor=cast.mina)
    for change in (AuditRecord.objects.all().delete, lambda: AuditRecord.objects.update(outcome="refused")):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change()
    assert AuditRecord.objects.get().outcome == "done"
