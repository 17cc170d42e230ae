"""Inviting many from a table: good lines go in, bad ones are named with their line."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from taskers.models import Invitation
from taskers.people import bulk_invite
from taskers.people.invitations import BadInvitation

pytestmark = pytest.mark.django_db

TABLE = """email,name,role
ada@example.org,Ada Byron,tasker
not an address,Nobody,tasker

grace@example.org,"Hopper, Grace",Reviewer
boss@example.org,Boss,owner
linus@example.org,Linus,king
ADA@example.org,Again,tasker
plain@example.org
"""


def outcomes(lines) -> dict[int, str]:
    return {line.number: line.why or "invited" for line in lines}


def test_good_lines_go_in_and_bad_ones_are_named(cast) -> None:
    found = outcomes(bulk_invite.invite_all(cast.riverside, cast.mina, TABLE))
    assert found[2] == found[5] == found[9] == "invited"
    assert "not an email address" in found[3]
    assert "ask an owner" in found[6]
    assert "no role 'king'" in found[7]
    assert found[8] == "The same as line 2."
    rows = Invitation.objects.order_by("email").values_list("email", "name", "role")
    assert list(rows) == [
        ("ada@example.org", "Ada Byron", "tasker"),
        ("grace@example.org", "Hopper, Grace", "reviewer"),
        ("plain@example.org", "", "tasker"),
    ]


def test_columns_may_stand_in_another_order(cast) -> None:
    bulk_invite.invite_all(cast.riverside, cast.mina, "Role,Email\nreviewer,ada@example.org\n")
    assert Invitation.objects.get().role == "reviewer"


def test_a_line_number_counts_lines_not_rows(cast) -> None:
    lines = bulk_invite.invite_all(cast.riverside, cast.mina, 'a@example.org,"Two\nlines",tasker\nbad,,\n')
    assert outcomes(lines).keys() == {1, 3}


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty-file"), ("\n\n", "empty-file"), ("email,name\n", "empty-file"), ('a@example.org,"open', "not-csv")],
)
def test_what_is_no_table_is_refused_whole(text, code, cast) -> None:
    with pytest.raises(BadInvitation) as fault:
        bulk_invite.invite_all(cast.riverside, cast.mina, text)
    assert fault.value.code == code and fault.value.place.startswith("line ")
    assert not Invitation.objects.exists()


def test_too_long_a_table_is_refused_whole(cast) -> None:
    text = "".join(f"p{number}@example.org\n" for number in range(bulk_invite.MOST + 1))
    with pytest.raises(BadInvitation, match="at most 2000"):
        bulk_invite.invite_all(cast.riverside, cast.mina, text)
    assert not Invitation.objects.exists()


def test_wrong_encoding_is_named_with_its_line(cast) -> None:
    with pytest.raises(BadInvitation) as fault:
        bulk_invite.text_of("ada@example.org,Ada\nzoe@example.org,Zoë\n".encode("latin-1"))
    assert (fault.value.code, fault.value.place) == ("wrong-encoding", "line 2")
    assert bulk_invite.text_of("\ufeffemail".encode()) == "email"


def test_the_page_shows_links_and_reasons(client, cast) -> None:
    client.force_login(cast.mina)
    file = SimpleUploadedFile("people.csv", TABLE.encode("utf-8-sig"), "text/csv")
    page = client.post("/people/invite/list/", {"file": file}).content.decode()
    assert "3 made, 4 rejected" in page
    assert page.count("http://testserver/invitations/") >= 3
    answer = client.post("/people/invite/list/", {"text": ""})
    assert answer.status_code == 422 and "Choose a file" in answer.content.decode()


def test_the_page_names_the_roles_that_one_may_give(client, cast) -> None:
    client.force_login(cast.olga)
    page = client.get("/people/invite/list/").content.decode()
    assert "Owner, Manager, Reviewer, Finance, ML engineer, Tasker" in page and "ml_engineer" not in page
    assert [
        line.invitation is not None
        for line in bulk_invite.invite_all(cast.riverside, cast.olga, "x@a.example,,ML engineer")
    ] == [True]


def test_tasker_invites_nobody_from_a_list(client, cast) -> None:
    client.force_login(cast.alice)
    assert client.post("/people/invite/list/", {"text": "x@example.org"}).status_code == 403
    assert not Invitation.objects.exists()
