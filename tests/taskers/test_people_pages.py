"""The people page: who is in, inviting, changing roles, showing out and back in."""

import re

import pytest
from django.core import mail

from taskers import access
from taskers.models import Event, Invitation, Membership, Person
from taskers.models.people import Role
from taskers.people import bulk_invite, invitations, service_accounts
from tests.support import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def mina(client, cast):
    """Riverside's manager at her browser."""
    client.force_login(cast.mina)
    return client


@pytest.fixture
def olga(client, cast):
    client.force_login(cast.olga)
    return client


def roles(person: Person, organization) -> set[str]:
    rows = Membership.objects.live().filter(person=person, organization=organization)
    return set(rows.values_list("role", flat=True))


def page_of(person: Person, action: str = "") -> str:
    return f"/people/{person.public_id}/{action}"


def test_manager_sees_members_and_none_of_the_neighbours(mina) -> None:
    page = mina.get("/people/").content.decode()
    assert "alice@example.org" in page and "rita@example.org" in page
    assert "ned@example.org" not in page and "sam@example.org" not in page


def test_a_program_is_shown_as_one_without_the_address_that_was_made_up_for_it(mina, cast) -> None:
    account = service_accounts.create(cast.riverside, name="Loader", role="reviewer", by=cast.olga)
    page = page_of(account.person)
    for shown in (mina.get("/people/").content.decode(), mina.get(page).content.decode()):
        assert "Loader" in shown and "Service account" in shown and "services.invalid" not in shown
    assert "Forgotten password" not in shown and f"/people/service-accounts/{account.public_id}/" in shown
    assert "Forgotten password" in mina.get(page_of(cast.alice)).content.decode()
    assert "Loader (Service account)" in mina.get("/people/conflicts/").content.decode()


def test_the_owner_finds_the_audit_trail_from_here(client, mina, cast) -> None:
    assert "/people/audit/" not in mina.get("/people/").content.decode()
    client.force_login(cast.olga)
    assert "/people/audit/" in client.get("/people/").content.decode()


def test_finding_people_by_name_and_role(mina, cast) -> None:
    found = mina.get("/people/", {"q": "ali"}, headers={"HX-Request": "true", "HX-Target": "members"}).content.decode()
    assert "alice@example.org" in found and "bob@example.org" not in found
    assert "<html" not in found
    assert "rita@example.org" in mina.get("/people/", {"role": "reviewer"}).content.decode()
    assert "bob@example.org" not in mina.get("/people/", {"role": "reviewer"}).content.decode()
    assert "Nobody found" in mina.get("/people/", {"role": "gone"}).content.decode()
    invitations.deactivate(cast.riverside, cast.bob, by=cast.mina)
    assert "bob@example.org" in mina.get("/people/", {"role": "gone"}).content.decode()


def test_a_long_list_goes_on_after_its_last_name(mina, cast) -> None:
    for number in range(60):
        make.person(f"Zoe{number:02}", cast.riverside, Role.TASKER)
    first = mina.get("/people/").content.decode()
    after = re.search(r"after=([0-9a-f-]{36})", first)
    assert after and "zoe59@" not in first
    second = mina.get("/people/", {"after": after[1]}).content.decode()
    assert "zoe59@" in second and "alice@" not in second
    seen = [
        email for page in (first, second) for email in re.findall(r"[\w.]+@example\.org", page.partition("<main")[2])
    ]
    assert len(set(seen)) == 68 == len(seen)  # 8 of the cast and 60, nobody twice


def test_invitation_link_is_shown_once_and_lets_in(mina, cast, client) -> None:
    page = mina.post("/people/invite/", {"email": "Ada@Example.org", "role": "tasker"}).content.decode()
    link = re.search(r'value="http://testserver(/invitations/[^"]+)"', page)
    assert link
    assert link[1] not in mina.get("/people/").content.decode()
    client.logout()
    assert "ada@example.org" in client.get(link[1]).content.decode()
    answer = client.post(link[1], {"name": "Ada Byron", "password": "a long walk by the sea"})
    assert answer["Location"] == "/"
    ada = Person.objects.get(email="ada@example.org")
    assert ada.name == "Ada Byron" and roles(ada, cast.riverside) == {"tasker"}
    assert client.get("/").status_code == 200  # and she is signed in
    client.logout()
    assert client.get(link[1]).status_code == 410  # once


def test_invitation_is_mailed_only_where_a_server_is_configured(mina, settings) -> None:
    mina.post("/people/invite/", {"email": "a@example.org", "role": "tasker"})
    assert mail.outbox == []
    settings.EMAIL_HOST = "mail.example.org"
    mina.post("/people/invite/", {"email": "b@example.org", "role": "tasker"})
    assert [one.to for one in mail.outbox] == [["b@example.org"]]
    assert "http://testserver/invitations/" in mail.outbox[0].body


def test_a_name_with_a_line_break_breaks_no_letter(mina, cast, settings) -> None:
    """Neither one that is written now, which is kept on one line, nor one that was kept before that."""
    settings.EMAIL_HOST = "mail.example.org"
    table = 'email,name,role\na@example.org,"Ann\nBcc: x@example.org",tasker\n'
    bulk_invite.invite_all(cast.riverside, cast.mina, table)
    assert Invitation.objects.get(email="a@example.org").name == "Ann Bcc: x@example.org"
    Person.objects.filter(pk=cast.mina.pk).update(name="Mina\r\nBcc: x@example.org")
    mina.post("/people/invite/", {"email": "b@example.org", "role": "tasker"})
    assert mail.outbox[-1].to == ["b@example.org"]
    assert "\n" not in mail.outbox[-1].subject and "Mina Bcc: x@example.org" in mail.outbox[-1].subject


@pytest.mark.parametrize("page", ["/people/?q=%00", "/people/?q=%ed%a0%80", "/people/?role=%00", "/people/?page=%00"])
def test_an_address_with_what_cannot_be_kept_is_no_fault_of_ours(mina, page) -> None:
    assert mina.get(page).status_code in {200, 400, 404}


def test_a_broken_mail_server_stops_no_invitation(mina, settings) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    page = mina.post("/people/invite/", {"email": "b@example.org", "role": "tasker"}).content.decode()
    assert "/invitations/" in page and Invitation.objects.filter(email="b@example.org").exists()


def test_manager_invites_nobody_above_reviewer(mina) -> None:
    answer = mina.post("/people/invite/", {"email": "x@example.org", "role": "owner"})
    assert answer.status_code == 422 and not Invitation.objects.exists()


def test_bad_address_is_named_at_its_field(mina) -> None:
    answer = mina.post("/people/invite/", {"email": "not an address", "role": "tasker"})
    assert answer.status_code == 422
    assert "Enter a valid email address" in answer.content.decode()


def test_invitation_for_one_project_opens_only_that(mina, cast) -> None:
    ours, theirs = make.project(cast.riverside), make.project(cast.hilltop, "Other")
    foreign = {"email": "x@example.org", "role": "tasker", "project": str(theirs.public_id)}
    assert mina.post("/people/invite/", foreign).status_code == 422
    mina.post("/people/invite/", foreign | {"project": str(ours.public_id)})
    assert Invitation.objects.get().project_key == ours.public_id
    assert "Names in reports" in mina.get("/people/").content.decode()


def test_withdrawn_invitation_lets_nobody_in(mina, cast) -> None:
    invitation, secret = invitations.invite(cast.riverside, cast.mina, email="x@example.org", role="tasker")
    assert mina.post(f"/people/invitations/{invitation.public_id}/withdraw/").status_code == 302
    assert mina.get(f"/invitations/{secret}/").status_code == 410
    assert mina.post(f"/people/invitations/{invitation.public_id}/withdraw/").status_code == 410


def test_manager_withdraws_no_owners_invitation(mina, cast) -> None:
    invitation, secret = invitations.invite(cast.riverside, cast.olga, email="x@example.org", role="owner")
    assert mina.post(f"/people/invitations/{invitation.public_id}/withdraw/").status_code == 403
    assert invitations.find(secret) == invitation


def test_neighbour_withdraws_nothing_here(client, cast) -> None:
    invitation, secret = invitations.invite(cast.riverside, cast.mina, email="x@example.org", role="tasker")
    client.force_login(cast.nora)
    assert client.post(f"/people/invitations/{invitation.public_id}/withdraw/").status_code == 404
    assert invitations.find(secret) == invitation


def test_neighbour_opens_no_person_here(client, cast) -> None:
    client.force_login(cast.nora)
    for action in ("", "give-role/", "end-role/", "deactivate/", "reactivate/", "password-link/"):
        ask = client.post if action else client.get
        assert ask(page_of(cast.alice, action), {"role": "tasker"}).status_code == 404
    assert roles(cast.alice, cast.riverside) == {"tasker"}


def test_giving_and_taking_a_role(mina, cast) -> None:
    mina.post(page_of(cast.alice, "give-role/"), {"role": "reviewer"})
    assert roles(cast.alice, cast.riverside) == {"tasker", "reviewer"}
    mina.post(page_of(cast.alice, "give-role/"), {"role": "reviewer"})  # again: nothing more
    assert (
        Event.objects.filter(kind="role_granted", data__role="reviewer", subject__contains=cast.alice.public_id).count()
        == 1
    )
    mina.post(page_of(cast.alice, "end-role/"), {"role": "tasker"})
    assert roles(cast.alice, cast.riverside) == {"reviewer"}
    assert mina.post(page_of(cast.alice, "end-role/"), {"role": "tasker"}).status_code == 404


def test_role_for_one_project_ends_alone(mina, cast) -> None:
    project = make.project(cast.riverside)
    mina.post(page_of(cast.alice, "give-role/"), {"role": "reviewer", "project": str(project.public_id)})
    assert access.may(cast.alice, cast.riverside, "reviewer", project_key=project.public_id)
    assert not access.may(cast.alice, cast.riverside, "reviewer")
    mina.post(page_of(cast.alice, "end-role/"), {"role": "reviewer", "project": str(project.public_id)})
    assert not access.may(cast.alice, cast.riverside, "reviewer", project_key=project.public_id)


def test_manager_raises_nobody_and_touches_nobody_above(mina, cast) -> None:
    assert mina.post(page_of(cast.mina, "give-role/"), {"role": "owner"}).status_code == 422
    assert mina.post(page_of(cast.olga, "end-role/"), {"role": "owner"}).status_code == 403
    assert mina.post(page_of(cast.olga, "deactivate/")).status_code == 403
    assert mina.post(page_of(cast.finn, "password-link/")).status_code == 403
    assert roles(cast.olga, cast.riverside) == {"owner"} and roles(cast.mina, cast.riverside) == {"manager"}


def test_last_owner_stays(olga, cast) -> None:
    answer = olga.post(page_of(cast.olga, "end-role/"), {"role": "owner"})
    assert answer.status_code == 409 and "at least one owner" in answer.content.decode()
    assert olga.post(page_of(cast.olga, "deactivate/")).status_code == 409
    assert roles(cast.olga, cast.riverside) == {"owner"}


def test_deactivated_tasker_is_out_at_once_and_may_come_back(mina, cast, client) -> None:
    bob = type(client)()
    bob.force_login(cast.bob)
    assert bob.get("/my-work/").status_code == 200
    mina.post(page_of(cast.bob, "deactivate/"))
    assert bob.get("/my-work/").status_code == 302  # his session ended with him
    assert not bob.login(email="bob@example.org", password=make.PASSWORD)
    page = mina.get(page_of(cast.bob)).content.decode()
    assert "Deactivated" in page and "Let them back in" in page
    mina.post(page_of(cast.bob, "reactivate/"), {"role": "tasker"})
    assert roles(cast.bob, cast.riverside) == {"tasker"}
    assert bob.login(email="bob@example.org", password=make.PASSWORD)


def test_nobody_comes_back_above_the_asker(mina, cast) -> None:
    mina.post(page_of(cast.bob, "deactivate/"))
    assert mina.post(page_of(cast.bob, "reactivate/"), {"role": "owner"}).status_code == 403
    assert mina.post(page_of(cast.bob, "reactivate/"), {"role": "king"}).status_code == 422
    assert roles(cast.bob, cast.riverside) == set()


def test_office_roles_open_the_admin_and_lose_it(olga, cast) -> None:
    olga.post(page_of(cast.alice, "give-role/"), {"role": "finance"})
    cast.alice.refresh_from_db()
    assert cast.alice.is_staff
    olga.post(page_of(cast.alice, "end-role/"), {"role": "finance"})
    cast.alice.refresh_from_db()
    assert not cast.alice.is_staff


def test_manager_of_one_project_is_not_led_to_the_people(client, cast) -> None:
    """They decide nothing about people, so their way round doesn't offer the page that would refuse them."""
    project = make.project(cast.riverside)
    max_ = make.person("Max")
    invitations.grant(cast.riverside, max_, Role.MANAGER, by=cast.olga, project_key=project.public_id)
    client.force_login(max_)
    page = client.get("/projects/").content.decode()
    assert 'href="/projects/"' in page and 'href="/people/"' not in page
    assert client.get("/people/").status_code in {403, 404}
    client.force_login(cast.mina)
    assert 'href="/people/"' in client.get("/projects/").content.decode()
