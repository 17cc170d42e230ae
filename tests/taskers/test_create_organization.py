"""An organization begins once, with an owner who can get in and is alone there."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from taskers.models import Organization, Person
from taskers.organizations import create


def create_by_command(*words: str) -> str:
    out = StringIO()
    call_command("create_organization", *words, stdout=out)
    return out.getvalue()


def test_the_first_owner_gets_in_by_the_printed_link(db):
    said = create_by_command("Bureau of Maps", "Olga@Maps.gov", "--owner-name", "Olga Petrova", "--currency", "EUR")
    owner = Person.objects.get(email="olga@maps.gov")
    assert (owner.name, owner.has_usable_password()) == ("Olga Petrova", False)
    assert Organization.objects.get(name="Bureau of Maps").currency == "EUR"
    path = re.search(r"/people/password/\S+", said)
    assert path
    assert Client().get(path[0]).status_code in {200, 302}


def test_somebody_known_owns_the_new_one_too_and_keeps_their_password(cast):
    before = cast.olga.password
    organization, path = create.create("Bureau of Maps", owner_email=cast.olga.email)
    cast.olga.refresh_from_db()
    assert path == ""
    assert cast.olga.password == before
    assert organization.memberships.count() == 1


def test_creating_twice_changes_nothing(db):
    create_by_command("Bureau of Maps", "olga@maps.gov")
    with pytest.raises(CommandError, match="already"):
        create_by_command("bureau of  maps", "other@maps.gov")
    assert Organization.objects.count() == 1
    assert not Person.objects.filter(email="other@maps.gov").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((" ", "olga@maps.gov"), "needs a name"),
        (("x" * 121, "olga@maps.gov"), "at most 120"),
        (("Bureau", "olga"), "not an email"),
        (("Bureau", "olga@maps.gov", "--currency", "euro"), "no currency code"),
    ],
)
def test_nonsense_is_refused_by_name_and_nothing_is_left(db, words, reason):
    with pytest.raises(CommandError, match=reason):
        create_by_command(*words)
    assert not Organization.objects.exists()
    assert not Person.objects.exists()
